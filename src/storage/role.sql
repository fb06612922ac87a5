-- The roles to which grants, runs, questions and locks are bound.

-- Tables contain the names of roles, as a dump does.  A name to which something is bound
-- means the role that had this name at that time.
CREATE TABLE smartwf.known_roles (
	name text COLLATE "C" PRIMARY KEY,
	role bigint NOT NULL
);
COMMENT ON TABLE smartwf.known_roles IS
'Identifies the roles to which grants, runs, questions and locks are bound: name is the name of the role, role its '
'OID. A role that was dropped and created again has another OID, and gets nothing of what was bound to the earlier '
'role; smartwf.forget_role() removes what is left of that. The table is not dumped: after a restore, a name means the '
'role that has this name then.';
GRANT SELECT ON smartwf.known_roles TO PUBLIC;

CREATE FUNCTION smartwf.bind_role(name text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_bind_role';
COMMENT ON FUNCTION smartwf.bind_role(text) IS
'Records in smartwf.known_roles which role has the given name (text). Does nothing if the name is recorded already, '
'or if there is no such role. Called by triggers on tables of grants. Raises 42710 if the name is recorded for '
'another role, which has been dropped since.';

CREATE FUNCTION smartwf.bind_grantee() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_bind_grantee';
COMMENT ON FUNCTION smartwf.bind_grantee() IS
'Trigger function, BEFORE INSERT OR UPDATE FOR EACH ROW, on tables of grants: calls smartwf.bind_role() for the role '
'name in the column that the trigger''s argument names. Raises 42710 as smartwf.bind_role() does.';

CREATE FUNCTION smartwf.forget_binding() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_forget_binding';
COMMENT ON FUNCTION smartwf.forget_binding() IS
'Trigger function, AFTER INSERT OR UPDATE OR DELETE, on smartwf.known_roles: invalidates the copies of the table that '
'sessions have cached.';
CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.known_roles
	FOR EACH ROW EXECUTE FUNCTION smartwf.forget_binding();
ALTER TABLE smartwf.known_roles ENABLE ALWAYS TRIGGER signal;
