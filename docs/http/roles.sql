-- The roles that PostgREST needs, beside those of your users.  Each role that a
-- token may name must be granted to authenticator.
CREATE ROLE authenticator LOGIN NOINHERIT;	-- give it a password, or a line in pg_hba.conf
CREATE ROLE web_anonymous;
GRANT web_anonymous TO authenticator;
-- history names the people behind a role by this claim of their token
ALTER ROLE authenticator SET smartwf.actor_claim = 'sub';
