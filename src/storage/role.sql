-- Which role a name means that something is bound to.

-- Roles are known by name, as in any dump.  A name that smartwf has given something to
-- means the role that bore it then.
CREATE TABLE smartwf.known_roles (
	name text COLLATE "C" PRIMARY KEY,
	role bigint NOT NULL
);
COMMENT ON TABLE smartwf.known_roles IS
'Which role (OID) each name means that a grant, a run, a question or a lock is bound to. It is not dumped: a '
'restored name means the role of that name. A role that was dropped and made anew is another one, until '
'forget_role() has ended what was bound to the earlier one.';
GRANT SELECT ON smartwf.known_roles TO PUBLIC;

CREATE FUNCTION smartwf.bind_role(name text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_bind_role';
COMMENT ON FUNCTION smartwf.bind_role(text) IS
'Notes which role a name (text) means from now on; nothing if there is no role of that name. For triggers on the '
'tables of grants. Raises 42710 if it has meant another role, which was dropped since.';

CREATE FUNCTION smartwf.bind_grantee() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_bind_grantee';
COMMENT ON FUNCTION smartwf.bind_grantee() IS
'Trigger BEFORE INSERT, UPDATE on a table of grants; its argument is the column that names a role: what bind_role() '
'does. Raises as that.';

CREATE FUNCTION smartwf.forget_binding() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_forget_binding';
COMMENT ON FUNCTION smartwf.forget_binding() IS
'Trigger AFTER INSERT, UPDATE, DELETE on known_roles: every session reads it again. Raises nothing.';
CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.known_roles
	FOR EACH ROW EXECUTE FUNCTION smartwf.forget_binding();
ALTER TABLE smartwf.known_roles ENABLE ALWAYS TRIGGER signal;
