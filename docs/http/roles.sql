-- The roles that PostgREST needs, beside those of your users.  Each role that a
-- token may name must be granted to authenticator.
CREATE ROLE authenticator LOGIN NOINHERIT;
CREATE ROLE web_anonymous;
GRANT web_anonymous TO authenticator;
-- no request may keep a connection for long
ALTER ROLE authenticator SET statement_timeout = '30s';
ALTER ROLE web_anonymous SET statement_timeout = '5s';
-- history names the people behind a role by this claim of their token
ALTER ROLE authenticator SET smartwf.actor_claim = 'sub';
