-- The current actor, the clock, and the list of errors.

\echo Use "CREATE EXTENSION smartwf" to load this file. \quit

-- A superuser runs this script, so it must not call functions of other users.
SET LOCAL search_path = pg_catalog, pg_temp;

DO $install$
DECLARE
	found record;
BEGIN
	SELECT n.oid, n.nspacl, n.nspowner, r.rolname, r.rolsuper INTO found
		FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'smartwf';
	IF NOT found.rolsuper AND found.rolname <> current_user THEN
		RAISE EXCEPTION 'schema "smartwf" belongs to "%"', found.rolname USING ERRCODE = 'insufficient_privilege',
			HINT = 'Drop the schema; CREATE EXTENSION makes it.';
	ELSIF EXISTS (SELECT FROM aclexplode(found.nspacl) a WHERE a.privilege_type = 'CREATE'
		AND a.grantee <> found.nspowner) THEN
		RAISE EXCEPTION 'others than its owner may create objects in schema "smartwf"'
			USING ERRCODE = 'insufficient_privilege',
			HINT = 'Drop the schema; CREATE EXTENSION makes it.';
	ELSIF EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = found.oid
			AND d.classid <> 'pg_extension'::regclass) THEN
		RAISE EXCEPTION 'schema "smartwf" is not empty' USING ERRCODE = 'duplicate_object',
			HINT = 'Drop the schema; CREATE EXTENSION makes it.';
	END IF;
END
$install$;

CREATE FUNCTION smartwf.actor() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_actor';
COMMENT ON FUNCTION smartwf.actor() IS
'Returns the name under which smartwf.history records the changes of the caller (text): the value of the claim of '
'request.jwt.claims that the setting smartwf.actor_claim names, or the name of the current role if there is no such '
'claim. Raises 22P02 if request.jwt.claims is not valid JSON.';

CREATE FUNCTION smartwf.acting_role() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_acting_role';
COMMENT ON FUNCTION smartwf.acting_role() IS
'Returns the name of the role whose privileges are checked (text): the current role or, inside a foreign-key cascade '
'or a statement of smartwf itself, the role on whose behalf it is executed.';

CREATE FUNCTION smartwf.actor_is_person() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_actor_is_person';
COMMENT ON FUNCTION smartwf.actor_is_person() IS
'Returns true if smartwf.actor() is the name of a person, taken from a claim, rather than the name of the current '
'role. Raises 22P02 if request.jwt.claims is not valid JSON.';

CREATE FUNCTION smartwf.is_administrator() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_is_administrator';
COMMENT ON FUNCTION smartwf.is_administrator() IS
'Returns true if the caller is an administrator: a superuser, or a member of the role that the setting '
'smartwf.admin_role names.';

CREATE FUNCTION smartwf.failures(OUT code text, OUT sqlstate text, OUT http_status int, OUT http_message text)
	RETURNS SETOF record
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_failures_list';
COMMENT ON FUNCTION smartwf.failures() IS
'Returns one row for each documented error: its code (text), SQLSTATE (text), HTTP status code (int) and HTTP reason '
'phrase (text).';

CREATE FUNCTION smartwf.clock() RETURNS timestamptz
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_clock';
COMMENT ON FUNCTION smartwf.clock() IS
'Returns the time that decides whether runs, timers and deliveries are due (timestamptz): the server''s current time, '
'plus the interval set by smartwf.advance_clock() in this session.';

CREATE FUNCTION smartwf.advance_clock(by interval) RETURNS timestamptz
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_advance_clock';
COMMENT ON FUNCTION smartwf.advance_clock(interval) IS
'Moves the clock of the current session forward, to test timers: a following CALL smartwf.work() in the same session '
'does everything that is due by then. by (interval) is added to the present setting; a negative interval moves the '
'clock back, and null resets it to the server''s time. Background workers are not affected. Returns the new time of '
'the clock (timestamptz). Raises 42501 unless the caller is an administrator.';

CREATE FUNCTION smartwf.refuse(subject text, faults text[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION '% is not valid', subject
			USING ERRCODE = 'WF001', DETAIL = array_to_string(faults, E'\n');
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.refuse(text, text[]) IS
'Raises WF001 with the message that subject (text) is not valid, and one line of DETAIL for each element of faults '
'(text[]). Does nothing if faults is null or empty.';
-- Access to JSON values.

CREATE FUNCTION smartwf.items(object jsonb, key text, OUT item jsonb, OUT number bigint) RETURNS SETOF record
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT value, ordinality FROM jsonb_array_elements(
		CASE WHEN jsonb_typeof(object -> key) = 'array' THEN object -> key ELSE '[]' END) WITH ORDINALITY
$$;
COMMENT ON FUNCTION smartwf.items(jsonb, text) IS
'Returns the elements of the JSON array stored under key (text) of object (jsonb): item (jsonb) and number (bigint, '
'starting with 1). Returns no rows if there is no array under that key.';

CREATE FUNCTION smartwf.members(object jsonb, OUT key text, OUT value jsonb) RETURNS SETOF record
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT * FROM jsonb_each(CASE WHEN jsonb_typeof(object) = 'object' THEN object ELSE '{}' END)
$$;
COMMENT ON FUNCTION smartwf.members(jsonb) IS
'Returns the members of a JSON object (jsonb): key (text) and value (jsonb). Returns no rows if the argument is not '
'an object.';
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
-- Tables of workflow definitions.  They contain names, not OIDs, so that they survive
-- pg_upgrade and can become reference tables on Citus.  There are no foreign keys, because
-- a parallel restore loads the tables in any order: references are checked when a version
-- is published, and triggers update or delete the referring rows.

CREATE TABLE smartwf.workflows (
	id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	name text COLLATE "C" NOT NULL,
	version int NOT NULL DEFAULT 1 CHECK (version > 0),
	label text NOT NULL DEFAULT '',
	description text NOT NULL DEFAULT '',
	locale text COLLATE "C" NOT NULL DEFAULT '',
	status text NOT NULL DEFAULT 'published' CHECK (status IN ('draft', 'published')),
	unsupported jsonb NOT NULL DEFAULT '[]',
	shape text,
	UNIQUE (name, version)
);
COMMENT ON TABLE smartwf.workflows IS
'Workflows, one row for each version. status: draft or published; a draft is not checked, a published version is '
'checked at commit, and its frozen part cannot be changed any more. label, description: for display; locale: the '
'language of the labels, empty if unspecified. unsupported: elements of an imported definition that have no effect. '
'shape: checksum of the frozen part, set when the version is published. A published version whose rows do not match '
'its shape is still being loaded, for example by a restore, and accepts no documents until it is complete.';

CREATE TABLE smartwf.workflow_timers (
	workflow_id int NOT NULL,
	name text COLLATE "C" NOT NULL,
	label text NOT NULL DEFAULT '',
	reference_column text COLLATE "C",
	delta text NOT NULL DEFAULT '0',
	position int NOT NULL DEFAULT 0,
	PRIMARY KEY (workflow_id, name)
);
COMMENT ON TABLE smartwf.workflow_timers IS
'Timers of workflows. Tasks are scheduled relative to the base time of the timer: the value of the column '
'reference_column of the document''s row (a date or timestamp), or the time at which the timer was attached if '
'reference_column is null; plus delta (an interval).';

CREATE TABLE smartwf.timer_tasks (
	workflow_id int NOT NULL,
	timer text COLLATE "C" NOT NULL,
	position int NOT NULL,
	delta text NOT NULL DEFAULT '0',
	kind text NOT NULL,
	settings jsonb NOT NULL DEFAULT '{}',
	PRIMARY KEY (workflow_id, timer, position)
);
COMMENT ON TABLE smartwf.timer_tasks IS
'Tasks of timers. A task is executed at the base time of its timer plus delta (an interval). kind: send_notification '
'or send_templated_notification (with the settings of the steps of these kinds), go_to_state (setting state), '
'call_function (setting function) or start_flow (setting flow).';

CREATE TABLE smartwf.states (
	workflow_id int NOT NULL,
	name text COLLATE "C" NOT NULL,
	label text NOT NULL DEFAULT '',
	activity text NOT NULL DEFAULT '',
	color text NOT NULL DEFAULT '',
	is_initial boolean NOT NULL DEFAULT false,
	timer text COLLATE "C",
	flow text COLLATE "C",
	flow_queued boolean NOT NULL DEFAULT false,
	position int NOT NULL DEFAULT 0,
	PRIMARY KEY (workflow_id, name)
);
COMMENT ON TABLE smartwf.states IS
'States of workflows. label: for display; activity: what is being done while a document is in the state; color: '
'#RRGGBB, or empty; is_initial: true for exactly one state. timer: the timer that runs while a document is in the '
'state. flow: the flow that is started when a document enters the state, queued for the workers if flow_queued is '
'true.';

CREATE TABLE smartwf.transitions (
	workflow_id int NOT NULL,
	name text COLLATE "C" NOT NULL,
	label text NOT NULL DEFAULT '',
	ask_comment boolean,
	guard text,
	guard_message text,
	m0 text,
	m1 text,
	m2 text,
	m3 text,
	flow text COLLATE "C",
	flow_queued boolean NOT NULL DEFAULT false,
	position int NOT NULL DEFAULT 0,
	PRIMARY KEY (workflow_id, name)
);
COMMENT ON TABLE smartwf.transitions IS
'Transitions of workflows. ask_comment tells applications whether to ask for a comment: true, they should; null, a '
'comment is accepted; false, a comment is refused. A comment is never mandatory. guard: a boolean SQL expression over '
'the columns of the row; guard_message: the message if it is not fulfilled. m0, m1, m2, m3: hook functions, as '
'schema.function. flow: the flow that the transition starts, queued for the workers if flow_queued is true.';

CREATE TABLE smartwf.arcs (
	workflow_id int NOT NULL,
	from_state text COLLATE "C" NOT NULL,
	to_state text COLLATE "C" NOT NULL,
	transition text COLLATE "C" NOT NULL,
	position int NOT NULL DEFAULT 0,
	PRIMARY KEY (workflow_id, from_state, transition)
);
COMMENT ON TABLE smartwf.arcs IS
'Arcs of transitions: the transition leads from from_state to to_state. A transition can have several arcs, but only '
'one from each state.';

CREATE TABLE smartwf.transition_timers (
	workflow_id int NOT NULL,
	transition text COLLATE "C" NOT NULL,
	timer text COLLATE "C" NOT NULL,
	action text NOT NULL CHECK (action IN ('volatile', 'persistent', 'unattach')),
	position int NOT NULL DEFAULT 0,
	PRIMARY KEY (workflow_id, transition, timer)
);
COMMENT ON TABLE smartwf.transition_timers IS
'What transitions do with timers. action: volatile attaches the timer until the next transition, persistent attaches '
'it until a transition detaches it, and unattach detaches a persistent timer.';

CREATE TABLE smartwf.transition_parameters (
	workflow_id int NOT NULL,
	transition text COLLATE "C" NOT NULL,
	name text COLLATE "C" NOT NULL,
	label text NOT NULL DEFAULT '',
	type text NOT NULL DEFAULT 'text',
	needed boolean NOT NULL DEFAULT false,
	multiple boolean NOT NULL DEFAULT false,
	visibility text NOT NULL DEFAULT 'write',
	options jsonb NOT NULL DEFAULT '{}',
	position int NOT NULL DEFAULT 0,
	PRIMARY KEY (workflow_id, transition, name)
);
COMMENT ON TABLE smartwf.transition_parameters IS
'Parameters of transitions. type: text, int, double, money, date, time, timestamp, enum (with options {"values": '
'[...]}), boolean or json. needed: whether the parameter is mandatory; multiple: whether it takes a list of values. '
'The value of a parameter that has the name of a column is stored in that column of the document''s row.';

CREATE TABLE smartwf.transition_grants (
	workflow_id int NOT NULL,
	transition text COLLATE "C" NOT NULL,
	grantee text COLLATE "C" NOT NULL,
	kind text NOT NULL DEFAULT 'role' CHECK (kind IN ('role', 'column')),
	position int NOT NULL DEFAULT 0,
	PRIMARY KEY (workflow_id, transition, kind, grantee)
);
COMMENT ON TABLE smartwf.transition_grants IS
'Rights to pass transitions. kind role: grantee is a role, whose members hold the right; kind column: grantee is a '
'column of the document''s row that contains the names of those who hold it. Grants can be changed at any time, also '
'those of a published version.';

CREATE TABLE smartwf.translations (
	workflow_id int NOT NULL,
	kind text NOT NULL CHECK (kind IN ('state', 'activity', 'transition', 'parameter')),
	name text COLLATE "C" NOT NULL,
	locale text COLLATE "C" NOT NULL,
	label text NOT NULL,
	PRIMARY KEY (workflow_id, kind, name, locale)
);
COMMENT ON TABLE smartwf.translations IS
'Labels in other languages. kind: state, activity (with the name of its state), transition or parameter.';

CREATE FUNCTION smartwf.cascade_key() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	scope text := TG_ARGV[0];
	key text := TG_ARGV[1];
	definition int := coalesce(to_jsonb(OLD) ->> scope, to_jsonb(OLD) ->> 'id');
	referrer text[];
	goes_alone boolean := true;
BEGIN
	IF TG_OP = 'UPDATE' AND to_jsonb(NEW) -> key = to_jsonb(OLD) -> key THEN
		RETURN NULL;
	ELSIF TG_OP = 'DELETE' AND key <> 'id' THEN
		-- if the whole definition has been deleted, the trigger on its version does the rest
		EXECUTE format('SELECT EXISTS (SELECT FROM smartwf.%I WHERE id = $1)', CASE scope WHEN 'flow_id' THEN 'flows'
			ELSE 'workflows' END)
			INTO goes_alone USING definition;
	END IF;
	IF NOT goes_alone THEN
		RETURN NULL;
	END IF;
	FOREACH referrer SLICE 1 IN ARRAY TG_ARGV[2]::text[] LOOP
		EXECUTE CASE TG_OP
			WHEN 'DELETE' THEN format('DELETE FROM smartwf.%I WHERE %I = $1 AND %I::text = $2', referrer[1], scope,
				referrer[2])
			ELSE format('UPDATE smartwf.%I SET %I = $3 WHERE %I = $1 AND %I::text = $2', referrer[1], referrer[2],
				scope, referrer[2]) END
			USING definition, to_jsonb(OLD) ->> key, to_jsonb(NEW) ->> key;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION smartwf.cascade_key() IS
'Trigger function, AFTER UPDATE OR DELETE FOR EACH ROW, on tables of definitions, instead of foreign keys: when a row '
'is deleted, deletes the rows that refer to it; when it is renamed, updates them. Arguments: the column that '
'identifies the version, the column that is referred to, and the referring tables and columns (text[][]).';

CREATE TRIGGER cascade AFTER DELETE ON smartwf.workflows FOR EACH ROW
	EXECUTE FUNCTION smartwf.cascade_key('workflow_id', 'id',
	'{{workflow_timers,workflow_id},{timer_tasks,workflow_id},{states,workflow_id},{transitions,workflow_id},'
	'{arcs,workflow_id},{transition_timers,workflow_id},{transition_parameters,workflow_id},'
	'{transition_grants,workflow_id},'
	'{translations,workflow_id}}');
CREATE TRIGGER cascade AFTER UPDATE OF name OR DELETE ON smartwf.workflow_timers FOR EACH ROW
	EXECUTE FUNCTION smartwf.cascade_key('workflow_id', 'name',
	'{{timer_tasks,timer},{transition_timers,timer}}');
CREATE TRIGGER cascade AFTER UPDATE OF name OR DELETE ON smartwf.states FOR EACH ROW
	EXECUTE FUNCTION smartwf.cascade_key('workflow_id', 'name',
	'{{arcs,from_state},{arcs,to_state}}');
CREATE TRIGGER cascade AFTER UPDATE OF name OR DELETE ON smartwf.transitions FOR EACH ROW
	EXECUTE FUNCTION smartwf.cascade_key('workflow_id', 'name',
	'{{arcs,transition},{transition_timers,transition},{transition_parameters,transition},'
	'{transition_grants,transition}}');
CREATE TRIGGER rename AFTER UPDATE OF name ON smartwf.workflow_timers FOR EACH ROW
	EXECUTE FUNCTION smartwf.cascade_key('workflow_id', 'name',
	'{{states,timer}}');

CREATE FUNCTION smartwf.workflow_shape(workflow int) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(
		(SELECT jsonb_agg(jsonb_build_array(name, is_initial, timer, flow, flow_queued) ORDER BY name)
			FROM smartwf.states WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(name, ask_comment, guard, m0, m1, m2, m3, flow, flow_queued) ORDER BY name)
			FROM smartwf.transitions WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(from_state, to_state, transition) ORDER BY from_state, transition)
			FROM smartwf.arcs WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(transition, name, type, needed, multiple, visibility, options)
			ORDER BY transition, name)
			FROM smartwf.transition_parameters WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(name, reference_column, delta) ORDER BY name)
			FROM smartwf.workflow_timers WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(timer, position, delta, kind, settings) ORDER BY timer, position)
			FROM smartwf.timer_tasks WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(transition, timer, action) ORDER BY transition, timer)
			FROM smartwf.transition_timers WHERE workflow_id = workflow))::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION smartwf.workflow_shape(int) IS
'Returns the checksum (text) of the part of a workflow version (int, its id) that is frozen once the version is '
'published.';

-- BEFORE triggers protect published versions, AFTER triggers invalidate the caches of all
-- sessions, and deferred triggers check the whole definition at commit.  A version that is
-- inserted with its shape is being loaded, possibly in several transactions, and is not
-- frozen until it is complete.
CREATE FUNCTION smartwf.protect_definition() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_protect_definition';
COMMENT ON FUNCTION smartwf.protect_definition() IS
'Trigger function, BEFORE INSERT OR UPDATE OR DELETE FOR EACH ROW, on tables of workflow definitions: protects the '
'frozen part of published versions. Arguments: the columns that can be changed in a published version ("*": all). '
'Raises WF001 for any other change to a published version.';

CREATE FUNCTION smartwf.signal_definition() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_signal_definition';
COMMENT ON FUNCTION smartwf.signal_definition() IS
'Trigger function, AFTER INSERT OR UPDATE OR DELETE, on tables of definitions: invalidates the definitions that '
'sessions have cached. The triggers also fire for replicated rows.';

CREATE FUNCTION smartwf.check_at_commit() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_check_at_commit';
COMMENT ON FUNCTION smartwf.check_at_commit() IS
'Constraint trigger function, deferred, on tables of workflow definitions: checks each published workflow that the '
'transaction has changed. Raises WF001 with one line of DETAIL for each fault.';

CREATE FUNCTION smartwf.refuse_truncate() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'table "%" cannot be truncated', TG_RELID::regclass USING ERRCODE = 'WF001',
		DETAIL = format('WFL0002 %s: a published version is frozen; labels, colors, '
			'translations and grants may change.', TG_TABLE_NAME),
		HINT = 'Use DELETE, which spares published versions.';
END
$$;
COMMENT ON FUNCTION smartwf.refuse_truncate() IS
'Trigger function, BEFORE TRUNCATE, on tables of definitions. Raises WF001, because TRUNCATE would remove published '
'versions.';

DO $install$
DECLARE
	definition record;
BEGIN
	FOR definition IN
		SELECT * FROM (VALUES
			('workflows', 'label,description,locale,unsupported'),
			('workflow_timers', 'label,position'),
			('timer_tasks', ''),
			('transition_timers', 'position'),
			('states', 'label,activity,color,position'),
			('transitions', 'label,guard_message,position'),
			('arcs', 'position'),
			('transition_parameters', 'label,position'),
			('transition_grants', '*'),
			('translations', '*')) AS t (name, changeable)
	LOOP
		EXECUTE format('CREATE TRIGGER protect BEFORE INSERT OR UPDATE OR DELETE ON smartwf.%I
			FOR EACH ROW EXECUTE FUNCTION smartwf.protect_definition(%s)', definition.name,
			(SELECT string_agg(quote_literal(c), ', ') FROM unnest(string_to_array(definition.changeable, ',')) AS c));
		IF definition.changeable <> '*' THEN
			EXECUTE format('CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.%I '
				'EXECUTE FUNCTION smartwf.refuse_truncate()', definition.name);
		END IF;
		EXECUTE format('CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.%I
			FOR EACH ROW EXECUTE FUNCTION smartwf.signal_definition()', definition.name);
		EXECUTE format('ALTER TABLE smartwf.%I ENABLE ALWAYS TRIGGER signal', definition.name);
		EXECUTE format('CREATE CONSTRAINT TRIGGER check_at_commit AFTER INSERT OR UPDATE OR DELETE ON smartwf.%I
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION smartwf.check_at_commit()', definition.name);
		PERFORM pg_catalog.pg_extension_config_dump(format('smartwf.%I', definition.name)::regclass, '');
	END LOOP;
END
$install$;
SELECT pg_catalog.pg_extension_config_dump('smartwf.workflows_id_seq', '');
CREATE TRIGGER bind BEFORE INSERT OR UPDATE ON smartwf.transition_grants
	FOR EACH ROW WHEN (NEW.kind = 'role') EXECUTE FUNCTION smartwf.bind_grantee('grantee');
-- The documents of attached tables, and their history.

CREATE TABLE smartwf.elements (
	docid text COLLATE "C" PRIMARY KEY,
	structure text COLLATE "C" NOT NULL,
	workflow_id int NOT NULL,
	locked_by text,
	lock_is_temporary boolean,
	created_at timestamptz NOT NULL,
	deleted_at timestamptz,
	locked_by_person boolean
) WITH (fillfactor = 90);
CREATE INDEX elements_structure ON smartwf.elements (structure);
CREATE INDEX elements_locked ON smartwf.elements (docid) WHERE locked_by IS NOT NULL;
COMMENT ON TABLE smartwf.elements IS
'Documents, one row for each document of an attached table. workflow_id: the version of the workflow that the '
'document follows. locked_by: the role or person that has locked it, a person if locked_by_person is true; '
'lock_is_temporary: whether the next transition releases the lock. created_at: when the document got its id; earlier '
'history belongs to a document of another structure that had the same id. deleted_at: when it was deleted, null if it '
'exists. Maintained by smartwf.';

CREATE TABLE smartwf.history (
	docid text COLLATE "C" NOT NULL,
	revision int NOT NULL,
	at timestamptz NOT NULL,
	actor text NOT NULL,
	transition text COLLATE "C",
	from_state text COLLATE "C",
	to_state text COLLATE "C",
	comment text,
	parameters jsonb,
	messages text[],
	workflow_id int NOT NULL,
	PRIMARY KEY (docid, revision)
);
COMMENT ON TABLE smartwf.history IS
'History of documents, one row for each change. revision counts from 0, which is the creation (from_state is null); '
'to_state is null for the deletion. transition is null if an administrator has changed the state without one. '
'comment, parameters: as given; messages: what the hooks m2 and m3 returned; workflow_id: the version of the '
'workflow. Maintained by smartwf. The last row of an existing document must not be deleted.';

SELECT pg_catalog.pg_extension_config_dump('smartwf.elements', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.history', '');

CREATE FUNCTION smartwf.refuse_locked(docid text, holder text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_refuse_locked';
COMMENT ON FUNCTION smartwf.refuse_locked(text, text) IS
'Raises WF300: the document docid (text) cannot be deleted, because it is locked by holder (text).';
-- Attached tables.

CREATE TABLE smartwf.structures (
	name text COLLATE "C" PRIMARY KEY,
	relation_schema text COLLATE "C" NOT NULL,
	relation_name text COLLATE "C" NOT NULL,
	workflow text COLLATE "C" NOT NULL,
	state_column text COLLATE "C" NOT NULL,
	docid_column text COLLATE "C" NOT NULL,
	docid_prefix text NOT NULL DEFAULT '',
	UNIQUE (relation_schema, relation_name)
);
COMMENT ON TABLE smartwf.structures IS
'Attached tables, one row for each. name: the name of the structure; relation_schema, relation_name: the table; '
'workflow: new documents follow its newest published version; state_column, docid_column: the columns of state and '
'document id; docid_prefix: the prefix of the document ids. Maintained by smartwf.attach() and smartwf.detach().';

CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.structures
	FOR EACH ROW EXECUTE FUNCTION smartwf.signal_definition();
ALTER TABLE smartwf.structures ENABLE ALWAYS TRIGGER signal;

SELECT pg_catalog.pg_extension_config_dump('smartwf.structures', '');

CREATE FUNCTION smartwf.docid(prefix text, key anyelement) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_docid';
COMMENT ON FUNCTION smartwf.docid(text, anyelement) IS
'Returns the document id (text) for a key: prefix (text) followed by the text of key (any type). The text of the key '
'does not depend on DateStyle, TimeZone and similar settings.';
-- The triggers on attached tables, their partitions and children: their definitions, and
-- functions that create, check and drop them.

CREATE FUNCTION smartwf.judge_change() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_judge_change';
COMMENT ON FUNCTION smartwf.judge_change() IS
'Trigger function, BEFORE INSERT OR UPDATE FOR EACH ROW, on attached tables: checks that a new row is in the initial '
'state, and that a change of state is a transition that the caller can pass. The argument is the name of the '
'structure. smartwf.attach() creates the triggers. Raises WF200, WF227, WF228, WF235 or WF300 if the change is '
'refused.';

CREATE FUNCTION smartwf.record_change() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_record_change';
COMMENT ON FUNCTION smartwf.record_change() IS
'Trigger function, AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW, on attached tables: records the change in '
'smartwf.elements and smartwf.history. The argument is the name of the structure. smartwf.attach() creates the '
'triggers. Raises WF235 if the row is not the one that was checked, WF300 if a deleted document is locked by someone '
'else, WF400 if a document''s id would change, and 23505 if the id of a new document is already in use.';

CREATE FUNCTION smartwf.record_truncate() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_record_truncate';
COMMENT ON FUNCTION smartwf.record_truncate() IS
'Trigger function, AFTER TRUNCATE FOR EACH STATEMENT, on attached tables, their partitions and children: records the '
'deletion of the documents whose rows are gone. The argument is the name of the structure. smartwf.attach() creates '
'the triggers. Raises WF300 if one of the documents is locked by someone else, and 25000 unless the transaction is '
'READ COMMITTED.';

-- A table, and the tables that store rows for it.
CREATE FUNCTION smartwf.family(relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE tree (relation) AS (
		SELECT relation::oid
		UNION
		SELECT i.inhrelid FROM pg_inherits i JOIN tree t ON i.inhparent = t.relation)
	SELECT relation::regclass FROM tree
$$;
COMMENT ON FUNCTION smartwf.family(regclass) IS
'Returns a table (regclass), its partitions and its inheriting children, at all levels (setof regclass).';

-- The triggers are recognized by the functions that they call, not by their names.  Row
-- triggers are created on each partition, not on the partitioned table, because a role that
-- adds a partition may lack the EXECUTE privilege on the functions.
CREATE FUNCTION smartwf.wanted_triggers(of_kind "char" DEFAULT 'r')
	RETURNS TABLE (name name, function regproc, events text, level text, type int2)
	LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT * FROM (VALUES
		('~smartwf_judge'::name, 'smartwf.judge_change'::regproc, 'BEFORE INSERT OR UPDATE', 'ROW', 23::int2),
		('!smartwf_record', 'smartwf.record_change', 'AFTER INSERT OR UPDATE OR DELETE', 'ROW', 29::int2),
		('!smartwf_truncate', 'smartwf.record_truncate', 'AFTER TRUNCATE', 'STATEMENT', 32::int2))
		AS t (name, function, events, level, type)
	WHERE of_kind = 'r' OR level = 'STATEMENT'
$$;
COMMENT ON FUNCTION smartwf.wanted_triggers("char") IS
'Returns the triggers that a table of a structure must have, according to its kind ("char", as in pg_class.relkind): '
'name, function, events, level, and type (as in pg_trigger.tgtype).';

CREATE FUNCTION smartwf.wanted_triggers_of(relation regclass)
	RETURNS TABLE (member regclass, name name, function regproc, events text, level text)
	LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT f, w.name, w.function, w.events, w.level
	FROM smartwf.family(relation) f JOIN pg_class c ON c.oid = f, smartwf.wanted_triggers(c.relkind) w
$$;
COMMENT ON FUNCTION smartwf.wanted_triggers_of(regclass) IS
'Returns the triggers that a table (regclass), its partitions and children must have: table, name, function, events '
'and level.';

CREATE FUNCTION smartwf.structure_of_trigger(arguments bytea) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT convert_from(substr(arguments, 1, length(arguments) - 1), getdatabaseencoding())
$$;
COMMENT ON FUNCTION smartwf.structure_of_trigger(bytea) IS
'Returns the name of the structure (text) that is the only argument of a trigger of smartwf. arguments (bytea): the '
'arguments as stored in pg_trigger.tgargs.';

CREATE FUNCTION smartwf.triggers_of(relation regclass)
	RETURNS TABLE (name name, function regproc, structure text, is_sound boolean)
	LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.tgname, w.function, smartwf.structure_of_trigger(t.tgargs),
		t.tgname = w.name AND t.tgtype = w.type AND t.tgenabled = 'O' AND t.tgqual IS NULL
			AND t.tgattr = '' AND t.tgconstraint = 0 AND t.tgoldtable IS NULL AND t.tgnewtable IS NULL
			-- DROP EXTENSION of another extension would drop it
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
				AND d.deptype = 'x')
	FROM pg_trigger t JOIN smartwf.wanted_triggers() w ON w.function = t.tgfoid
	WHERE t.tgrelid = relation AND t.tgnargs = 1
$$;
COMMENT ON FUNCTION smartwf.triggers_of(regclass) IS
'Returns the triggers on a table (regclass) that call a trigger function of smartwf: name, function, structure, and '
'whether the trigger is enabled and defined as smartwf.attach() creates it (is_sound).';

CREATE FUNCTION smartwf.ancestors(relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE above (relation) AS (
		SELECT inhparent FROM pg_inherits WHERE inhrelid = ancestors.relation
		UNION
		SELECT i.inhparent FROM pg_inherits i JOIN above a ON i.inhrelid = a.relation)
	SELECT relation::regclass FROM above
$$;
COMMENT ON FUNCTION smartwf.ancestors(regclass) IS
'Returns the tables of which a table (regclass) is a partition or an inheriting child, at all levels (setof '
'regclass).';

CREATE FUNCTION smartwf.is_root(relation regclass, structure text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_class WHERE oid = relation AND relkind IN ('r', 'p'))
		AND EXISTS (SELECT FROM smartwf.triggers_of(relation) t WHERE t.structure = is_root.structure)
		AND NOT EXISTS (SELECT FROM smartwf.ancestors(relation) a, smartwf.triggers_of(a) t
			WHERE t.structure = is_root.structure)
$$;
COMMENT ON FUNCTION smartwf.is_root(regclass, text) IS
'Returns true if a table (regclass) has triggers of a structure (text), and none of its ancestors has.';

CREATE FUNCTION smartwf.named_relation(structure text) RETURNS regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid::regclass
	FROM smartwf.structures s
	JOIN pg_namespace n ON n.nspname = s.relation_schema
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.relation_name
	WHERE s.name = structure AND c.relkind IN ('r', 'p')
$$;
COMMENT ON FUNCTION smartwf.named_relation(text) IS
'Returns the table (regclass) that has the schema and name recorded for a structure (text) in smartwf.structures, or '
'null. This need not be the attached table, if tables have been renamed.';

CREATE FUNCTION smartwf.attached_relation(structure text) RETURNS regclass
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	named regclass := smartwf.named_relation(structure);
	roots regclass[];
BEGIN
	IF smartwf.is_root(named, structure) THEN
		RETURN named;
	END IF;
	-- the table was renamed: search all tables with triggers of smartwf
	roots := ARRAY(SELECT DISTINCT t.tgrelid::regclass
		FROM smartwf.wanted_triggers() w
		JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = w.function
			AND d.classid = 'pg_trigger'::regclass
		JOIN pg_trigger t ON t.oid = d.objid
		WHERE t.tgnargs = 1 AND smartwf.structure_of_trigger(t.tgargs) = structure
			AND smartwf.is_root(t.tgrelid, structure)
		LIMIT 2);
	-- during a restore, or if an administrator has dropped its triggers: the table whose partitions have them
	IF roots[1] IN (SELECT smartwf.family(named)) THEN
		RETURN named;
	END IF;
	RETURN CASE WHEN cardinality(roots) = 1 AND EXISTS (SELECT FROM smartwf.structures s WHERE s.name = structure)
		THEN roots[1] END;
END
$$;
COMMENT ON FUNCTION smartwf.attached_relation(text) IS
'Returns the attached table (regclass) of a structure (text), which is found by its triggers even if it has been '
'renamed, or null if there is none.';

CREATE FUNCTION smartwf.own_ddl(command text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_own_ddl';
COMMENT ON FUNCTION smartwf.own_ddl(text) IS
'Executes a DDL command (text) with the privileges of the current user. If that is the owner of the extension, the '
'event triggers of smartwf do not process the command. Raises the errors of the command.';

CREATE FUNCTION smartwf.make_triggers_as_owner(relation regclass, structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	w record;
	present record;
BEGIN
	FOR w IN SELECT * FROM smartwf.wanted_triggers_of(relation) LOOP
		SELECT t.tgname, t.tgenabled, s.is_sound INTO present
			FROM smartwf.triggers_of(w.member) s JOIN pg_trigger t ON t.tgrelid = w.member AND t.tgname = s.name
			WHERE s.function = w.function AND s.structure = make_triggers_as_owner.structure
			ORDER BY s.name <> w.name LIMIT 1;
		CONTINUE WHEN present.is_sound;
		IF present.tgname <> w.name THEN
			PERFORM smartwf.own_ddl(format('ALTER TRIGGER %I ON %s RENAME TO %I', present.tgname, w.member, w.name));
		ELSIF present.tgname IS NULL OR present.tgenabled = 'O' THEN
			-- it is missing, another trigger has its name, or it is defined differently
			PERFORM smartwf.own_ddl(format('CREATE OR REPLACE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION %s(%L)',
				w.name, w.events, w.member, w.level, w.function, structure));
		END IF;
		CONTINUE WHEN present.tgname IS NULL;
		PERFORM smartwf.own_ddl(format('ALTER TABLE %s ENABLE TRIGGER %I', w.member, w.name));
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.make_triggers_as_owner(regclass, text) IS
'Creates the triggers of a structure (text) on a table (regclass), its partitions and children where they are '
'missing, and restores those that were disabled, renamed or replaced. Called by smartwf.make_triggers() and '
'smartwf.follow_ddl() with the privileges of the owner of the extension.';

CREATE FUNCTION smartwf.make_triggers_of_structure(relation regclass, structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF smartwf.named_relation(structure) IS DISTINCT FROM relation THEN
		RAISE EXCEPTION '"%" is not the table of structure "%"', relation, structure
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	PERFORM smartwf.make_triggers_as_owner(relation, structure);
END
$$;
COMMENT ON FUNCTION smartwf.make_triggers_of_structure(regclass, text) IS
'Creates or restores the triggers of a structure (text) on its table (regclass). Called by smartwf.make_triggers() '
'with the privileges of the owner of the extension. Raises 42501 if the table is not the one recorded for the '
'structure.';

CREATE FUNCTION smartwf.make_triggers(relation regclass, structure text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_make_triggers';
COMMENT ON FUNCTION smartwf.make_triggers(regclass, text) IS
'Creates the triggers of a structure (text) on its table (regclass), the partitions and children where they are '
'missing, and restores those that were disabled, renamed or replaced. Called by smartwf.attach(). Raises 42501 unless '
'the caller owns the table.';

CREATE FUNCTION smartwf.missing_triggers(relation regclass, structure text) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: trigger "%s" %s', w.member, w.name,
		CASE WHEN t.name IS NULL THEN 'is missing' ELSE 'is not as attach() made it' END)
	FROM smartwf.wanted_triggers_of(relation) w
	LEFT JOIN LATERAL (SELECT x.name, x.is_sound FROM smartwf.triggers_of(w.member) x
		WHERE x.function = w.function AND x.structure = missing_triggers.structure ORDER BY NOT x.is_sound
			LIMIT 1) t ON true
	WHERE NOT coalesce(t.is_sound, false)
	ORDER BY w.member::text COLLATE "C", w.name COLLATE "C"
$$;
COMMENT ON FUNCTION smartwf.missing_triggers(regclass, text) IS
'Returns one line (setof text) for each trigger of a structure (text) that is missing on a table (regclass), its '
'partitions or children, or is not as smartwf.attach() creates it.';

CREATE FUNCTION smartwf.drop_triggers(relation regclass) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	member regclass;
	trigger_name name;
BEGIN
	FOR member IN SELECT * FROM smartwf.family(relation) LOOP
		FOR trigger_name IN SELECT t.name FROM smartwf.triggers_of(member) t LOOP
			PERFORM smartwf.own_ddl(format('DROP TRIGGER %I ON %s', trigger_name, member));
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.drop_triggers(regclass) IS
'Drops the triggers of smartwf on a table (regclass), its partitions and children. Raises 42501 unless the caller '
'owns them.';
-- Checks of workflow definitions, which report all faults at once.  They read the JSON form,
-- so that the same checks apply to define_workflow(), to the tables (by way of
-- workflow_definition()) and to imports.

CREATE FUNCTION smartwf.parameter_types() RETURNS text[]
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_parameter_types';
COMMENT ON FUNCTION smartwf.parameter_types() IS
'Returns the types that a parameter of a transition can have (text[]).';

-- All objects of a definition.
CREATE FUNCTION smartwf.definition_objects(definition jsonb)
	RETURNS TABLE (kind text, object text, value jsonb, parent text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH state AS (
		SELECT format('state %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'states')
	), transition AS (
		SELECT format('transition %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'transitions')
	), timer AS (
		SELECT format('timer %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'timers'))
	SELECT 'workflow', format('workflow %s', definition ->> 'name'), definition, NULL
	UNION ALL
	SELECT 'state', object, item, NULL FROM state
	UNION ALL
	SELECT 'transition', object, item, NULL FROM transition
	UNION ALL
	SELECT 'arc', format('%s arc %s', t.object, a.number), a.item, t.object
	FROM transition t, smartwf.items(t.item, 'arcs') a
	UNION ALL
	SELECT 'parameter', format('%s parameter %s', t.object, coalesce(p.item ->> 'name', '#' || p.number)), p.item,
		t.object
	FROM transition t, smartwf.items(t.item, 'parameters') p
	UNION ALL
	SELECT 'grant', format('%s grant %s', t.object, g.number), g.item, t.object
	FROM transition t, smartwf.items(t.item, 'grants') g
	UNION ALL
	SELECT 'transition timer', format('%s timer %s', t.object, x.number), x.item, t.object
	FROM transition t, smartwf.items(t.item, 'timers') x
	UNION ALL
	SELECT 'timer', object, item, NULL FROM timer
	UNION ALL
	SELECT 'task', format('%s task %s', t.object, k.number), k.item, t.object
	FROM timer t, smartwf.items(t.item, 'tasks') k
$$;
COMMENT ON FUNCTION smartwf.definition_objects(jsonb) IS
'Returns one row for each object in the JSON form of a workflow (jsonb): its kind (text), its name in messages '
'(text), its JSON value (jsonb), and the transition or timer that contains it (text).';

-- The keys of each kind of object, their types, and the codes of faults.
CREATE FUNCTION smartwf.definition_keys()
	RETURNS TABLE (kind text, key text, type text, needed boolean, code text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	VALUES
		('workflow', 'name', 'string', true, 'WFL0050'),
		('workflow', 'label', 'string', false, 'WFL0102'),
		('workflow', 'description', 'string', false, 'WFL0102'),
		('workflow', 'locale', 'string', false, 'WFL0056'),
		('workflow', 'states', 'array', true, 'WFL0102'),
		('workflow', 'transitions', 'array', false, 'WFL0102'),
		('workflow', 'translations', 'object', false, 'WFL0102'),
		('workflow', 'timers', 'array', false, 'WFL0102'),
		('workflow', 'unsupported', 'array', false, 'WFL0102'),
		('state', 'name', 'string', true, 'WFL0050'),
		('state', 'label', 'string', false, 'WFL0102'),
		('state', 'activity', 'string', false, 'WFL0102'),
		('state', 'color', 'string', false, 'WFL0054'),
		('state', 'initial', 'boolean', false, 'WFL0102'),
		('state', 'timer', 'string', false, 'WFL0102'),
		('state', 'flow', 'string', false, 'WFL0102'),
		('state', 'flowQueued', 'boolean', false, 'WFL0102'),
		('transition', 'name', 'string', true, 'WFL0202'),
		('transition', 'label', 'string', false, 'WFL0102'),
		('transition', 'askComment', 'boolean', false, 'WFL0107'),
		('transition', 'arcs', 'array', true, 'WFL0102'),
		('transition', 'guard', 'string', false, 'WFL0110'),
		('transition', 'guardMessage', 'string', false, 'WFL0102'),
		('transition', 'm0', 'string', false, 'WFL0108'),
		('transition', 'm1', 'string', false, 'WFL0105'),
		('transition', 'm2', 'string', false, 'WFL0106'),
		('transition', 'm3', 'string', false, 'WFL0109'),
		('transition', 'parameters', 'array', false, 'WFL0103'),
		('transition', 'grants', 'array', false, 'WFL0102'),
		('transition', 'timers', 'array', false, 'WFL0102'),
		('transition', 'flow', 'string', false, 'WFL0102'),
		('transition', 'flowQueued', 'boolean', false, 'WFL0102'),
		('transition timer', 'timer', 'string', true, 'WFL0130'),
		('transition timer', 'action', 'string', true, 'WFL0131'),
		('timer', 'name', 'string', true, 'WFL0050'),
		('timer', 'label', 'string', false, 'WFL0102'),
		('timer', 'column', 'string', false, 'WFL0120'),
		('timer', 'delta', 'string', false, 'WFL0132'),
		('timer', 'tasks', 'array', true, 'WFL0102'),
		('task', 'delta', 'string', false, 'WFL0132'),
		('task', 'kind', 'string', true, 'WFL0133'),
		('task', 'settings', 'object', false, 'WFL0102'),
		('arc', 'from', 'string', true, 'WFL0102'),
		('arc', 'to', 'string', true, 'WFL0102'),
		('parameter', 'name', 'string', true, 'WFL0050'),
		('parameter', 'label', 'string', false, 'WFL0102'),
		('parameter', 'type', 'string', false, 'WFL0111'),
		('parameter', 'needed', 'boolean', false, 'WFL0102'),
		('parameter', 'multiple', 'boolean', false, 'WFL0102'),
		('parameter', 'visibility', 'string', false, 'WFL0102'),
		('parameter', 'options', 'object', false, 'WFL0112'),
		('grant', 'role', 'string', false, 'WFL0121'),
		('grant', 'column', 'string', false, 'WFL0121')
$$;
COMMENT ON FUNCTION smartwf.definition_keys() IS
'Returns the keys that each kind of object in the JSON form of a workflow can have: kind, key, JSON type, whether the '
'key is required, and the code of the fault if it is missing or of the wrong type.';

CREATE FUNCTION smartwf.form_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'error', 'WFL0102', o.object, format('must be an object, not %s', jsonb_typeof(o.value))
	FROM smartwf.definition_objects(definition) o WHERE jsonb_typeof(o.value) <> 'object'
	UNION ALL
	SELECT 'error', 'WFL0101', o.object, format('unknown property "%s"', m.key)
	FROM smartwf.definition_objects(definition) o, smartwf.members(o.value) m
	WHERE NOT EXISTS (SELECT FROM smartwf.definition_keys() k WHERE (k.kind, k.key) = (o.kind, m.key))
	UNION ALL
	SELECT 'error', k.code, o.object, format('"%s" must be %s %s, not %s', k.key,
		CASE WHEN k.type IN ('array', 'object') THEN 'an' ELSE 'a' END, k.type, m.value)
	FROM smartwf.definition_objects(definition) o
	JOIN smartwf.definition_keys() k USING (kind)
	JOIN LATERAL smartwf.members(o.value) m ON m.key = k.key
	WHERE jsonb_typeof(m.value) NOT IN (k.type, 'null')
	UNION ALL
	SELECT 'error', k.code, o.object, format('"%s" is missing', k.key)
	FROM smartwf.definition_objects(definition) o JOIN smartwf.definition_keys() k USING (kind)
	WHERE k.needed AND jsonb_typeof(o.value) = 'object' AND o.value ->> k.key IS NULL
	UNION ALL
	SELECT 'error', 'WFL0050', o.object,
		format('"%s" is no name: a letter or underscore, then letters, digits, "_" or ":", 49 characters at most',
		o.value ->> 'name')
	FROM smartwf.definition_objects(definition) o
	WHERE jsonb_typeof(o.value -> 'name') = 'string' AND o.value ->> 'name' !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$'
$$;
COMMENT ON FUNCTION smartwf.form_faults(jsonb) IS
'Returns the faults in the form of a workflow''s JSON (jsonb): unknown or missing keys, values of the wrong type, '
'malformed names.';

CREATE FUNCTION smartwf.state_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH RECURSIVE object AS (
		SELECT * FROM smartwf.definition_objects(definition)
	), state AS (
		SELECT object, value ->> 'name' AS name, value -> 'initial' = 'true' AS initial, value ->> 'color' AS color
		FROM object WHERE kind = 'state'
	), arc AS (
		SELECT a.object, a.parent, a.value ->> 'from' AS "from", a.value ->> 'to' AS "to"
		FROM object a WHERE kind = 'arc'
	), reached (name) AS (
		SELECT name FROM state WHERE initial
		UNION
		SELECT a."to" FROM arc a JOIN reached r ON a."from" = r.name
	), ending (name) AS (
		SELECT name FROM state s WHERE NOT EXISTS (SELECT FROM arc a WHERE a."from" = s.name)
		UNION
		SELECT a."from" FROM arc a JOIN ending e ON a."to" = e.name)
	SELECT 'error', 'WFL0051', format('workflow %s', definition ->> 'name'),
		format('there must be one initial state, not %s', count(*) FILTER (WHERE initial))
	FROM state HAVING count(*) FILTER (WHERE initial) <> 1
	UNION ALL
	SELECT 'error', 'WFL0053', object, 'a state of that name is defined twice'
	FROM state GROUP BY object, name HAVING count(*) > 1 AND name IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0054', object, format('"%s" is no color: it must be #RRGGBB', color)
	FROM state WHERE color <> '' AND color !~ '^#[0-9A-Fa-f]{6}$'
	UNION ALL
	SELECT 'error', 'WFL0201', a.object, format('state "%s" is not defined', e.name)
	FROM arc a, unnest(ARRAY[a."from", a."to"]) AS e (name)
	WHERE e.name IS NOT NULL AND NOT EXISTS (SELECT FROM state s WHERE s.name = e.name)
	UNION ALL
	SELECT 'error', 'WFL0203', parent, format('it leaves state "%s" twice', "from")
	FROM arc GROUP BY parent, "from" HAVING count(*) > 1
	UNION ALL
	SELECT 'warning', 'WFL0902', object, 'no transition reaches it'
	FROM state s WHERE NOT EXISTS (SELECT FROM reached r WHERE r.name = s.name)
	UNION ALL
	SELECT 'warning', 'WFL0903', object, 'no final state can be reached from it'
	FROM state s WHERE NOT EXISTS (SELECT FROM ending e WHERE e.name = s.name)
$$;
COMMENT ON FUNCTION smartwf.state_faults(jsonb) IS
'Returns the faults and warnings about the states and arcs in the JSON form of a workflow (jsonb).';

CREATE FUNCTION smartwf.transition_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH object AS (
		SELECT * FROM smartwf.definition_objects(definition))
	SELECT 'error', 'WFL0204', object, 'a transition of that name is defined twice'
	FROM object WHERE kind = 'transition' GROUP BY object, value ->> 'name'
	HAVING count(*) > 1 AND value ->> 'name' IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0205', object, 'it has no arc' FROM object
	WHERE kind = 'transition' AND value -> 'arcs' = '[]'
	UNION ALL
	SELECT 'error', 'WFL0114', object, 'a parameter of that name is defined twice'
	FROM object WHERE kind = 'parameter' GROUP BY object HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0111', object, format('unknown type "%s": it must be one of %s',
		value ->> 'type', array_to_string(smartwf.parameter_types(), ', '))
	FROM object WHERE kind = 'parameter' AND jsonb_typeof(value -> 'type') = 'string'
		AND value ->> 'type' <> ALL (smartwf.parameter_types())
	UNION ALL
	SELECT 'error', 'WFL0112', object, 'an enum needs {"values": [...]} or {"values": {value: label, ...}} as options'
	FROM object WHERE kind = 'parameter' AND value ->> 'type' = 'enum'
		AND NOT coalesce(jsonb_path_exists(value, 'strict $.options.values[*] ? (@.type() == "string")', silent => true)
				AND NOT jsonb_path_exists(value, 'strict $.options.values[*] ? (@.type() != "string")', silent => true)
			OR jsonb_path_exists(value, 'strict $.options.values.* ? (@.type() == "string")', silent => true), false)
	UNION ALL
	SELECT 'error', 'WFL0121', object, 'it must name either a role or a column'
	FROM object WHERE kind = 'grant' AND jsonb_typeof(value) = 'object'
		AND (value ->> 'role' IS NULL) = (value ->> 'column' IS NULL)
	UNION ALL
	SELECT 'error', 'WFL0122', parent, format('%s is granted twice', value)
	FROM object WHERE kind = 'grant' GROUP BY parent, value HAVING count(*) > 1
	UNION ALL
	SELECT 'warning', 'WFL0901', object, format('role "%s" does not exist', value ->> 'role')
	FROM object WHERE kind = 'grant' AND jsonb_typeof(value -> 'role') = 'string'
		AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = value ->> 'role')
$$;
COMMENT ON FUNCTION smartwf.transition_faults(jsonb) IS
'Returns the faults and warnings about the transitions in the JSON form of a workflow (jsonb), their parameters and '
'grants.';

CREATE FUNCTION smartwf.translation_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH kind (key, object_kind, code) AS (
		VALUES ('states', 'state', 'WFL0055'), ('activities', 'state', 'WFL0052'),
			('transitions', 'transition', 'WFL0206'), ('parameters', 'parameter', 'WFL0104')
	), locale AS (
		SELECT key AS locale, format('translation %s', key) AS object, value
		FROM smartwf.members(definition -> 'translations')
	), part AS (
		SELECT l.object, m.key, m.value FROM locale l, smartwf.members(l.value) m)
	SELECT 'error', 'WFL0056', object, format('"%s" is no locale', locale)
	FROM (SELECT object, locale FROM locale
		UNION ALL
		SELECT format('workflow %s', definition ->> 'name'), definition ->> 'locale'
		WHERE jsonb_typeof(definition -> 'locale') = 'string' AND definition ->> 'locale' <> '') l
	WHERE locale !~ '^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$'
	UNION ALL
	SELECT 'error', 'WFL0102', object, format('must be an object, not %s', value) FROM locale
	WHERE jsonb_typeof(value) <> 'object'
	UNION ALL
	SELECT 'error', 'WFL0101', object, format('unknown property "%s"', key) FROM part
	WHERE key NOT IN (SELECT key FROM kind)
	UNION ALL
	SELECT 'error', 'WFL0102', object, format('"%s" must be an object of labels, not %s', key, value) FROM part
	WHERE jsonb_typeof(value) <> 'object'
	UNION ALL
	SELECT 'error', 'WFL0102', p.object, format('label of %s "%s" must be a string, not %s', k.object_kind, m.key,
		m.value)
	FROM part p JOIN kind k USING (key), smartwf.members(p.value) m
	WHERE jsonb_typeof(m.value) <> 'string'
	UNION ALL
	SELECT 'error', k.code, p.object, format('%s "%s" is not defined', k.object_kind, m.key)
	FROM part p JOIN kind k USING (key), smartwf.members(p.value) m
	WHERE NOT EXISTS (SELECT FROM smartwf.definition_objects(definition) o
		WHERE o.kind = k.object_kind AND o.value ->> 'name' = m.key)
$$;
COMMENT ON FUNCTION smartwf.translation_faults(jsonb) IS
'Returns the faults in the translations in the JSON form of a workflow (jsonb).';

-- Other parts of the extension register further checks: of guards, hooks, timers and flows.
CREATE TABLE smartwf.checkers (
	subject text COLLATE "C" CHECK (subject IN ('definition', 'attachment')),
	-- they run as the owner of the extension
	function text COLLATE "C" CHECK (function ~ '^smartwf\.[a-z_]+$'),
	PRIMARY KEY (subject, function)
);
COMMENT ON TABLE smartwf.checkers IS
'Functions (as schema.function) that check definitions and attachments. subject definition: function(definition '
'jsonb) returns table (severity text, code text, object text, message text) checks the JSON form of a workflow. '
'subject attachment: function(relation regclass, workflow_id int, state_column text, docid_column text) returns setof '
'text checks whether a workflow version is suitable for a table. Only the extension inserts rows.';
GRANT SELECT ON smartwf.checkers TO PUBLIC;
INSERT INTO smartwf.checkers VALUES
	('definition', 'smartwf.form_faults'), ('definition', 'smartwf.state_faults'),
	('definition', 'smartwf.transition_faults'), ('definition', 'smartwf.translation_faults'),
	('definition', 'smartwf.unsupported_faults');

CREATE FUNCTION smartwf.unsupported_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'warning', 'WFL0904', coalesce(item ->> 'object', 'workflow'),
		format('element "%s" is kept, but has no effect yet', item ->> 'element')
	FROM smartwf.items(definition, 'unsupported')
$$;
COMMENT ON FUNCTION smartwf.unsupported_faults(jsonb) IS
'Returns a warning for each element in the JSON form of a workflow (jsonb) that an import has kept although it has no '
'effect.';

CREATE FUNCTION smartwf.definition_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE plpgsql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
	RETURN QUERY EXECUTE (
		SELECT format('SELECT * FROM (%s) AS fault (severity, code, object, message) '
			'ORDER BY severity, code, object COLLATE "C", message COLLATE "C"',
			string_agg(format('SELECT * FROM %s($1)', c.function), ' UNION ALL ' ORDER BY c.function))
		FROM smartwf.checkers c WHERE c.subject = 'definition') USING definition;
END
$$;
COMMENT ON FUNCTION smartwf.definition_faults(jsonb) IS
'Returns all faults (severity error) and warnings (severity warning) of the JSON form of a workflow (jsonb): '
'severity, code, object and message (text each).';
-- Types and functions for hooks and for the row triggers.

CREATE TYPE smartwf.event AS (
	docid text,
	structure text,
	workflow text,
	version int,
	transition text,
	from_state text,
	to_state text,
	actor text,
	comment text,
	parameters jsonb,
	element jsonb
);
COMMENT ON TYPE smartwf.event IS
'Argument of hooks. A hook is a function (smartwf.event) returns text; null or an empty string means that it has no '
'objection or message. docid, structure, workflow, version: the document; transition, from_state, to_state: the '
'change; actor, comment, parameters: as recorded in smartwf.history; element: the row as JSON, for m0 and m1 as it '
'will be stored, but still in its old state, for m2 and m3 as it has been stored.';

CREATE FUNCTION smartwf.requested_state(state anyelement) RETURNS anyelement
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_requested_state';
COMMENT ON FUNCTION smartwf.requested_state(anyelement) IS
'Returns the target state of the transition that is being passed, given the current state (both of the type of the '
'state column). Outside of smartwf.pass_transition() and smartwf.set_state(), returns its argument.';
-- Visibility of documents.

CREATE FUNCTION smartwf.is_visible(docid text) RETURNS boolean
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_is_visible';
COMMENT ON FUNCTION smartwf.is_visible(text) IS
'Returns true if a document (docid, text) exists, belongs to an attached table, and the caller can see its row.';

CREATE FUNCTION smartwf.is_readable(docid text) RETURNS boolean
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_is_readable';
COMMENT ON FUNCTION smartwf.is_readable(text) IS
'Returns true if the caller can see the row of a document (docid, text), and is an administrator or has the SELECT '
'privilege on all of its columns.';
-- Checks of the guards, hooks and grants of workflow definitions.

CREATE FUNCTION smartwf.hook_fault(hook text) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_hook_fault';
COMMENT ON FUNCTION smartwf.hook_fault(text) IS
'Returns the reason why a function (text, as schema.function) cannot be used as a hook (text), or null if it can.';

CREATE FUNCTION smartwf.guard_fault(guard text, relation regclass) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_guard_fault';
COMMENT ON FUNCTION smartwf.guard_fault(text, regclass) IS
'Returns the reason why an expression (text) cannot be used as a guard on a table (regclass), or null if it can '
'(text). If the table is null, the expression is only checked for its syntax and form, not for the columns that it '
'uses.';

CREATE FUNCTION smartwf.rule_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH object AS (
		SELECT * FROM smartwf.definition_objects(definition)
	), attached AS (
		SELECT smartwf.attached_relation(name) AS relation FROM smartwf.structures
			WHERE workflow = definition ->> 'name')
	SELECT 'error', h.code, object, smartwf.hook_fault(value ->> h.key)
	FROM object, (VALUES ('m0', 'WFL0108'), ('m1', 'WFL0105'), ('m2', 'WFL0106'), ('m3', 'WFL0109')) AS h (key, code)
	WHERE kind = 'transition' AND jsonb_typeof(value -> h.key) = 'string'
		AND smartwf.hook_fault(value ->> h.key) IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0110', object, smartwf.guard_fault(value ->> 'guard', NULL)
	FROM object WHERE kind = 'transition' AND jsonb_typeof(value -> 'guard') = 'string'
		AND smartwf.guard_fault(value ->> 'guard', NULL) IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0110', o.object, smartwf.guard_fault(o.value ->> 'guard', r.relation)
	FROM object o, attached r
	WHERE o.kind = 'transition' AND jsonb_typeof(o.value -> 'guard') = 'string'
		AND smartwf.guard_fault(o.value ->> 'guard', NULL) IS NULL
		AND r.relation IS NOT NULL AND smartwf.guard_fault(o.value ->> 'guard', r.relation) IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0120', o.object, format('column "%s" does not exist in %s', o.value ->> 'column', r.relation)
	FROM object o, attached r
	WHERE o.kind = 'grant' AND o.value ->> 'column' IS NOT NULL AND r.relation IS NOT NULL
		AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.relation
			AND a.attname = o.value ->> 'column' AND a.attnum > 0 AND NOT a.attisdropped)
$$;
COMMENT ON FUNCTION smartwf.rule_faults(jsonb) IS
'Returns the faults of the hooks, guards and column grants in the JSON form of a workflow (jsonb), also with regard '
'to the tables that are attached to it.';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.rule_faults');

CREATE FUNCTION smartwf.attached_guard_faults(relation regclass, workflow_id int, state_column text, docid_column text)
	RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('WFL0110 transition %s: %s', t.name, smartwf.guard_fault(t.guard, relation))
	FROM smartwf.transitions t
	WHERE t.workflow_id = attached_guard_faults.workflow_id AND smartwf.guard_fault(t.guard, relation) IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.attached_guard_faults(regclass, int, text, text) IS
'Returns one line (setof text) for each guard of a workflow version (int, its id) that cannot be evaluated on a table '
'(regclass). The columns of state and document id (text) are not used. Registered in smartwf.checkers.';
INSERT INTO smartwf.checkers VALUES ('attachment', 'smartwf.attached_guard_faults');
-- Synchronization of smartwf.elements and smartwf.history with the rows of a table, where
-- rows were changed without firing the triggers.

CREATE FUNCTION smartwf.rows_of_structure(structure text, OUT docid text, OUT state text) RETURNS SETOF record
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_rows_of_structure';
COMMENT ON FUNCTION smartwf.rows_of_structure(text) IS
'Returns the document id and the state (text each) of every row in the attached table of a structure (text), its '
'partitions and children. The rows are scanned directly, so that row-level security does not apply. Returns no rows '
'if there is no such structure. Raises 42P01 if no table has the triggers of the structure, and 42501 unless the '
'caller owns the table or is an administrator.';

CREATE FUNCTION smartwf.announce_end(docid text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_announce_end';
COMMENT ON FUNCTION smartwf.announce_end(text) IS
'Informs the parts of smartwf that work on a document (docid, text) that it has been deleted: its unfinished runs are '
'cancelled, and its timers end.';

CREATE FUNCTION smartwf.announce_state(docid text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_announce_state';
COMMENT ON FUNCTION smartwf.announce_state(text) IS
'Informs the parts of smartwf that work on a document (docid, text) that it is in a state to which no transition has '
'led: the timer of that state is attached, and all its other timers end.';

CREATE FUNCTION smartwf.record_end(docid text, workflow_id int) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO smartwf.history (docid, revision, at, actor, from_state, workflow_id)
	SELECT record_end.docid, coalesce(max(h.revision), -1) + 1, clock_timestamp(), smartwf.actor(),
		(array_agg(h.to_state ORDER BY h.revision DESC))[1], record_end.workflow_id
	FROM smartwf.history h WHERE h.docid = record_end.docid;
	SELECT smartwf.announce_end(docid)
$$;
COMMENT ON FUNCTION smartwf.record_end(text, int) IS
'Inserts the row of smartwf.history that records the deletion of a document. docid (text): the document; workflow_id '
'(int): the version that it followed.';

CREATE FUNCTION smartwf.is_replicated() RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid IN ('smartwf.history'::regclass,
		'smartwf.elements'::regclass))
$$;
COMMENT ON FUNCTION smartwf.is_replicated() IS
'Returns true if a subscription applies changes to smartwf.elements or smartwf.history. Rows that are inserted here '
'would then conflict with those of the publisher.';

-- Locks of documents whose rows are gone.
CREATE FUNCTION smartwf.require_unlocked(structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	e smartwf.elements;
BEGIN
	FOR e IN SELECT x.* FROM smartwf.elements x
		WHERE x.structure = require_unlocked.structure AND x.deleted_at IS NULL AND x.locked_by IS NOT NULL
			AND NOT (x.locked_by = smartwf.actor() AND coalesce(x.locked_by_person, false) = smartwf.actor_is_person())
			AND NOT EXISTS (SELECT FROM smartwf.rows_of_structure(require_unlocked.structure) r WHERE r.docid = x.docid)
		ORDER BY x.docid LIMIT 1
	LOOP
		PERFORM smartwf.refuse_locked(e.docid, e.locked_by);
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.require_unlocked(text) IS
'Raises WF300 if a document of a structure (text) has no row any more, and is locked by someone other than the '
'current actor.';

-- Documents that an old snapshot does not see would remain without rows.
CREATE FUNCTION smartwf.require_read_committed() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
		RAISE EXCEPTION 'rows of an attached table come and go by DDL or TRUNCATE in READ COMMITTED only'
			USING ERRCODE = 'invalid_transaction_state', HINT = 'Begin a transaction of that isolation level.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_read_committed() IS
'Raises 25000 if the isolation level of the transaction is REPEATABLE READ or SERIALIZABLE, in which recently '
'committed rows could not be seen.';

CREATE FUNCTION smartwf.end_without_rows(structure text) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	ended bigint;
BEGIN
	PERFORM smartwf.require_read_committed();
	PERFORM smartwf.require_unlocked(structure);
	WITH gone AS (
		UPDATE smartwf.elements e SET deleted_at = clock_timestamp()
		WHERE e.structure = end_without_rows.structure AND e.deleted_at IS NULL
			AND e.docid NOT IN (SELECT r.docid FROM smartwf.rows_of_structure(end_without_rows.structure) r
				WHERE r.docid IS NOT NULL)
		RETURNING e.docid, e.workflow_id)
	SELECT count(*) INTO ended FROM (SELECT smartwf.record_end(docid, workflow_id) FROM gone) line;
	RETURN ended;
END
$$;
COMMENT ON FUNCTION smartwf.end_without_rows(text) IS
'Records the deletion of those documents of a structure (text) that have no row any more. Returns their number '
'(bigint). Raises WF300 if one of them is locked by someone else, and 25000 unless the transaction is READ COMMITTED.';

-- Rows that were added without firing the triggers.  Unless the caller is trusted, new
-- documents must be in the initial state.
CREATE FUNCTION smartwf.row_faults(s smartwf.structures, version_id int, is_trusted boolean) RETURNS text[]
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(fault) FROM (
		SELECT CASE WHEN x.name IS NULL THEN format('CRUD0228 %s: state %s is not available for workflow "%s"',
				r.docid, CASE WHEN r.state IS NULL THEN 'null' ELSE format('"%s"', r.state) END, s.workflow)
			ELSE format('CRUD0235 %s: a new document does not start in state "%s"', r.docid, r.state) END AS fault
		FROM smartwf.rows_of_structure(s.name) r
		LEFT JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
		LEFT JOIN smartwf.states x ON x.workflow_id = version_id AND x.name = r.state
		WHERE e.docid IS NULL AND (r.docid IS NULL OR x.name IS NULL OR NOT (is_trusted OR x.is_initial))
		UNION ALL
		-- the row of an existing document was replaced by another one
		SELECT format('CRUD0235 %s: its history says that it is in state "%s", not "%s"', r.docid, h.to_state, r.state)
		FROM smartwf.rows_of_structure(s.name) r JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL,
			LATERAL (SELECT x.to_state FROM smartwf.history x WHERE x.docid = r.docid ORDER BY x.revision DESC
				LIMIT 1) h
		WHERE NOT is_trusted AND h.to_state IS DISTINCT FROM r.state
		ORDER BY 1 LIMIT 100) f
$$;
COMMENT ON FUNCTION smartwf.row_faults(smartwf.structures, int, boolean) IS
'Returns the faults of rows that are to become documents of a structure (a row of smartwf.structures) in a workflow '
'version (int, its id), at most one hundred (text[], null if there are none): rows in an unknown state and, unless '
'is_trusted (boolean), new rows in a state other than the initial one, and rows whose state differs from that in the '
'history of the existing document.';

CREATE FUNCTION smartwf.require_free_names(s smartwf.structures) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	faults text[];
BEGIN
	SELECT array_agg(format('%s (structure "%s")', taken.docid, taken.structure)) INTO faults FROM (
		SELECT r.docid, e.structure FROM smartwf.rows_of_structure(s.name) r
			JOIN smartwf.elements e ON e.docid = r.docid
		WHERE e.structure <> s.name AND e.deleted_at IS NULL
		UNION ALL
		SELECT r.docid, s.name FROM smartwf.rows_of_structure(s.name) r GROUP BY r.docid HAVING count(*) > 1
		ORDER BY 1 LIMIT 100) taken;
	IF faults IS NOT NULL THEN
		RAISE EXCEPTION 'documents of structure "%" exist already', s.name
			USING ERRCODE = 'unique_violation', DETAIL = array_to_string(faults, E'\n'),
			HINT = 'Attach the tables with different values of docid_prefix, or choose a docid_column that is unique.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_free_names(smartwf.structures) IS
'Raises 23505 if document ids of a structure (a row of smartwf.structures) are in use in another structure, or occur '
'more than once.';

CREATE FUNCTION smartwf.register_rows(s smartwf.structures, version_id int, OUT registered bigint,
	OUT with_timer text[])
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	WITH missing AS (
		SELECT r.* FROM smartwf.rows_of_structure(s.name) r
		LEFT JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
		WHERE e.docid IS NULL
	), born AS (
		INSERT INTO smartwf.elements AS e (docid, structure, workflow_id, created_at)
		SELECT docid, s.name, version_id, clock_timestamp() FROM missing
		ON CONFLICT (docid) DO UPDATE SET structure = EXCLUDED.structure, workflow_id = EXCLUDED.workflow_id,
			created_at = CASE WHEN e.structure = EXCLUDED.structure THEN e.created_at ELSE EXCLUDED.created_at END,
			deleted_at = NULL, locked_by = NULL, locked_by_person = NULL, lock_is_temporary = NULL
	), line AS (
		INSERT INTO smartwf.history (docid, revision, at, actor, to_state, workflow_id)
		SELECT docid, (SELECT coalesce(max(revision), -1) + 1 FROM smartwf.history h WHERE h.docid = missing.docid),
			clock_timestamp(), smartwf.actor(), state, version_id FROM missing
		RETURNING docid, to_state)
	SELECT count(*), array_agg(docid) FILTER (WHERE to_state IN (SELECT x.name FROM smartwf.states x
		WHERE x.workflow_id = version_id AND x.timer IS NOT NULL))
	FROM line
$$;
COMMENT ON FUNCTION smartwf.register_rows(smartwf.structures, int) IS
'Registers the rows of a structure (a row of smartwf.structures) that are not documents yet as documents of a '
'workflow version (int, its id). Returns their number (bigint), and the ids of those whose state has a timer '
'(text[]).';

CREATE FUNCTION smartwf.reconcile_rows(structure text, is_trusted boolean, OUT registered bigint, OUT ended bigint)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	version_id int;
	with_timer text[];
BEGIN
	PERFORM smartwf.require_read_committed();
	SELECT * INTO s FROM smartwf.structures x WHERE x.name = structure;
	SELECT id INTO version_id FROM smartwf.workflows w
		WHERE w.name = s.workflow AND status = 'published' ORDER BY version DESC LIMIT 1;
	PERFORM smartwf.refuse(format('definition of structure "%s"', structure), smartwf.row_faults(s, version_id,
		is_trusted));
	PERFORM smartwf.require_free_names(s);
	SELECT * INTO registered, with_timer FROM smartwf.register_rows(s, version_id);
	PERFORM smartwf.announce_state(docid) FROM unnest(with_timer) AS docid;
	ended := smartwf.end_without_rows(structure);
END
$$;
COMMENT ON FUNCTION smartwf.reconcile_rows(text, boolean) IS
'Registers new rows of an attached structure (text), and records the deletion of documents without rows, as '
'smartwf.reconcile() does. is_trusted (boolean): if false, new documents must be in the initial state, and existing '
'ones in the state that their history shows. Returns how many documents were registered and how many were deleted '
'(bigint each). Raises the errors of smartwf.reconcile().';

CREATE FUNCTION smartwf.reconcile(structure text, OUT registered bigint, OUT ended bigint)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := smartwf.attached_relation(structure);
BEGIN
	IF relation IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	ELSIF smartwf.is_replicated() THEN
		RAISE EXCEPTION 'documents of structure "%" come from a publisher', structure
			USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'A subscription applies to smartwf.elements or smartwf.history; lines that are '
				'written here would stop it.',
			HINT = 'Call smartwf.reconcile() on the publisher, or after the subscription is dropped.';
	END IF;
	-- concurrent changes of rows have to wait until this transaction ends
	EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', relation);
	SELECT * INTO registered, ended FROM smartwf.reconcile_rows(structure, true);
END
$$;
COMMENT ON FUNCTION smartwf.reconcile(text) IS
'Synchronizes smartwf.elements and smartwf.history with the rows of an attached table whose changes have not fired '
'triggers, for example after a restore, with logical replication, or while triggers were disabled. structure (text): '
'the name of the structure. Rows that are not documents are registered in their present state, and documents without '
'rows are marked as deleted. Returns how many documents were registered and how many were deleted (bigint each). '
'Raises 42704 if the structure is not attached, 42501 unless the caller owns the table or is an administrator, WF001 '
'if rows are in an unknown state, 23505 if document ids are already in use, WF300 if a document without a row is '
'locked by someone else, 25000 unless the transaction is READ COMMITTED, and 55000 on a subscriber to which '
'smartwf.elements or smartwf.history is replicated.';
-- Attaching and detaching tables.

CREATE FUNCTION smartwf.base_type(type oid) RETURNS oid
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE base (oid) AS (
		SELECT type
		UNION ALL
		SELECT d.typbasetype FROM base JOIN pg_type d ON d.oid = base.oid AND d.typtype = 'd')
	SELECT b.oid FROM base JOIN pg_type b ON b.oid = base.oid WHERE b.typtype <> 'd'
$$;
COMMENT ON FUNCTION smartwf.base_type(oid) IS
'Returns the base type (oid) of a domain (oid), or the argument itself for any other type.';

-- Types whose values change their text when an object is renamed.
CREATE FUNCTION smartwf.names_no_document(type oid) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.typtype = 'c' OR (t.typnamespace = 'pg_catalog'::regnamespace AND t.typname ~ '^reg')
		OR (e.oid IS NOT NULL AND (e.typtype = 'e' OR smartwf.names_no_document(e.oid)))
	FROM pg_type t LEFT JOIN pg_type e ON e.oid = smartwf.base_type(t.typelem) AND t.typcategory = 'A'
	WHERE t.oid = smartwf.base_type(type)
$$;
COMMENT ON FUNCTION smartwf.names_no_document(oid) IS
'Returns true for types (oid) that cannot be used for document ids, because the text of their values changes when '
'something is renamed: composite types, reg* types, and arrays of these or of enums.';

-- Reasons why a table cannot be attached with these columns.
CREATE FUNCTION smartwf.table_faults(relation regclass, workflow_id int, state_column text, docid_column text)
	RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH state_type AS (
		SELECT t.*, a.attgenerated, a.atttypmod,
			coalesce((WITH RECURSIVE base (oid) AS (
				SELECT t.oid UNION ALL
				SELECT d.typbasetype FROM base JOIN pg_type d ON d.oid = base.oid AND d.typtype = 'd')
				SELECT b.oid FROM base JOIN pg_type b ON b.oid = base.oid WHERE b.typtype <> 'd'), t.oid) AS base
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		WHERE a.attrelid = relation AND a.attname = state_column AND a.attnum > 0 AND NOT a.attisdropped
	), columns AS (
		SELECT attname, attgenerated FROM pg_attribute
		WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped)
	SELECT format('WFL0301 %s: column "%s" does not exist', relation, wanted.name)
		FROM unnest(ARRAY[state_column, docid_column]) AS wanted (name)
		WHERE NOT EXISTS (SELECT FROM columns WHERE attname = wanted.name)
	UNION ALL
	SELECT format('WFL0302 %s: state column "%s" is generated', relation, state_column)
		FROM state_type WHERE attgenerated <> ''
	UNION ALL
	SELECT format('WFL0302 %s: document id column "%s" is generated, but not stored', relation, docid_column)
		FROM columns WHERE attname = docid_column AND attgenerated = 'v'
	UNION ALL
	SELECT format('WFL0302 %s: document id column "%s" is of type %s, whose values change their names', relation,
		docid_column, format_type(a.atttypid, NULL))
		FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = docid_column AND a.attnum > 0
			AND smartwf.names_no_document(a.atttypid)
	UNION ALL
	SELECT format('WFL0302 %s: state column "%s" is of type %s, not text, varchar, an enum or a domain of these',
			relation, state_column, format_type(oid, NULL))
		FROM state_type
		WHERE base NOT IN ('text'::regtype, 'varchar'::regtype)
			AND NOT EXISTS (SELECT FROM pg_type b WHERE b.oid = base AND b.typtype = 'e')
	UNION ALL
	SELECT format('WFL0303 %s: state "%s" is no value of %s', relation, x.name, format_type(base, NULL))
		FROM state_type JOIN smartwf.states x ON x.workflow_id = table_faults.workflow_id
		WHERE EXISTS (SELECT FROM pg_enum WHERE enumtypid = base)
			AND NOT EXISTS (SELECT FROM pg_enum WHERE enumtypid = base AND enumlabel = x.name)
	UNION ALL
	SELECT format('WFL0303 %s: state "%s" is longer than column "%s" can hold', relation, x.name, state_column)
		FROM state_type JOIN smartwf.states x ON x.workflow_id = table_faults.workflow_id
		WHERE base = 'varchar'::regtype AND atttypmod > 4 AND length(x.name) > atttypmod - 4
	UNION ALL
	SELECT format('WFL0120 transition %s: column "%s" of a grant does not exist in %s', g.transition, g.grantee,
		relation)
		FROM smartwf.transition_grants g
		WHERE g.workflow_id = table_faults.workflow_id AND g.kind = 'column'
			AND NOT EXISTS (SELECT FROM columns WHERE attname = g.grantee)
	UNION ALL
	SELECT format('WFL0120 timer %s: column "%s" of %s is no date or time', t.name, t.reference_column, relation)
		FROM smartwf.workflow_timers t
		WHERE t.workflow_id = table_faults.workflow_id AND t.reference_column IS NOT NULL
			AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
				WHERE a.attrelid = relation AND a.attname = t.reference_column AND a.attnum > 0 AND NOT a.attisdropped
					AND coalesce(nullif(y.typbasetype, 0), y.oid) IN ('date'::regtype, 'timestamp'::regtype,
						'timestamptz'::regtype))
	UNION ALL
	SELECT format('WFL0113 transition %s: parameter "%s" has the name of the column that holds the %s',
			p.transition, p.name, CASE p.name WHEN state_column THEN 'state' ELSE 'document id' END)
		FROM smartwf.transition_parameters p
		WHERE p.workflow_id = table_faults.workflow_id AND p.name IN (state_column, docid_column)
$$;
COMMENT ON FUNCTION smartwf.table_faults(regclass, int, text, text) IS
'Returns one line (setof text) for each column of a table (regclass) that is missing or unsuitable for a workflow '
'version (int, its id), including the columns of state and document id (text).';
INSERT INTO smartwf.checkers VALUES ('attachment', 'smartwf.table_faults');

CREATE FUNCTION smartwf.attachment_faults(relation regclass, workflow_id int, state_column text, docid_column text)
	RETURNS SETOF text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE (
		SELECT format('SELECT * FROM (%s) AS fault (message) ORDER BY message COLLATE "C"',
			string_agg(format('SELECT * FROM %s($1, $2, $3, $4)', c.function), ' UNION ALL ' ORDER BY c.function))
		FROM smartwf.checkers c WHERE c.subject = 'attachment') USING relation, workflow_id, state_column, docid_column;
END
$$;
COMMENT ON FUNCTION smartwf.attachment_faults(regclass, int, text, text) IS
'Returns one line (setof text) for each reason why a table (regclass) cannot be attached to a workflow version (int, '
'its id) with these columns for state and document id (text). Calls the functions for attachments in '
'smartwf.checkers.';

CREATE FUNCTION smartwf.key_column(relation regclass) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.attname::text
	FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
	WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1
$$;
COMMENT ON FUNCTION smartwf.key_column(regclass) IS
'Returns the primary key column (text) of a table (regclass), or null if there is no primary key, or if it has '
'several columns.';

CREATE FUNCTION smartwf.check_relation(relation regclass) RETURNS void
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c pg_class;
BEGIN
	SELECT * INTO c FROM pg_class WHERE oid = relation;
	IF c.oid IS NULL THEN
		RAISE EXCEPTION 'relation must not be null and must exist' USING ERRCODE = 'WF400';
	ELSIF c.relkind IN ('v', 'm') THEN
		RAISE EXCEPTION '"%" is a view, which has no rows of its own', relation
			USING ERRCODE = 'wrong_object_type',
			HINT = 'Attach the table behind it; changes through the view then obey the rules too.';
	ELSIF c.relkind NOT IN ('r', 'p') THEN
		RAISE EXCEPTION '"%" is not an ordinary or partitioned table', relation
			USING ERRCODE = 'wrong_object_type';
	ELSIF c.relpersistence = 't' THEN
		RAISE EXCEPTION '"%" is a temporary table', relation USING ERRCODE = 'wrong_object_type',
			HINT = 'Its documents would outlive it.';
	ELSIF c.relispartition THEN
		RAISE EXCEPTION '"%" is a partition', relation USING ERRCODE = 'wrong_object_type',
			HINT = 'Attach the partitioned table; that covers its partitions.';
	ELSIF EXISTS (SELECT FROM smartwf.family(relation) f JOIN pg_class x ON x.oid = f WHERE x.relkind = 'f') THEN
		RAISE EXCEPTION '"%" has a foreign table as a partition or child', relation USING ERRCODE = 'wrong_object_type',
			HINT = 'What is changed on the foreign server passes no trigger here.';
	ELSIF c.relnamespace IN ('smartwf'::regnamespace, 'pg_catalog'::regnamespace) THEN
		RAISE EXCEPTION '"%" is a system table', relation USING ERRCODE = 'wrong_object_type';
	ELSIF EXISTS (SELECT FROM smartwf.ancestors(relation) a, smartwf.triggers_of(a)) THEN
		RAISE EXCEPTION '"%" is attached already, as a child', relation USING ERRCODE = 'wrong_object_type';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.check_relation(regclass) IS
'Checks whether a relation (regclass) can be attached. Raises 42809 with the reason if it cannot, and WF400 if it is '
'null or does not exist.';

CREATE FUNCTION smartwf.strayed_documents(structure text) RETURNS bigint
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*) FROM smartwf.rows_of_structure(structure) r
	WHERE r.state IS DISTINCT FROM (SELECT h.to_state FROM smartwf.history h WHERE h.docid = r.docid
		ORDER BY h.revision DESC LIMIT 1)
$$;
COMMENT ON FUNCTION smartwf.strayed_documents(text) IS
'Returns the number of documents (bigint) of a structure (text) that are in a state other than the last one in their '
'history.';

CREATE FUNCTION smartwf.attach(relation regclass, workflow text, state_column name DEFAULT 'state',
		docid_column name DEFAULT NULL, docid_prefix text DEFAULT '', structure text DEFAULT NULL)
	RETURNS text
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c record;
	known smartwf.structures;
	missing text[];
	strayed bigint;
	key_column text := coalesce(docid_column::text, smartwf.key_column(relation));
	version_id int;
BEGIN
	PERFORM smartwf.check_relation(relation);
	EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', relation);
	SELECT nspname, relname INTO c FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
		WHERE pg_class.oid = relation;
	structure := coalesce(structure, c.relname);
	SELECT id INTO version_id FROM smartwf.workflows w
		WHERE w.name = workflow AND status = 'published' ORDER BY version DESC LIMIT 1;
	IF version_id IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no published version', workflow USING ERRCODE = 'undefined_object',
			HINT = 'Define it with smartwf.define_workflow() or smartwf.import_workflow().';
	ELSIF key_column IS NULL THEN
		RAISE EXCEPTION 'table "%" has no primary key of one column', relation USING ERRCODE = 'WF400',
			HINT = 'Say with docid_column which column names the document.';
	END IF;
	SELECT * INTO known FROM smartwf.structures s
		WHERE s.name = structure OR s.name IN (SELECT t.structure FROM smartwf.triggers_of(relation) t)
			OR (s.relation_schema, s.relation_name) = (c.nspname, c.relname)
		ORDER BY s.name = structure DESC LIMIT 1;
	-- another table can have the recorded name by now
	IF smartwf.attached_relation(known.name) <> relation THEN
		RAISE EXCEPTION 'structure "%" is attached already: table "%", which carries its triggers', known.name,
			smartwf.attached_relation(known.name)
			USING ERRCODE = 'duplicate_object', HINT = 'Call smartwf.detach() first, or choose another structure.';
	END IF;
	IF (known.name, known.relation_schema, known.relation_name, known.workflow, known.docid_prefix)
			<> (structure, c.nspname, c.relname, workflow, docid_prefix) THEN
		RAISE EXCEPTION 'structure "%" is attached already: table "%.%", workflow "%", docid_prefix "%"',
			known.name, known.relation_schema, known.relation_name, known.workflow, known.docid_prefix
			USING ERRCODE = 'duplicate_object', HINT = 'Call smartwf.detach() first, or choose another structure.';
	END IF;
	PERFORM smartwf.refuse(format('definition of structure "%s"', structure), ARRAY(
		SELECT fault FROM smartwf.attachment_faults(relation, version_id, attach.state_column, key_column) AS fault
		ORDER BY fault COLLATE "C"));

	INSERT INTO smartwf.structures VALUES (structure, c.nspname, c.relname, workflow,
			attach.state_column, key_column, docid_prefix)
		ON CONFLICT (name) DO UPDATE SET state_column = EXCLUDED.state_column, docid_column = EXCLUDED.docid_column;
	missing := ARRAY(SELECT * FROM smartwf.missing_triggers(relation, structure));
	PERFORM smartwf.make_triggers(relation, structure);
	PERFORM smartwf.reconcile(structure);
	IF known.name IS NOT NULL AND cardinality(missing) > 0 THEN
		RAISE WARNING 'triggers of structure "%" were not as they must be, and are again', structure
			USING DETAIL = array_to_string(missing, E'\n');
		strayed := smartwf.strayed_documents(structure);
		IF strayed > 0 THEN
			RAISE WARNING '% documents of structure "%" are in another state than their history says', strayed,
				structure
				USING HINT = 'They were changed while the triggers were not there.';
		END IF;
	END IF;
	RETURN structure;
END
$$;
COMMENT ON FUNCTION smartwf.attach(regclass, text, name, name, text, text) IS
'Attaches a table to a workflow: each of its rows becomes a document, whose state can only be changed by transitions. '
'relation (regclass): an ordinary or partitioned table; workflow (text): the workflow, whose newest published version '
'new documents follow; state_column (name): the column that contains the state, by default state; docid_column '
'(name): the column that identifies the document, by default the primary key; docid_prefix (text): the prefix of the '
'document ids, by default empty; structure (text): the name of the structure, by default that of the table. Returns '
'the name of the structure (text). If the table is already attached, triggers that are missing or were changed are '
'restored, with a warning. Raises WF001 with one line of DETAIL for each fault, WF400 if no docid_column is given and '
'the primary key is not a single column, 42809 for views and other relations that cannot be attached, 42704 if there '
'is no published version of the workflow, 42710 if the table or structure is attached differently, 23505 if document '
'ids are already in use, and 42501 unless the caller owns the table.';

CREATE FUNCTION smartwf.detach(relation regclass) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM smartwf.structures s WHERE smartwf.attached_relation(s.name) = relation;
	PERFORM smartwf.drop_triggers(relation);
END
$$;
COMMENT ON FUNCTION smartwf.detach(regclass) IS
'Detaches a table (regclass) from its workflow: its triggers are dropped. Documents and history are kept, and a later '
'smartwf.attach() continues them. Does nothing if the table is not attached. Raises 42501 unless the caller owns the '
'table.';
-- Processing of DDL commands.  The event triggers call these functions as the owner of the
-- extension, since a role that alters a table need not have privileges on the tables of
-- smartwf.  Therefore no code of other roles must be evaluated here, not even a cast.
-- After each command, the triggers of all tables that it could concern are checked, and the
-- columns that they need, regardless of the kind of command.

CREATE FUNCTION smartwf.replaced_columns(command pg_ddl_command) RETURNS text[]
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_replaced_columns';
COMMENT ON FUNCTION smartwf.replaced_columns(pg_ddl_command) IS
'Returns the names of the columns (text[]) that an ALTER TABLE command drops, or whose type it changes.';

CREATE FUNCTION smartwf.changes_family(command pg_ddl_command) RETURNS boolean
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_changes_family';
COMMENT ON FUNCTION smartwf.changes_family(pg_ddl_command) IS
'Returns true if a command can add partitions or children to a table, or remove them; false for commands on triggers, '
'constraints and the like, such as those that end a restore.';

CREATE FUNCTION smartwf.touched_relations() RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE object (classid, objid) AS (
		SELECT classid, objid FROM pg_event_trigger_ddl_commands()
		UNION
		-- a type, and the relation to which it belongs
		SELECT d.classid, d.objid FROM object o JOIN pg_depend d ON (d.refclassid, d.refobjid) = (o.classid, o.objid)
		WHERE o.classid = 'pg_type'::regclass AND d.classid IN ('pg_type'::regclass, 'pg_class'::regclass)
	), relation (oid) AS (
		SELECT objid FROM object WHERE classid = 'pg_class'::regclass
		UNION
		-- a trigger, constraint or rule, and its table
		SELECT d.refobjid FROM object o JOIN pg_depend d ON (d.classid, d.objid) = (o.classid, o.objid)
		WHERE o.classid <> 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
		UNION
		-- a composite type, and the tables of that type
		SELECT c.oid FROM object o JOIN pg_class t ON t.oid = o.objid AND t.relkind = 'c'
			JOIN pg_class c ON c.reloftype = t.reltype
		WHERE o.classid = 'pg_class'::regclass
		UNION
		SELECT c.oid FROM object o JOIN pg_class c ON c.relnamespace = o.objid
		WHERE o.classid = 'pg_namespace'::regclass AND c.relhastriggers)
	SELECT c.oid::regclass FROM relation r JOIN pg_class c ON c.oid = r.oid WHERE c.relkind IN ('r', 'p', 'f')
$$;
COMMENT ON FUNCTION smartwf.touched_relations() IS
'Returns the tables (setof regclass) that the current DDL command concerns, directly or by a trigger, constraint, '
'type or schema. Can only be called by smartwf.follow_ddl(). Raises 39P03 outside of an event trigger.';

CREATE FUNCTION smartwf.structures_of(relations regclass[]) RETURNS SETOF smartwf.structures
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT s.* FROM smartwf.structures s WHERE s.name IN (
		SELECT t.structure FROM unnest(relations) r, smartwf.family(r) f, smartwf.triggers_of(f) t
		UNION
		SELECT t.structure FROM unnest(relations) r, smartwf.ancestors(r) a, smartwf.triggers_of(a) t)
	ORDER BY s.name
$$;
COMMENT ON FUNCTION smartwf.structures_of(regclass[]) IS
'Returns the structures (rows of smartwf.structures) whose triggers are on one of the tables (regclass[]), their '
'ancestors or descendants.';

CREATE FUNCTION smartwf.follow_name(s smartwf.structures, relation regclass) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.structures x SET relation_schema = n.nspname, relation_name = c.relname
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.oid = relation AND x.name = s.name AND (x.relation_schema, x.relation_name) <> (n.nspname, c.relname)
$$;
COMMENT ON FUNCTION smartwf.follow_name(smartwf.structures, regclass) IS
'Records the present schema and name of the table (regclass) of a structure (a row of smartwf.structures).';

-- Not supported, not even for administrators.
CREATE FUNCTION smartwf.impossible_members(s smartwf.structures, relation regclass) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: a foreign table passes no trigger here', f)
	FROM smartwf.family(relation) f JOIN pg_class c ON c.oid = f WHERE c.relkind = 'f'
	UNION ALL
	SELECT format('table %s: the documents of a temporary table would outlive it', f)
	FROM smartwf.family(relation) f JOIN pg_class c ON c.oid = f WHERE c.relpersistence = 't'
	UNION ALL
	SELECT DISTINCT format('table %s: it belongs to structure "%s", too', f, t.structure)
	FROM smartwf.family(relation) f, smartwf.triggers_of(f) t WHERE t.structure <> s.name
	UNION ALL
	SELECT DISTINCT format('table %s: it belongs to structure "%s", too', f, t.structure)
	FROM smartwf.family(relation) f, smartwf.ancestors(f) a, smartwf.triggers_of(a) t WHERE t.structure <> s.name
$$;
COMMENT ON FUNCTION smartwf.impossible_members(smartwf.structures, regclass) IS
'Returns one line (setof text) for each partition or child that the table (regclass) of a structure (a row of '
'smartwf.structures) cannot have: foreign tables, and tables of another structure.';

CREATE FUNCTION smartwf.sources_of_columns(relation regclass) RETURNS SETOF oid
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH member (oid) AS (
		SELECT f::oid FROM smartwf.family(relation) f
		UNION
		SELECT a::oid FROM smartwf.family(relation) f, smartwf.ancestors(f) a)
	SELECT oid FROM member
	UNION
	-- the type of a typed table
	SELECT t.oid FROM member m JOIN pg_class c ON c.oid = m.oid JOIN pg_class t ON t.reltype = c.reloftype
		WHERE c.reloftype <> 0
$$;
COMMENT ON FUNCTION smartwf.sources_of_columns(regclass) IS
'Returns the tables and types (setof oid, as in pg_class) from which a table (regclass), its partitions and children '
'get their columns.';

-- Allowed for administrators only.
CREATE FUNCTION smartwf.column_faults(s smartwf.structures, relation regclass) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: column "%s" is dropped or gets another type', relation, c.name)
	FROM pg_event_trigger_ddl_commands() d, unnest(smartwf.replaced_columns(d.command)) AS c (name)
	WHERE d.classid = 'pg_class'::regclass AND d.objid IN (SELECT smartwf.sources_of_columns(relation))
		AND c.name IN (s.state_column, s.docid_column)
	UNION ALL
	SELECT substr(f.fault, 9) FROM smartwf.workflows w, smartwf.attachment_faults(relation, w.id, s.state_column,
		s.docid_column) AS f (fault)
	WHERE w.name = s.workflow AND w.status = 'published' AND f.fault ~ '^WFL030[123] '
	UNION ALL
	SELECT format('table %s: document "%s" would lose its name', relation, e.docid) FROM (
		SELECT e.docid FROM smartwf.elements e
		JOIN pg_attribute a ON a.attrelid = relation AND a.attname = s.docid_column
		JOIN pg_enum l ON l.enumtypid = smartwf.base_type(a.atttypid)
		WHERE e.structure = s.name AND e.deleted_at IS NULL
		GROUP BY e.docid HAVING NOT bool_or(e.docid = s.docid_prefix || l.enumlabel) ORDER BY e.docid LIMIT 1) e
$$;
COMMENT ON FUNCTION smartwf.column_faults(smartwf.structures, regclass) IS
'Returns one line (setof text) for each change by the current DDL command to the columns of state and document id of '
'the table (regclass) of a structure (a row of smartwf.structures). Can only be called by smartwf.follow_ddl(). '
'Raises 39P03 outside of an event trigger.';

CREATE FUNCTION smartwf.changed_triggers(s smartwf.structures, relation regclass) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: trigger "%s" is not as attach() made it', f, t.name)
	FROM smartwf.family(relation) f, smartwf.triggers_of(f) t WHERE t.structure = s.name AND NOT t.is_sound
	UNION ALL
	-- another trigger has the name of one of smartwf's
	SELECT format('table %s: trigger "%s" is not ours', w.member, t.tgname)
	FROM smartwf.wanted_triggers_of(relation) w JOIN pg_trigger t ON t.tgrelid = w.member AND t.tgname = w.name
	WHERE t.tgfoid <> w.function
$$;
COMMENT ON FUNCTION smartwf.changed_triggers(smartwf.structures, regclass) IS
'Returns one line (setof text) for each trigger of a structure (a row of smartwf.structures) on its table (regclass), '
'the partitions and children that was disabled, renamed or replaced.';

CREATE FUNCTION smartwf.refuse_ddl(s smartwf.structures, faults text[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION 'structure "%" would not be guarded any more', s.name USING ERRCODE = 'insufficient_privilege',
			DETAIL = array_to_string(faults, E'\n'), HINT = 'An administrator can do that, or call smartwf.detach().';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.refuse_ddl(smartwf.structures, text[]) IS
'Raises 42501 for a structure (a row of smartwf.structures) that would no longer be protected, with one line of '
'DETAIL for each element of faults (text[]). Does nothing if there are no faults.';

CREATE FUNCTION smartwf.refuse_members(s smartwf.structures, faults text[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION 'structure "%" cannot have such a partition or child', s.name
			USING ERRCODE = 'wrong_object_type',
			DETAIL = array_to_string(faults, E'\n');
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.refuse_members(smartwf.structures, text[]) IS
'Raises 42809 for a structure (a row of smartwf.structures) that cannot have such a partition or child, with one line '
'of DETAIL for each element of faults (text[]). Does nothing if there are no faults.';

-- New partitions and children get the triggers; those that were detached lose them.
CREATE FUNCTION smartwf.follow_members(s smartwf.structures, relation regclass) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	member regclass;
	changed boolean := false;
BEGIN
	FOR member IN SELECT w.member FROM smartwf.wanted_triggers_of(relation) w
		WHERE w.member <> relation AND NOT EXISTS (SELECT FROM smartwf.triggers_of(w.member) t
			WHERE t.function = w.function AND t.structure = s.name)
		GROUP BY w.member
	LOOP
		PERFORM smartwf.make_triggers_as_owner(member, s.name);
		changed := true;
	END LOOP;
	FOR member IN SELECT r FROM smartwf.touched_relations() r
		WHERE r NOT IN (SELECT smartwf.family(relation)) AND EXISTS (SELECT FROM smartwf.triggers_of(r) t
			WHERE t.structure = s.name)
		UNION
		SELECT r FROM smartwf.left_behind(s.name, relation) r
	LOOP
		PERFORM smartwf.drop_triggers(member);
		changed := true;
	END LOOP;
	IF changed AND NOT smartwf.is_replicated() THEN
		PERFORM smartwf.reconcile_rows(s.name, smartwf.is_administrator());
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.follow_members(smartwf.structures, regclass) IS
'Creates the triggers of a structure (a row of smartwf.structures) on new partitions and children of its table '
'(regclass), drops them on tables that have been detached, and registers or ends the documents concerned. Called by '
'smartwf.follow_ddl(). Raises the errors of smartwf.reconcile(), and WF001 if new rows are not in the initial state, '
'unless the caller is an administrator.';

CREATE FUNCTION smartwf.left_behind(structure text, relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT DISTINCT t.tgrelid::regclass
	FROM smartwf.wanted_triggers() w
	JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = w.function
		AND d.classid = 'pg_trigger'::regclass
	JOIN pg_trigger t ON t.oid = d.objid
	WHERE w.name = '!smartwf_truncate' AND t.tgnargs = 1
		AND smartwf.structure_of_trigger(t.tgargs) = left_behind.structure
		AND t.tgrelid NOT IN (SELECT smartwf.family(relation))
$$;
COMMENT ON FUNCTION smartwf.left_behind(text, regclass) IS
'Returns the tables (setof regclass) that have triggers of a structure (text), but no longer belong to its table '
'(regclass) as partitions or children.';

-- The trigger functions can only be used by the triggers that attach() creates.
CREATE FUNCTION smartwf.require_own_triggers() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
	attached regclass;
BEGIN
	FOR made IN SELECT t.tgname, t.tgrelid::regclass AS relation, t.tgnargs, f.structure, f.is_sound
		FROM pg_event_trigger_ddl_commands() d JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass
			AND t.oid = d.objid
		JOIN smartwf.wanted_triggers() w ON w.function = t.tgfoid
		LEFT JOIN smartwf.triggers_of(t.tgrelid) f ON f.name = t.tgname
		WHERE d.command_tag = 'CREATE TRIGGER'
	LOOP
		-- a restore can create them before it loads smartwf.structures
		attached := smartwf.attached_relation(made.structure);
		IF made.is_sound IS NOT TRUE OR (attached IS NOT NULL
			AND made.relation NOT IN (SELECT smartwf.family(attached))) THEN
			RAISE EXCEPTION 'trigger "%" on table "%" cannot call a function of smartwf', made.tgname, made.relation
				USING ERRCODE = 'insufficient_privilege', HINT = 'smartwf.attach() makes the triggers.';
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.require_own_triggers() IS
'Checks the triggers that the current DDL command has created. Called by smartwf.follow_ddl(). Raises 42501 for a '
'trigger that calls a trigger function of smartwf, but is not as smartwf.attach() creates it, or is not on the table '
'of the structure.';

-- The tables are written as the owner of the extension, so no code of other roles must be attached to them.
CREATE FUNCTION smartwf.protect_own_tables() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found record;
BEGIN
	FOR found IN
		SELECT t.tgrelid::regclass AS relation
		FROM pg_event_trigger_ddl_commands() d JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass
			AND t.oid = d.objid
		JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'smartwf'::regnamespace
		UNION ALL
		SELECT k.confrelid::regclass
		FROM smartwf.touched_relations() r JOIN pg_constraint k ON k.conrelid = r AND k.contype = 'f'
		JOIN pg_class c ON c.oid = k.confrelid JOIN pg_class o ON o.oid = r
		WHERE c.relnamespace = 'smartwf'::regnamespace AND o.relnamespace <> 'smartwf'::regnamespace
	LOOP
		IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = smartwf.acting_role()) THEN
			RAISE EXCEPTION 'only a superuser may let a trigger or a foreign key watch table "%"', found.relation
				USING ERRCODE = 'insufficient_privilege',
					DETAIL = 'What it calls would run with the rights of the owner of smartwf.';
		END IF;
	END LOOP;
	-- ENABLE TRIGGER ALL, as after loading data without triggers, resets ENABLE ALWAYS
	FOR found IN SELECT t.tgname, r AS relation
		FROM smartwf.touched_relations() r JOIN pg_class c ON c.oid = r JOIN pg_trigger t ON t.tgrelid = r
		WHERE c.relnamespace = 'smartwf'::regnamespace AND t.tgname = 'signal' AND t.tgenabled = 'O'
			AND t.tgfoid IN ('smartwf.signal_definition'::regproc, 'smartwf.forget_binding'::regproc)
			AND NOT EXISTS (SELECT FROM pg_event_trigger_ddl_commands() d WHERE d.in_extension)
	LOOP
		EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', found.relation, found.tgname);
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.protect_own_tables() IS
'Protects the tables of smartwf against the current DDL command, and sets their signal triggers to ENABLE ALWAYS '
'again. Called by smartwf.follow_ddl(). Raises 42501 for a trigger on a table of smartwf or a foreign key that '
'references one, unless the caller is a superuser.';

CREATE FUNCTION smartwf.follow_ddl() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	touched regclass[] := ARRAY(SELECT smartwf.touched_relations());
	s smartwf.structures;
	relation regclass;
BEGIN
	IF cardinality(touched) = 0 THEN
		RETURN;
	END IF;
	PERFORM smartwf.require_own_triggers();
	PERFORM smartwf.protect_own_tables();
	FOR s IN SELECT * FROM smartwf.structures_of(touched) LOOP
		relation := smartwf.attached_relation(s.name);
		CONTINUE WHEN relation IS NULL;
		PERFORM smartwf.follow_name(s, relation);
		PERFORM smartwf.refuse_members(s, ARRAY(SELECT smartwf.impossible_members(s, relation)));
		IF NOT smartwf.is_administrator() THEN
			PERFORM smartwf.refuse_ddl(s, ARRAY(SELECT smartwf.column_faults(s, relation)
				UNION ALL SELECT smartwf.changed_triggers(s, relation)));
		END IF;
		IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() d WHERE smartwf.changes_family(d.command)) THEN
			PERFORM smartwf.follow_members(s, relation);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.follow_ddl() IS
'Processes a DDL command at ddl_command_end: records the new names of attached tables, creates triggers on new '
'partitions and children, and drops them on tables that have been detached. Raises 42501 if the command would leave '
'an attached table without its triggers or columns, unless the caller is an administrator, and 42809 for partitions '
'and children that are not supported.';

CREATE FUNCTION smartwf.end_structure(structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM smartwf.require_read_committed();
	IF NOT smartwf.is_replicated() THEN
		WITH gone AS (
			UPDATE smartwf.elements e SET deleted_at = clock_timestamp()
			WHERE e.structure = end_structure.structure AND e.deleted_at IS NULL RETURNING e.docid, e.workflow_id)
		INSERT INTO smartwf.history (docid, revision, at, actor, from_state, workflow_id)
		SELECT g.docid, h.revision + 1, clock_timestamp(), smartwf.actor(), h.to_state, g.workflow_id
		FROM (SELECT gone.*, smartwf.announce_end(docid) FROM gone) g, LATERAL (SELECT x.revision, x.to_state
			FROM smartwf.history x WHERE x.docid = g.docid ORDER BY x.revision DESC LIMIT 1) h;
	END IF;
	DELETE FROM smartwf.structures x WHERE x.name = structure;
END
$$;
COMMENT ON FUNCTION smartwf.end_structure(text) IS
'Removes a structure (text) whose table has been dropped, and records the deletion of its documents. Raises 25000 '
'unless the transaction is READ COMMITTED.';

CREATE FUNCTION smartwf.follow_drop(structures text[], relations oid[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	relation regclass;
	is_gone boolean;
	faults text[];
BEGIN
	FOR s IN SELECT * FROM smartwf.structures x WHERE x.name = ANY (structures) ORDER BY x.name LOOP
		relation := smartwf.attached_relation(s.name);
		-- either the table was dropped, or only its triggers
		is_gone := EXISTS (SELECT FROM unnest(structures, relations) AS d (structure, relid)
			WHERE d.structure = s.name AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.relid));
		IF relation IS NULL AND is_gone THEN
			PERFORM smartwf.end_structure(s.name);
		ELSIF NOT smartwf.is_administrator() THEN
			faults := ARRAY(SELECT format('table %s: a trigger is dropped', d.relid::regclass)
				FROM unnest(structures, relations) AS d (structure, relid)
				WHERE d.structure = s.name AND (relation IS NULL OR d.relid IN (SELECT smartwf.family(relation)))
					AND EXISTS (SELECT FROM pg_class c WHERE c.oid = d.relid));
			PERFORM smartwf.refuse_ddl(s, faults);
		END IF;
		-- a partition or child was dropped with its rows
		IF relation IS NOT NULL AND is_gone AND NOT smartwf.is_replicated() THEN
			PERFORM smartwf.end_without_rows(s.name);
		END IF;
	END LOOP;
	FOR s IN SELECT x.* FROM smartwf.structures x
		JOIN pg_event_trigger_dropped_objects() o ON o.object_type = 'table column'
		AND o.address_names[3] IN (x.state_column, x.docid_column)
		AND EXISTS (SELECT FROM smartwf.triggers_of(o.objid) t WHERE t.structure = x.name)
	LOOP
		IF NOT smartwf.is_administrator() THEN
			PERFORM smartwf.refuse_ddl(s, ARRAY['a column that it needs is dropped']);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.follow_drop(text[], oid[]) IS
'Processes a DROP command at sql_drop: detaches a table that has been dropped, and records the deletion of its '
'documents. structures (text[]), relations (oid[]): the structures and tables of the triggers of smartwf that have '
'been dropped. Raises 42501 if only the triggers, or the columns of state or document id, are dropped, unless the '
'caller is an administrator.';

CREATE FUNCTION smartwf.follow() RETURNS event_trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_follow';
COMMENT ON FUNCTION smartwf.follow() IS
'Event trigger function: calls smartwf.follow_ddl() or smartwf.follow_drop() with the privileges of the owner of the '
'extension. Raises the errors of these functions.';

CREATE EVENT TRIGGER smartwf_watch ON ddl_command_start
	EXECUTE FUNCTION smartwf.follow();
CREATE EVENT TRIGGER smartwf_follow_ddl ON ddl_command_end
	EXECUTE FUNCTION smartwf.follow();
CREATE EVENT TRIGGER smartwf_follow_drop ON sql_drop
	EXECUTE FUNCTION smartwf.follow();
COMMENT ON EVENT TRIGGER smartwf_watch IS
'Loads the library of smartwf before a DDL command is executed, so that dropped triggers are noticed.';
COMMENT ON EVENT TRIGGER smartwf_follow_ddl IS
'Keeps the triggers of attached tables in place after each DDL command.';
COMMENT ON EVENT TRIGGER smartwf_follow_drop IS
'Detaches tables that are dropped, and prevents that only the triggers of an attached table are dropped.';
-- Reading and storing workflow definitions.

CREATE FUNCTION smartwf.newest_version(workflow text) RETURNS int
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT max(version) FROM smartwf.workflows WHERE name = workflow
$$;
COMMENT ON FUNCTION smartwf.newest_version(text) IS
'Returns the newest version number (int) of a workflow (text), including drafts, or null if there is no such '
'workflow.';

CREATE FUNCTION smartwf.translations_of(workflow_id int, of_kind text, of_locale text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(json_object_agg(name, label ORDER BY name), '{}')
	FROM smartwf.translations t
	WHERE t.workflow_id = translations_of.workflow_id AND kind = of_kind AND locale = of_locale
$$;
COMMENT ON FUNCTION smartwf.translations_of(int, text, text) IS
'Returns a JSON object (json) with the labels of one kind (text) in one locale (text) of a workflow version (int, its '
'id).';

CREATE FUNCTION smartwf.with_members(object json, members json) RETURNS json
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN NOT EXISTS (SELECT FROM json_each(members) m WHERE json_typeof(m.value) <> 'null') THEN object
		ELSE (SELECT json_object_agg(m.key, m.value ORDER BY m.number)
			FROM (SELECT e.key, e.value, row_number() OVER () AS number FROM json_each(object) e
				UNION ALL
				SELECT e.key, e.value, 1000 + row_number() OVER () FROM json_each(members) e
					WHERE json_typeof(e.value) <> 'null') m) END
$$;
COMMENT ON FUNCTION smartwf.with_members(json, json) IS
'Returns object (json) with those members (json) appended that are not null.';

CREATE FUNCTION smartwf.timers_of(workflow_id int) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_agg(json_build_object('name', t.name, 'label', t.label, 'column', t.reference_column, 'delta', t.delta,
		'tasks', (SELECT coalesce(json_agg(json_build_object('delta', k.delta, 'kind', k.kind, 'settings', k.settings)
			ORDER BY k.position), '[]')
			FROM smartwf.timer_tasks k WHERE k.workflow_id = t.workflow_id AND k.timer = t.name))
				ORDER BY t.position, t.name)
	FROM smartwf.workflow_timers t WHERE t.workflow_id = timers_of.workflow_id
$$;
COMMENT ON FUNCTION smartwf.timers_of(int) IS
'Returns the timers of a workflow version (int, its id) in JSON form (json), or null if it has none.';

CREATE FUNCTION smartwf.workflow_definition(name text, version int DEFAULT NULL) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.with_members(json_build_object(
		'name', w.name, 'label', w.label, 'description', w.description, 'locale', w.locale,
		-- keys about flows and timers are only shown if they are used
		'states', (SELECT coalesce(json_agg(smartwf.with_members(json_build_object('name', s.name, 'label', s.label,
				'activity', s.activity, 'color', s.color, 'initial', s.is_initial),
				json_build_object('flow', s.flow, 'flowQueued', CASE WHEN s.flow IS NOT NULL THEN s.flow_queued END,
					'timer', s.timer))
				ORDER BY s.position, s.name), '[]')
			FROM smartwf.states s WHERE s.workflow_id = w.id),
		'transitions', (SELECT coalesce(json_agg(smartwf.with_members(json_build_object('name', t.name, 'label',
			t.label,
				'askComment', t.ask_comment,
				'arcs', (SELECT coalesce(json_agg(json_build_object('from', a.from_state, 'to', a.to_state)
						ORDER BY a.position, a.from_state), '[]')
					FROM smartwf.arcs a WHERE a.workflow_id = w.id AND a.transition = t.name),
				'guard', t.guard, 'guardMessage', t.guard_message,
				'm0', t.m0, 'm1', t.m1, 'm2', t.m2, 'm3', t.m3,
				'parameters', (SELECT coalesce(json_agg(json_build_object('name', p.name, 'label', p.label,
						'type', p.type, 'needed', p.needed, 'multiple', p.multiple,
						'visibility', p.visibility, 'options', p.options) ORDER BY p.position, p.name), '[]')
					FROM smartwf.transition_parameters p WHERE p.workflow_id = w.id AND p.transition = t.name),
				'grants', (SELECT coalesce(json_agg(json_build_object(g.kind, g.grantee)
						ORDER BY g.position, g.grantee), '[]')
					FROM smartwf.transition_grants g WHERE g.workflow_id = w.id AND g.transition = t.name)),
				json_build_object('flow', t.flow, 'flowQueued', CASE WHEN t.flow IS NOT NULL THEN t.flow_queued END,
					'timers', (SELECT json_agg(json_build_object('timer', x.timer, 'action', x.action)
						ORDER BY x.position, x.timer)
						FROM smartwf.transition_timers x WHERE x.workflow_id = w.id AND x.transition = t.name)))
				ORDER BY t.position, t.name), '[]')
			FROM smartwf.transitions t WHERE t.workflow_id = w.id),
		'translations', (SELECT coalesce(json_object_agg(l.locale, json_build_object(
				'states', smartwf.translations_of(w.id, 'state', l.locale),
				'activities', smartwf.translations_of(w.id, 'activity', l.locale),
				'transitions', smartwf.translations_of(w.id, 'transition', l.locale),
				'parameters', smartwf.translations_of(w.id, 'parameter', l.locale)) ORDER BY l.locale), '{}')
			FROM (SELECT DISTINCT locale FROM smartwf.translations WHERE workflow_id = w.id) l),
		'unsupported', w.unsupported),
		json_build_object('timers', smartwf.timers_of(w.id)))
	FROM smartwf.workflows w
	WHERE w.name = workflow_definition.name
		AND w.version = coalesce(workflow_definition.version, smartwf.newest_version(w.name))
$$;
COMMENT ON FUNCTION smartwf.workflow_definition(text, int) IS
'Returns the definition of a workflow. name (text): the workflow; version (int): the version, by default the newest, '
'including drafts. The result (json) has the form that smartwf.define_workflow() accepts, with defaults filled in. '
'Returns null if there is no such workflow or version.';

-- The JSON form of a given definition with all defaults filled in, which are those of the
-- columns.
CREATE FUNCTION smartwf.complete_optional_keys(item jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT item - 'flow' - 'flowQueued' - 'timer' - 'timers'
		|| CASE WHEN item ->> 'flow' IS NULL THEN '{}'
			ELSE jsonb_build_object('flow', item -> 'flow', 'flowQueued', coalesce((item ->> 'flowQueued')::boolean,
				false)) END
		|| CASE WHEN item ->> 'timer' IS NULL THEN '{}' ELSE jsonb_build_object('timer', item -> 'timer') END
		|| CASE WHEN coalesce(item -> 'timers', '[]') IN ('[]', 'null') THEN '{}'
			ELSE jsonb_build_object('timers', item -> 'timers') END
$$;
COMMENT ON FUNCTION smartwf.complete_optional_keys(jsonb) IS
'Returns a state or transition in JSON form (jsonb) with its keys about flows and timers filled in, or removed if '
'they are not used.';

CREATE FUNCTION smartwf.complete_timers(definition jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_build_object('timers', jsonb_agg('{"label": "", "column": null, "delta": "0"}'
		|| jsonb_strip_nulls(item - 'tasks')
			|| jsonb_build_object('tasks', (SELECT coalesce(jsonb_agg('{"delta": "0"}'
				|| jsonb_strip_nulls(k.item - 'settings')
					|| jsonb_build_object('settings', coalesce(nullif(k.item -> 'settings', 'null'), '{}'))
						ORDER BY k.number), '[]')
				FROM smartwf.items(item, 'tasks') k)) ORDER BY number)), '{}')
	FROM smartwf.items(definition, 'timers') HAVING count(*) > 0
$$;
COMMENT ON FUNCTION smartwf.complete_timers(jsonb) IS
'Returns a JSON object (jsonb) with the key timers of the JSON form of a workflow (jsonb), with all defaults filled '
'in, or null if it has no timers.';

CREATE FUNCTION smartwf.complete_definition(definition jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT '{"label": "", "description": "", "locale": "", "transitions": [], "unsupported": []}'
		|| jsonb_strip_nulls(definition - 'unsupported' - 'timers') || coalesce(smartwf.complete_timers(definition),
			'{}') || jsonb_build_object(
		'unsupported', CASE jsonb_typeof(definition -> 'unsupported') WHEN 'array' THEN definition -> 'unsupported'
			ELSE '[]' END,
		'states', (SELECT coalesce(jsonb_agg('{"label": "", "activity": "", "color": "", "initial": false}'
				|| smartwf.complete_optional_keys(jsonb_strip_nulls(item)) ORDER BY number), '[]')
			FROM smartwf.items(definition, 'states')),
		'transitions', (SELECT coalesce(jsonb_agg(
				'{"label": "", "askComment": null, "guard": null, "guardMessage": null, '
				'"m0": null, "m1": null, "m2": null, "m3": null}'
				|| smartwf.complete_optional_keys(item) || jsonb_build_object(
					'label', coalesce(item ->> 'label', ''),
					'parameters', (SELECT coalesce(jsonb_agg(
							'{"label": "", "type": "text", "needed": false, "multiple": false, "visibility": "write"}'
							|| jsonb_strip_nulls(p.item - 'options')
							|| jsonb_build_object('options', CASE jsonb_typeof(p.item -> 'options') WHEN 'object'
								THEN p.item -> 'options' ELSE '{}' END)
							ORDER BY p.number), '[]')
						FROM smartwf.items(item, 'parameters') p),
					'grants', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(g.item) ORDER BY g.number), '[]')
						FROM smartwf.items(item, 'grants') g))
				ORDER BY number), '[]')
			FROM smartwf.items(definition, 'transitions')),
		'translations', (SELECT coalesce(jsonb_object_agg(key,
				'{"states": {}, "activities": {}, "transitions": {}, "parameters": {}}' || jsonb_strip_nulls(value)),
					'{}')
			FROM smartwf.members(definition -> 'translations')
			-- a locale without labels is not stored
			WHERE EXISTS (SELECT FROM smartwf.members(value) part, smartwf.members(part.value))))
$$;
COMMENT ON FUNCTION smartwf.complete_definition(jsonb) IS
'Returns the JSON form of a valid workflow (jsonb) with all defaults filled in, as smartwf.workflow_definition() '
'returns it.';

CREATE FUNCTION smartwf.store_definition(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	new smartwf.workflows;
BEGIN
	INSERT INTO smartwf.workflows (name, version, label, description, locale, unsupported)
		VALUES (definition ->> 'name', coalesce(smartwf.newest_version(definition ->> 'name'), 0) + 1,
			definition ->> 'label', definition ->> 'description', definition ->> 'locale',
			definition -> 'unsupported')
		RETURNING * INTO new;
	INSERT INTO smartwf.workflow_timers (workflow_id, name, label, reference_column, delta, position)
		SELECT new.id, item ->> 'name', item ->> 'label', item ->> 'column', item ->> 'delta', number
		FROM smartwf.items(definition, 'timers');
	INSERT INTO smartwf.timer_tasks (workflow_id, timer, position, delta, kind, settings)
		SELECT new.id, t.item ->> 'name', k.number, k.item ->> 'delta', k.item ->> 'kind', k.item -> 'settings'
		FROM smartwf.items(definition, 'timers') t, smartwf.items(t.item, 'tasks') k;
	INSERT INTO smartwf.states (workflow_id, name, label, activity, color, is_initial, timer, flow, flow_queued,
		position)
		SELECT new.id, item ->> 'name', item ->> 'label', item ->> 'activity', item ->> 'color',
			(item ->> 'initial')::boolean, item ->> 'timer', item ->> 'flow', coalesce((item ->> 'flowQueued')::boolean,
				false), number
		FROM smartwf.items(definition, 'states');
	INSERT INTO smartwf.transitions (workflow_id, name, label, ask_comment, guard, guard_message, m0, m1, m2, m3, flow,
		flow_queued, position)
		SELECT new.id, item ->> 'name', item ->> 'label', (item ->> 'askComment')::boolean, item ->> 'guard',
			item ->> 'guardMessage', item ->> 'm0', item ->> 'm1', item ->> 'm2', item ->> 'm3', item ->> 'flow',
			coalesce((item ->> 'flowQueued')::boolean, false), number
		FROM smartwf.items(definition, 'transitions');
	INSERT INTO smartwf.transition_timers (workflow_id, transition, timer, action, position)
		SELECT new.id, t.item ->> 'name', x.item ->> 'timer', x.item ->> 'action', x.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'timers') x;
	INSERT INTO smartwf.arcs (workflow_id, from_state, to_state, transition, position)
		SELECT new.id, a.item ->> 'from', a.item ->> 'to', t.item ->> 'name', a.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'arcs') a;
	INSERT INTO smartwf.transition_parameters (workflow_id, transition, name, label, type, needed, multiple, visibility,
		options, position)
		SELECT new.id, t.item ->> 'name', p.item ->> 'name', p.item ->> 'label', p.item ->> 'type',
			(p.item ->> 'needed')::boolean, (p.item ->> 'multiple')::boolean, p.item ->> 'visibility',
				p.item -> 'options', p.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'parameters') p;
	INSERT INTO smartwf.transition_grants (workflow_id, transition, kind, grantee, position)
		SELECT new.id, t.item ->> 'name', m.key, m.value #>> '{}', g.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'grants') g, smartwf.members(g.item) m;
	INSERT INTO smartwf.translations (workflow_id, kind, name, locale, label)
		SELECT new.id, k.kind, m.key, l.key, m.value #>> '{}'
		FROM smartwf.members(definition -> 'translations') l,
			(VALUES ('states', 'state'), ('activities', 'activity'), ('transitions', 'transition'),
				('parameters', 'parameter')) AS k (key, kind),
			smartwf.members(l.value -> k.key) m;
	RETURN new.version;
END
$$;
COMMENT ON FUNCTION smartwf.store_definition(jsonb) IS
'Stores a complete and valid definition (jsonb) as the next version of its workflow. Returns the version number '
'(int). Called by smartwf.define_workflow(), which checks the definition before.';

CREATE FUNCTION smartwf.define_workflow(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	fault record;
	faults text[] := '{}';
	complete jsonb;
	newest int;
BEGIN
	IF definition IS NULL THEN
		RAISE EXCEPTION 'definition must not be null' USING ERRCODE = 'WF400';
	ELSIF jsonb_typeof(definition) <> 'object' THEN
		RAISE EXCEPTION 'definition must be a JSON object, not %', jsonb_typeof(definition) USING ERRCODE = 'WF400';
	END IF;
	FOR fault IN SELECT * FROM smartwf.definition_faults(definition) LOOP
		IF fault.severity = 'error' THEN
			faults := faults || format('%s %s: %s', fault.code, fault.object, fault.message);
		ELSE
			RAISE WARNING '% %: %', fault.code, fault.object, fault.message;
		END IF;
	END LOOP;
	PERFORM smartwf.refuse(format('definition of workflow "%s"', definition ->> 'name'), faults);

	LOCK TABLE smartwf.workflows IN SHARE ROW EXCLUSIVE MODE;
	complete := smartwf.complete_definition(definition);
	newest := smartwf.newest_version(complete ->> 'name');
	IF smartwf.workflow_definition(complete ->> 'name')::jsonb = complete THEN
		RETURN newest;
	END IF;
	RETURN smartwf.store_definition(complete);
END
$$;
COMMENT ON FUNCTION smartwf.define_workflow(jsonb) IS
'Creates a workflow, or its next version, from its JSON form, and publishes it. definition (jsonb): the complete '
'definition. Returns the version number (int). If the definition is the same as that of the newest version, nothing '
'is changed, and that version is returned. Warnings are reported with severity WARNING. Raises WF001 with one line of '
'DETAIL for each fault, and WF400 if definition is not a JSON object.';

CREATE FUNCTION smartwf.check_workflow(name text, version int DEFAULT NULL)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT f.* FROM smartwf.definition_faults(smartwf.workflow_definition(name, version)::jsonb) f
	WHERE smartwf.workflow_definition(name, version) IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0003', format('workflow %s', name), 'it is not defined'
	WHERE smartwf.workflow_definition(name, version) IS NULL
$$;
COMMENT ON FUNCTION smartwf.check_workflow(text, int) IS
'Checks a stored workflow. name (text): the workflow; version (int): the version, by default the newest, including '
'drafts. Returns one row for each fault (severity error) and warning (severity warning): severity, code, object and '
'message (text each).';

-- Faults that a version can get after it was published.
CREATE FUNCTION smartwf.codes_of_surroundings() RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY['WFL0105', 'WFL0106', 'WFL0108', 'WFL0109', 'WFL0110', 'WFL0120', 'WFL0516']
$$;
COMMENT ON FUNCTION smartwf.codes_of_surroundings() IS
'Returns the codes (text[]) of those faults that a published version can get without being changed, for example '
'because a function or column was dropped.';

CREATE FUNCTION smartwf.check_published(workflow_id int) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	w smartwf.workflows;
	current_shape text;
BEGIN
	SELECT * INTO w FROM smartwf.workflows x WHERE x.id = workflow_id;
	current_shape := smartwf.workflow_shape(workflow_id);
	IF w.status IS DISTINCT FROM 'published' OR w.shape <> current_shape THEN
		RETURN;		-- it is a draft, or is being loaded
	END IF;
	PERFORM smartwf.refuse(format('definition of workflow "%s"', w.name), ARRAY(
		SELECT format('%s %s: %s', f.code, f.object, f.message)
		FROM smartwf.check_workflow(w.name, w.version) f
		WHERE f.severity = 'error' AND (w.shape IS NULL OR f.code <> ALL (smartwf.codes_of_surroundings()))));
	IF w.shape IS NULL THEN
		UPDATE smartwf.workflows x SET shape = current_shape WHERE x.id = workflow_id;
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.check_published(int) IS
'Checks a published workflow version (int, its id). If the current transaction has published it, the whole definition '
'is checked, and its shape is set; otherwise only those parts are checked that can be changed after publication. '
'Drafts and versions that are still being loaded are not checked. Raises WF001 with one line of DETAIL for each '
'fault.';
-- Import of the XML form of workflows (graph and configuration).

CREATE FUNCTION smartwf.import_namespaces() RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY[['workflow', 'https://platform.anakeen.com/4/schemas/workflow/1.0']]
$$;
COMMENT ON FUNCTION smartwf.import_namespaces() IS
'Returns the prefixes and XML namespaces (text[][]) of the XML form of a workflow.';

CREATE FUNCTION smartwf.imported_states(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', g.name, 'label', g.label, 'activity',
		g.activity,
		'color', (SELECT c.color
			FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
				'//workflow:config/workflow:steps/workflow:step' PASSING definition
				COLUMNS ref text PATH '@ref', color text PATH 'normalize-space(workflow:color)') c
			WHERE c.ref = g.name LIMIT 1),
		'initial', CASE lower(g.initial) WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0'
			THEN false END))
		ORDER BY g.number), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:graph/workflow:steps/workflow:step' PASSING definition
		COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@state-label',
			activity text PATH '@activity-label', initial text PATH '@initial') g
$$;
COMMENT ON FUNCTION smartwf.imported_states(xml) IS
'Returns the states of a workflow in XML form (xml) in JSON form (jsonb).';

CREATE FUNCTION smartwf.imported_transitions(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(transition ORDER BY number), '[]') FROM (
		SELECT min(number) AS number, jsonb_strip_nulls(jsonb_build_object('name', name,
			'label', (array_agg(label ORDER BY number) FILTER (WHERE label IS NOT NULL))[1],
			'arcs', jsonb_agg(jsonb_build_object('from', "from", 'to', "to") ORDER BY number))) AS transition
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'//workflow:graph/workflow:transitions/workflow:transition' PASSING definition
			COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@label',
				"from" text PATH '@from', "to" text PATH '@to')
		GROUP BY name, CASE WHEN name IS NULL THEN number END) t
$$;
COMMENT ON FUNCTION smartwf.imported_transitions(xml) IS
'Returns the transitions of a workflow in XML form (xml) in JSON form (jsonb). Transitions of the same name become '
'arcs of one transition.';

-- Elements that have no effect in smartwf: mail templates, timers, access references and
-- others.
CREATE FUNCTION smartwf.imported_unsupported(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('object', btrim(concat_ws(' ', kind, ref)), 'element', element, 'xml',
		source::text)
		ORDER BY number), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:graph/*[not(self::workflow:steps or self::workflow:transitions)]
		| //workflow:graph/workflow:steps/*[not(self::workflow:step)]
		| //workflow:graph/workflow:transitions/*[not(self::workflow:transition)]
		| //workflow:graph/*/*[self::workflow:step or self::workflow:transition]/*
		| //workflow:config/*[not(self::workflow:steps or self::workflow:transitions)]
		| //workflow:config/workflow:steps/*[not(self::workflow:step)]
		| //workflow:config/workflow:transitions/*[not(self::workflow:transition)]
		| //workflow:config/*/*[self::workflow:step or self::workflow:transition]/*[not(self::workflow:color)]
		| //workflow:config/workflow:transitions/*/workflow:color
		| /*/*[not(self::workflow:graph or self::workflow:config)]' PASSING definition
		COLUMNS number FOR ORDINALITY, element text PATH 'local-name(.)', kind text PATH 'local-name(..)',
			ref text PATH 'string((../@ref | ../@name)[1])', source xml PATH '.')
$$;
COMMENT ON FUNCTION smartwf.imported_unsupported(xml) IS
'Returns the elements of a workflow in XML form (xml) that have no effect in smartwf, as a JSON array of objects with '
'the keys object, element and xml (jsonb).';

CREATE FUNCTION smartwf.import_workflow(definition xml) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	ns text[] := smartwf.import_namespaces();
	graphs int := cardinality(xpath('//workflow:graph', definition, ns));
	fault text;
	faults text[] := '{}';
	workflow jsonb;
BEGIN
	IF definition IS NULL THEN
		RAISE EXCEPTION 'definition must not be null' USING ERRCODE = 'WF400';
	ELSIF graphs <> 1 THEN
		RAISE EXCEPTION 'document must hold one workflow:graph, not %', graphs USING ERRCODE = 'WF400',
			HINT = format('Elements belong to the namespace %s.', ns[1][2]);
	END IF;
	FOR fault IN
		SELECT format('WFL0201 configuration: %s "%s" is not defined in the graph', c.kind, c.ref)
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'//workflow:config/*/*[self::workflow:step or self::workflow:transition]' PASSING definition
			COLUMNS kind text PATH 'local-name(.)', ref text PATH '@ref') c
		WHERE NOT EXISTS (SELECT FROM smartwf.items(jsonb_build_object('step', smartwf.imported_states(definition),
			'transition', smartwf.imported_transitions(definition)), c.kind) WHERE item ->> 'name' = c.ref)
	LOOP
		faults := faults || fault;
	END LOOP;
	SELECT jsonb_strip_nulls(jsonb_build_object('name', coalesce(nullif(x.config, ''), nullif(x.graph, '')), 'label',
		x.label))
		|| jsonb_build_object('states', smartwf.imported_states(definition),
			'transitions', smartwf.imported_transitions(definition),
			'unsupported', smartwf.imported_unsupported(definition))
		INTO workflow
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'/*' PASSING definition
			COLUMNS config text PATH 'string((//workflow:config/@name)[1])',
				graph text PATH 'string(//workflow:graph/@name)',
				label text PATH 'string(//workflow:graph/@label)') x;
	IF cardinality(faults) > 0 THEN
		PERFORM smartwf.refuse(format('definition of workflow "%s"', workflow ->> 'name'), faults || ARRAY(
			SELECT format('%s %s: %s', code, object, message) FROM smartwf.definition_faults(workflow)
				WHERE severity = 'error'));
	END IF;
	RETURN smartwf.define_workflow(workflow);
END
$$;
COMMENT ON FUNCTION smartwf.import_workflow(xml) IS
'Creates a workflow, or its next version, from its XML form (xml: graph and configuration), and publishes it. The '
'name of the workflow is that of the configuration or, without one, that of the graph. Returns the version number '
'(int). Elements that have no effect, such as mail templates and timers, are kept, and reported as warnings. Raises '
'WF001 with one line of DETAIL for each fault, and WF400 if the document does not contain exactly one graph.';
-- Reasons why a transition cannot be passed; locks on documents.

CREATE FUNCTION smartwf.blockers(docid text, transition text, structure text DEFAULT NULL, OUT code text,
	OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_blockers';
COMMENT ON FUNCTION smartwf.blockers(text, text, text) IS
'Returns every reason why the caller cannot pass a transition at present. docid (text): the document; transition '
'(text): the transition; structure (text): if given, the structure to which the document must belong. Returns one row '
'for each reason, with code and message (text), and no rows if the transition can be passed. Nothing is changed: what '
'guards and hooks do is rolled back. The hook m1 is only called if no parameter is mandatory. Raises WF400 if the '
'call is malformed.';

CREATE FUNCTION smartwf.lock_element(docid text, temporary boolean DEFAULT false) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_lock_element';
COMMENT ON FUNCTION smartwf.lock_element(text, boolean) IS
'Locks a document for the current actor: until it is unlocked, nobody else can pass a transition of it or delete it. '
'docid (text): the document; temporary (boolean): if true, the next transition releases the lock. Raises WF300 if '
'someone else has locked the document, or the caller can neither update its state nor pass one of its transitions; '
'and WF200, WF201, WF219 or WF227 if there is no such document.';

CREATE FUNCTION smartwf.unlock_element(docid text, force boolean DEFAULT false) RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_unlock_element';
COMMENT ON FUNCTION smartwf.unlock_element(text, boolean) IS
'Unlocks a document. docid (text): the document; force (boolean): if true, an administrator can release the lock of '
'someone else. Returns true if the document was locked. Raises WF300 if someone else has locked the document, and the '
'other errors of smartwf.lock_element().';
-- States, transitions and history of documents as JSON.

CREATE FUNCTION smartwf.get_states(docid text, all_states boolean DEFAULT false,
	structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_states';
COMMENT ON FUNCTION smartwf.get_states(text, boolean, text) IS
'Returns the states that a document can reach from its current state (json). docid (text): the document; all_states '
'(boolean): if true, all states of its workflow are returned, as always for administrators; structure (text): if '
'given, the structure to which the document must belong. Each state contains the transition that leads to it, the '
'objection of its guard or hook m0 (error), and whether the caller holds the right to pass it (authorized). Raises '
'WF200, WF201, WF219, WF220 or WF227 if there is no such document, and WF400 if docid is null.';

CREATE FUNCTION smartwf.get_state(docid text, state text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_state';
COMMENT ON FUNCTION smartwf.get_state(text, text, text) IS
'Returns a state of the workflow of a document, and the transition that leads to it from the current state (json). '
'docid (text): the document; state (text): the state; structure (text): if given, the structure to which the document '
'must belong. Raises WF228 if there is no such state, and the errors of get_states().';

CREATE FUNCTION smartwf.get_transitions(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_transitions';
COMMENT ON FUNCTION smartwf.get_transitions(text, text) IS
'Returns all transitions of the workflow of a document (json). docid (text): the document; structure (text): if '
'given, the structure to which the document must belong. Each transition shows whether it leaves the current state '
'(valid); rights are not checked. Raises the errors of get_states().';

CREATE FUNCTION smartwf.get_transition(docid text, transition text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_transition';
COMMENT ON FUNCTION smartwf.get_transition(text, text, text) IS
'Returns a transition of the workflow of a document (json): the state to which it leads from the current state, '
'whether it accepts a comment (askComment), and its parameters. docid (text): the document; transition (text): the '
'transition; structure (text): if given, the structure to which the document must belong. Raises WF229 if there is no '
'such transition, and the errors of get_states().';

CREATE FUNCTION smartwf.get_history(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_history';
COMMENT ON FUNCTION smartwf.get_history(text, text) IS
'Returns the history of a document, the latest change first (json): revision, date (ISO 8601), actor, transition, '
'states, comment, parameters and messages. docid (text): the document; structure (text): if given, the structure to '
'which the document must belong. Raises the errors of get_states().';
-- Passing transitions.

CREATE FUNCTION smartwf.pass_transition(docid text, transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pass_transition';
COMMENT ON FUNCTION smartwf.pass_transition(text, text, text, jsonb, text) IS
'Passes a transition of a document. docid (text): the document; transition (text): a transition that leaves its '
'current state; comment (text): an optional comment, which some transitions do not accept; parameters (jsonb): an '
'object with the values of the transition''s parameters; structure (text): if given, the structure to which the '
'document must belong. The row is updated with the privileges of the caller; a grant on the transition replaces the '
'UPDATE privilege. Returns the URI of the document''s state and the new state (json). Raises WF200, WF201, WF219, '
'WF220 or WF227 if there is no such document, WF229 if there is no such transition, WF235 if it does not leave the '
'current state, WF300 if it is refused (lock, right, guard, hook, comment or parameters), and WF400 if the call is '
'malformed.';

CREATE FUNCTION smartwf.set_state(docid text, state text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_set_state';
COMMENT ON FUNCTION smartwf.set_state(text, text, text, jsonb, text) IS
'Brings a document into a state by the transition that leads there from its current state; administrators can also go '
'to states to which no transition leads. docid (text): the document; state (text): the new state; comment, '
'parameters, structure: as for pass_transition(). Returns the URI of the document''s state and the new state (json). '
'Raises WF228 if there is no such state, and the errors of pass_transition().';

CREATE FUNCTION smartwf.pass_transitions(docids text[], transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, OUT docid text, OUT ok boolean, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pass_transitions';
COMMENT ON FUNCTION smartwf.pass_transitions(text[], text, text, jsonb) IS
'Passes a transition of several documents. docids (text[]): the documents; transition, comment, parameters: as for '
'pass_transition(). Each document is processed in a subtransaction of its own. Returns one row for each document: '
'docid (text); ok (boolean), whether the transition was passed; otherwise code (text), the code or SQLSTATE of the '
'error, and message (text). Raises WF400 if the call is malformed.';
-- Moving documents to another version of their workflow.

CREATE FUNCTION smartwf.migrate(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}',
	docid text DEFAULT NULL)
	RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	target smartwf.workflows;
	faults text[];
	moved bigint;
	element record;
BEGIN
	IF NOT smartwf.is_administrator() THEN
		RAISE EXCEPTION 'only an administrator may migrate elements' USING ERRCODE = 'insufficient_privilege';
	END IF;
	SELECT * INTO s FROM smartwf.structures x WHERE x.name = structure;
	IF s.name IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	SELECT * INTO target FROM smartwf.workflows w WHERE w.name = s.workflow AND w.status = 'published'
		AND (w.version = migrate.version OR migrate.version IS NULL) ORDER BY w.version DESC LIMIT 1;
	IF target.id IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no published version %', s.workflow, coalesce(version::text, '')
			USING ERRCODE = 'undefined_object';
	END IF;
	EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', smartwf.attached_relation(structure));
	EXECUTE format('CREATE TEMPORARY TABLE smartwf_moving ON COMMIT DROP AS
		SELECT e.docid, smartwf.docid('''', t.%I) AS state, $2 ->> smartwf.docid('''', t.%I) AS new_state
		FROM %s t JOIN smartwf.elements e ON e.docid = smartwf.docid(%L, t.%I)
		WHERE e.structure = $1 AND e.deleted_at IS NULL AND e.workflow_id <> $3 AND ($4 IS NULL OR e.docid = $4)',
		s.state_column, s.state_column, smartwf.attached_relation(structure), s.docid_prefix, s.docid_column)
		USING structure, states, target.id, docid;
	SELECT array_agg(fault) INTO faults FROM (
		SELECT format('CRUD0228 %s: state "%s" is not available for workflow "%s" version %s',
			m.docid, coalesce(m.new_state, m.state), target.name, target.version) AS fault
		FROM pg_temp.smartwf_moving m
		WHERE NOT EXISTS (SELECT FROM smartwf.states x WHERE x.workflow_id = target.id
			AND x.name = coalesce(m.new_state, m.state))
		ORDER BY m.docid LIMIT 100) f;
	PERFORM smartwf.refuse(format('migration of structure "%s"', structure), faults);
	UPDATE smartwf.elements e SET workflow_id = target.id FROM pg_temp.smartwf_moving m WHERE e.docid = m.docid;
	GET DIAGNOSTICS moved = ROW_COUNT;
	INSERT INTO smartwf.history (docid, revision, at, actor, from_state, to_state, comment, workflow_id)
		SELECT m.docid, (SELECT coalesce(max(h.revision), -1) + 1 FROM smartwf.history h WHERE h.docid = m.docid),
			clock_timestamp(), smartwf.actor(), m.state, m.state, format('version %s', target.version), target.id
		FROM pg_temp.smartwf_moving m;
	FOR element IN SELECT * FROM pg_temp.smartwf_moving m WHERE m.new_state <> m.state LOOP
		PERFORM smartwf.set_state(element.docid, element.new_state,
			format('version %s', target.version));
	END LOOP;
	DROP TABLE pg_temp.smartwf_moving;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION smartwf.migrate(text, int, jsonb, text) IS
'Moves documents of a structure to another version of its workflow. structure (text): the structure; version (int): a '
'published version, by default the newest; states (jsonb): an object that maps states which the version does not have '
'to states which it has; docid (text): if given, only this document is moved. Documents that follow the version '
'already are not changed. Returns the number of documents that were moved (bigint). Raises 42501 unless the caller is '
'an administrator, WF001 with one line of DETAIL for each document whose state the version does not have, and 42704 '
'if there is no such structure or published version.';
-- Diagrams of workflows; flows use the same formats.

-- The templates of each format, for format().
CREATE FUNCTION smartwf.diagram_forms()
	RETURNS TABLE (format text, head text, stage text, node text, marked text, stage_end text, edge text,
		marked_edge text, foot text, stop text)
	LANGUAGE sql IMMUTABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		('mermaid',
			E'flowchart TD\n  classDef done fill:#dfd\n  classDef waiting fill:#ffd\n  classDef failed fill:#fdd\n',
			E'  subgraph s%1$s ["%2$s"]\n', E'    n%1$s["%2$s"]\n', E'    n%1$s["%2$s"]:::%3$s\n', E'  end\n',
			E'  %1$s -->|"%3$s"| %2$s\n', E'  %1$s ==>|"%3$s"| %2$s\n', '', E'  stop(("end"))\n'),
		('dot', E'digraph {\n  node [shape=box, style=filled, fillcolor=white];\n',
			E'  subgraph cluster_%1$s {\n    label="%2$s";\n', E'    n%1$s [label="%2$s"];\n',
			E'    n%1$s [label="%2$s", fillcolor=%3$s];\n', E'  }\n',
			E'  %1$s -> %2$s [label="%3$s"];\n', E'  %1$s -> %2$s [label="%3$s", penwidth=3];\n', E'}\n',
				E'  stop [shape=circle, label="end"];\n'),
		('plantuml', E'@startuml\n', E'package "%2$s" {\n', E'  rectangle "%2$s" as n%1$s\n',
			E'  rectangle "%2$s" as n%1$s %3$s\n', E'}\n',
			E'%1$s --> %2$s : %3$s\n', E'%1$s -[bold]-> %2$s : %3$s\n', E'@enduml\n', E'circle "end" as stop\n')
$$;
COMMENT ON FUNCTION smartwf.diagram_forms() IS
'Returns one row for each format of diagrams: the templates for its head, groups, nodes, marked nodes, edges, marked '
'edges, foot, and the end of a flow (text each).';

CREATE FUNCTION smartwf.diagram_text(name text, format text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE format WHEN 'dot' THEN replace(replace(name, '\', '\\'), '"', '\"')
		WHEN 'mermaid' THEN replace(replace(name, '#', '#35;'), '"', '#quot;')
		ELSE replace(name, '"', '''''') END
$$;
COMMENT ON FUNCTION smartwf.diagram_text(text, text) IS
'Returns name (text) quoted for use in a label of a diagram of the given format (text).';

CREATE FUNCTION smartwf.diagram_mark(format text, status text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE format WHEN 'mermaid' THEN status ELSE m.color END
	FROM (VALUES ('dot', 'done', 'palegreen'), ('dot', 'waiting', 'khaki'), ('dot', 'failed', 'salmon'),
		('plantuml', 'done', '#PaleGreen'),
		('plantuml', 'waiting', '#Khaki'), ('plantuml', 'failed', '#Salmon'), ('mermaid', status, '')) AS m (of_format,
			of_status, color)
	WHERE (m.of_format, m.of_status) = (format, status)
$$;
COMMENT ON FUNCTION smartwf.diagram_mark(text, text) IS
'Returns the color or class (text) by which a diagram of the given format (text) marks a node of the given status '
'(text: done, waiting or failed).';

CREATE FUNCTION smartwf.diagram_form(format text) RETURNS record
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record;
BEGIN
	SELECT * INTO form FROM smartwf.diagram_forms() f WHERE f.format = diagram_form.format;
	IF form.format IS NULL THEN
		RAISE EXCEPTION 'format must be mermaid, dot or plantuml, not "%"', format USING ERRCODE = 'WF400';
	END IF;
	RETURN form;
END
$$;
COMMENT ON FUNCTION smartwf.diagram_form(text) IS
'Returns the row of smartwf.diagram_forms() for a format (text). Raises WF400 if the format is unknown.';

CREATE FUNCTION smartwf.diagram(name text, format text DEFAULT 'mermaid', docid text DEFAULT NULL,
	version int DEFAULT NULL) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	workflow int;
	nodes text;
	edges text;
BEGIN
	SELECT w.id INTO workflow FROM smartwf.workflows w
		WHERE w.name = diagram.name AND (diagram.version IS NULL OR w.version = diagram.version)
			AND (diagram.docid IS NULL OR w.id = (SELECT e.workflow_id FROM smartwf.elements e
				WHERE e.docid = diagram.docid))
		ORDER BY w.version DESC LIMIT 1;
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no such version, or that is no document of it', name
			USING ERRCODE = 'undefined_object';
	END IF;
	WITH state AS (
		SELECT s.*, row_number() OVER (ORDER BY s.position, s.name) AS n FROM smartwf.states s
			WHERE s.workflow_id = workflow
	), line AS (
		SELECT h.*, row_number() OVER (ORDER BY h.revision DESC) AS age FROM smartwf.history h
			WHERE h.docid = diagram.docid
	), shown AS (
		SELECT s.n, s.name, smartwf.diagram_text(coalesce(nullif(s.label, ''), s.name), format) AS label,
			CASE WHEN EXISTS (SELECT FROM line l WHERE l.age = 1 AND l.to_state = s.name) THEN 'waiting'
				WHEN EXISTS (SELECT FROM line l WHERE l.to_state = s.name) THEN 'done' END AS status
		FROM state s)
	SELECT (SELECT string_agg(format(CASE WHEN s.status IS NULL THEN form.node ELSE form.marked END, s.n, s.label,
		smartwf.diagram_mark(format, s.status)), '' ORDER BY s.n) FROM shown s),
		(SELECT string_agg(format(CASE WHEN EXISTS (SELECT FROM line l
			WHERE (l.from_state, l.to_state, l.transition) = (a.from_state, a.to_state, a.transition))
				THEN form.marked_edge ELSE form.edge END, 'n' || f.n, 'n' || t.n,
					smartwf.diagram_text(coalesce(nullif(tr.label, ''), tr.name), format)),
				'' ORDER BY tr.position, tr.name, a.position, a.from_state)
			FROM smartwf.arcs a JOIN shown f ON f.name = a.from_state JOIN shown t ON t.name = a.to_state
			JOIN smartwf.transitions tr ON tr.workflow_id = a.workflow_id AND tr.name = a.transition
				WHERE a.workflow_id = workflow)
		INTO nodes, edges;
	RETURN form.head || coalesce(nodes, '') || coalesce(edges, '') || form.foot;
END
$$;
COMMENT ON FUNCTION smartwf.diagram(text, text, text, int) IS
'Returns a workflow as the source text of a diagram (text). name (text): the workflow; format (text): mermaid (the '
'default), dot or plantuml; docid (text): a document of the workflow, whose current state, past states and '
'transitions are marked in the version that it follows; version (int): the version, by default the newest. Raises '
'WF400 if the format is unknown, and 42704 if there is no such workflow, version, or document of the workflow.';
-- Templates of notifications.

CREATE FUNCTION smartwf.render_template(template text, model jsonb, render_type text DEFAULT 'text',
	partials jsonb DEFAULT NULL)
	RETURNS text
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_render_template';
COMMENT ON FUNCTION smartwf.render_template(text, jsonb, text, jsonb) IS
'Returns a Mustache template filled in with the values of a model (text). template (text): the template; model '
'(jsonb): an object; render_type (text): text (the default), or html, which escapes the values of variables; partials '
'(jsonb): an object with templates that can be used as partials, by name. Fields that the model lacks are empty. '
'Raises WF400 if the template is not valid, with the number of the line, or if the render type is unknown.';

CREATE FUNCTION smartwf.template_fault(template text) RETURNS text
	LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_template_fault';
COMMENT ON FUNCTION smartwf.template_fault(text) IS
'Returns the reason why a text (text) is not a valid Mustache template, with the number of the line (text), or null '
'if it is valid.';

CREATE FUNCTION smartwf.template_fields(template text) RETURNS text[]
	LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_template_fields';
COMMENT ON FUNCTION smartwf.template_fields(text) IS
'Returns the fields of the model that a Mustache template (text) uses outside of sections, and as sections, up to '
'their first dot, in order of appearance (text[]). Raises WF400 if the template is not valid.';

CREATE TABLE smartwf.templates (
	name text COLLATE "C" PRIMARY KEY,
	description text NOT NULL DEFAULT '',
	subject text NOT NULL DEFAULT '',
	text_body text NOT NULL DEFAULT '',
	html_body text NOT NULL DEFAULT '',
	properties jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(properties) = 'array')
);
COMMENT ON TABLE smartwf.templates IS
'Mustache templates for notifications: subject, and one body for each render type (text_body, html_body). A template '
'can use others as partials. properties: the properties that a step has to provide, an array of objects {"name", '
'"label", "needed"}; if empty, the template uses the fields of the model directly.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.templates', '');

CREATE FUNCTION smartwf.check_template() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	faults text[];
BEGIN
	SELECT array_agg(format('WFL0517 template %s: %s: %s', NEW.name, part.name, smartwf.template_fault(part.body))
		ORDER BY part.number)
		INTO faults
		FROM (VALUES (1, 'subject', NEW.subject), (2, 'text_body', NEW.text_body),
			(3, 'html_body', NEW.html_body)) AS part (number, name, body)
		WHERE smartwf.template_fault(part.body) IS NOT NULL;
	SELECT faults
		|| array_agg(format('WFL0504 template %s: property %s must be an object with name (string), '
			'label (string) and needed (boolean)', NEW.name, p.item))
		INTO faults
		FROM smartwf.items(jsonb_build_object('properties', NEW.properties), 'properties') p
		WHERE jsonb_typeof(p.item) <> 'object' OR jsonb_typeof(p.item -> 'name') IS DISTINCT FROM 'string'
			OR EXISTS (SELECT FROM smartwf.members(p.item) m
				WHERE (m.key, jsonb_typeof(m.value)) NOT IN (('name', 'string'), ('label', 'string'),
				('needed', 'boolean')))
		HAVING count(*) > 0 OR faults IS NOT NULL;
	PERFORM smartwf.refuse(format('template "%s"', NEW.name), faults);
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION smartwf.check_template() IS
'Trigger function, BEFORE INSERT OR UPDATE, on smartwf.templates. Raises WF001 with one line of DETAIL for each part '
'that is not a valid template, and for each malformed property.';
CREATE TRIGGER check_template BEFORE INSERT OR UPDATE ON smartwf.templates
	FOR EACH ROW EXECUTE FUNCTION smartwf.check_template();
-- Notifications, inserted in the transaction that sends them, and delivered after its commit.

CREATE TABLE smartwf.contacts (
	name text NOT NULL,
	channel text NOT NULL CHECK (channel IN ('smtp', 'mail', 'signalr')),
	address text NOT NULL,
	PRIMARY KEY (name, channel)
);
COMMENT ON TABLE smartwf.contacts IS
'Addresses of roles and persons, one row for each name and channel. channel: smtp (address is an e-mail address) or '
'signalr (address is the URL to which notifications are pushed). The channel mail, the inbox in the database, needs '
'no address.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.contacts', '');

CREATE TABLE smartwf.notifications (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run bigint,
	step text,
	channel text NOT NULL CHECK (channel IN ('smtp', 'mail', 'signalr')),
	recipient text NOT NULL,
	address text,
	subject text NOT NULL DEFAULT '',
	body text NOT NULL,
	render_type text NOT NULL DEFAULT 'text' CHECK (render_type IN ('text', 'html')),
	status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'delivered', 'failed')),
	key uuid NOT NULL DEFAULT gen_random_uuid(),
	due_at timestamptz,
	attempt int NOT NULL DEFAULT 0,
	error text,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	delivered_at timestamptz,
	recipient_is_person boolean NOT NULL DEFAULT false,
	read_at timestamptz
);
CREATE INDEX notifications_recipient ON smartwf.notifications (recipient, id);
CREATE INDEX notifications_created_at ON smartwf.notifications USING brin (created_at) WITH (pages_per_range = 16);
CREATE INDEX notifications_due ON smartwf.notifications (channel, due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.notifications IS
'Notifications, one row for each recipient. channel: mail (the inbox in the database), smtp or signalr. status: '
'delivered (at once for mail), queued (smtp and signalr, until delivery) or failed. due_at: time of the next attempt; '
'attempt: number of attempts; error: the last error; key: identifies the notification, the same in every attempt. '
'recipient: a role, or a person if recipient_is_person is true; read_at: when the recipient marked it as read. Rows '
'can be read by their recipient and by administrators.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.notifications', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.notifications_id_seq', '');

CREATE FUNCTION smartwf.names_caller(names text[], people text[] DEFAULT '{}') RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_names_caller';
COMMENT ON FUNCTION smartwf.names_caller(text[], text[]) IS
'Returns true if one of the names (text[]) means the caller. A name that is also in people (text[]) is the name of a '
'person, and means the caller if the token of the caller names that person; any other name is the name of a role, and '
'means the caller if they have its privileges. Always returns true for administrators.';

CREATE FUNCTION smartwf.person() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_person';
COMMENT ON FUNCTION smartwf.person() IS
'Returns the name of the person for whom an answer counts (text): the person that the token of the caller names, or '
'otherwise the session user, regardless of SET ROLE; if the session user is a superuser, the current role.';

CREATE FUNCTION smartwf.deliver_again(error_like text DEFAULT '%') RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_deliver_again';
COMMENT ON FUNCTION smartwf.deliver_again(text) IS
'Queues notifications again whose delivery has failed. error_like (text): a pattern, as for LIKE, for the error of '
'the notifications; by default, all failed notifications. Returns the number of notifications that were queued '
'(bigint). Raises 42501 unless the caller is an administrator, and WF400 if the pattern is null.';

ALTER TABLE smartwf.notifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY recipient ON smartwf.notifications FOR SELECT
	USING (smartwf.names_caller(ARRAY[recipient], CASE WHEN recipient_is_person THEN ARRAY[recipient] ELSE '{}' END));
GRANT SELECT ON smartwf.notifications TO PUBLIC;
-- Tables of flow definitions.  They contain names, not OIDs, as those of workflows.

CREATE TABLE smartwf.flows (
	id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	name text COLLATE "C" NOT NULL,
	version int NOT NULL DEFAULT 1 CHECK (version > 0),
	label text NOT NULL DEFAULT '',
	structure text COLLATE "C" NOT NULL DEFAULT '',
	restrict_access boolean NOT NULL DEFAULT true,
	max_runs int CHECK (max_runs >= 0),
	status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published')),
	shape text,
	run_as text NOT NULL DEFAULT 'starter' CHECK (run_as IN ('starter', 'owner')),
	owner text,
	is_paused boolean NOT NULL DEFAULT false,
	model jsonb CHECK (jsonb_typeof(model) = 'object'),
	UNIQUE (name, version)
);
CREATE UNIQUE INDEX flows_one_draft ON smartwf.flows (name) WHERE status = 'draft';
COMMENT ON TABLE smartwf.flows IS
'Flows, one row for each version. status: draft or published; the stages and steps of a published version cannot be '
'changed. structure: the structure on whose documents the flow works; empty for documents of any structure, or free '
'JSON. restrict_access: if true, a run can be seen by its starter, those whom it asks, and the roles in flow_grants '
'with the privilege read or manage. max_runs: the number of runs that workers execute at the same time; null: no '
'limit; 0: none. run_as: whether steps have the rights of the starter of the run, or of owner, the role that '
'published the version. is_paused: set by smartwf.pause_flow(). model: the fields of the free JSON on which the flow '
'works, if declared. shape: checksum of stages and steps, as in smartwf.workflows.';

CREATE TABLE smartwf.flow_grants (
	flow_id int NOT NULL,
	role text COLLATE "C" NOT NULL,
	position int NOT NULL DEFAULT 0,
	privilege text NOT NULL DEFAULT 'read' CHECK (privilege IN ('read', 'start', 'manage')),
	PRIMARY KEY (flow_id, privilege, role)
);
COMMENT ON TABLE smartwf.flow_grants IS
'Privileges on flows. privilege: read allows the members of role to see the runs of a flow with restricted access, '
'start allows them to start the flow, and manage allows them to manage the flow and all of its runs. Privileges can '
'be changed at any time, also those of a published version.';

CREATE TABLE smartwf.stages (
	flow_id int NOT NULL,
	name text NOT NULL,
	position int NOT NULL,
	PRIMARY KEY (flow_id, name),
	UNIQUE (flow_id, position) DEFERRABLE
);
COMMENT ON TABLE smartwf.stages IS
'Stages of flows. position counts from 1 without gaps.';

CREATE TABLE smartwf.steps (
	flow_id int NOT NULL,
	name text NOT NULL,
	stage text NOT NULL,
	parent text,
	branch text CHECK (branch IN ('else', 'case', 'default', 'failure')),
	branch_value text,
	position int NOT NULL,
	kind text NOT NULL,
	settings jsonb NOT NULL DEFAULT '{}',
	cases jsonb CHECK ((kind = 'switch_case') = (cases IS NOT NULL)) CHECK (jsonb_typeof(cases) = 'array'),
	failure jsonb,
	PRIMARY KEY (flow_id, name),
	CHECK ((parent IS NULL) = (branch IS NULL)),
	CHECK ((branch = 'case') = (branch_value IS NOT NULL))
);
CREATE INDEX steps_parent ON smartwf.steps (flow_id, parent);
COMMENT ON TABLE smartwf.steps IS
'Steps of flows. A step belongs to a stage, and can be in a branch of another step (parent): else of an if_condition, '
'case (with branch_value) or default of a switch_case, or failure of any step. position counts from 1 without gaps in '
'each list. cases: the values for which a switch_case has branches, including empty ones. failure: what happens if '
'the step fails (retries, backoff, maximumBackoff, then); if null, the run fails.';

CREATE TABLE smartwf.dataflows (
	name text COLLATE "C" PRIMARY KEY,
	function text NOT NULL,
	description text NOT NULL DEFAULT ''
);
COMMENT ON TABLE smartwf.dataflows IS
'Data flows: functions (model jsonb, run bigint) returns jsonb, as schema.function, that steps of the kind '
'execute_data_flow can call by name. Maintained by smartwf.register_dataflow().';

CREATE INDEX steps_stage ON smartwf.steps (flow_id, stage);
CREATE TRIGGER cascade AFTER DELETE ON smartwf.flows FOR EACH ROW EXECUTE FUNCTION smartwf.cascade_key('flow_id', 'id',
	'{{flow_grants,flow_id},{stages,flow_id},{steps,flow_id}}');
CREATE TRIGGER cascade AFTER UPDATE OF name OR DELETE ON smartwf.stages FOR EACH ROW
	EXECUTE FUNCTION smartwf.cascade_key('flow_id', 'name',
	'{{steps,stage}}');
CREATE TRIGGER cascade AFTER UPDATE OF name OR DELETE ON smartwf.steps FOR EACH ROW
	EXECUTE FUNCTION smartwf.cascade_key('flow_id', 'name',
	'{{steps,parent}}');

CREATE FUNCTION smartwf.flow_shape(flow int) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(
		(SELECT jsonb_agg(jsonb_build_array(name, position) ORDER BY name COLLATE "C") FROM smartwf.stages
			WHERE flow_id = flow),
		(SELECT jsonb_agg(jsonb_build_array(name, stage, parent, branch, branch_value, position, kind, settings, cases,
			failure) ORDER BY name COLLATE "C")
			FROM smartwf.steps WHERE flow_id = flow))::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION smartwf.flow_shape(int) IS
'Returns the checksum (text) of the stages and steps of a flow version (int, its id).';

DO $install$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['flows', 'flow_grants', 'stages', 'steps', 'dataflows'] LOOP
		EXECUTE format('CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.%I
			FOR EACH ROW EXECUTE FUNCTION smartwf.signal_definition()', name);
		EXECUTE format('ALTER TABLE smartwf.%I ENABLE ALWAYS TRIGGER signal', name);
		PERFORM pg_catalog.pg_extension_config_dump(format('smartwf.%I', name)::regclass, '');
	END LOOP;
END
$install$;
SELECT pg_catalog.pg_extension_config_dump('smartwf.flows_id_seq', '');
CREATE TRIGGER bind BEFORE INSERT OR UPDATE ON smartwf.flow_grants
	FOR EACH ROW EXECUTE FUNCTION smartwf.bind_grantee('role');
-- Checks of flow definitions in JSON form, which report all faults at once.

CREATE FUNCTION smartwf.field_options(structure text, field text) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH field AS (
		SELECT a.attrelid, a.attnum, coalesce(nullif(t.typbasetype, 0), t.oid) AS type
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		WHERE a.attrelid = smartwf.attached_relation(structure) AND a.attname = field AND a.attnum > 0
			AND NOT a.attisdropped)
	SELECT coalesce(
		(SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM field f
			JOIN pg_enum e ON e.enumtypid = f.type),
		(SELECT ARRAY['true', 'false'] FROM field f WHERE f.type = 'boolean'::regtype),
		-- CHECK (field IN ('a', 'b')), as pg_get_expr() returns it
		(SELECT (SELECT array_agg(replace(m[1], '''''', '''') ORDER BY n)
				FROM regexp_matches(pg_get_constraintdef(c.oid), '''((?:[^'']|'''')*)''', 'g')
					WITH ORDINALITY AS r (m, n))
			FROM field f JOIN pg_constraint c ON c.conrelid = f.attrelid AND c.contype = 'c'
				AND c.conkey = ARRAY[f.attnum]
			WHERE pg_get_constraintdef(c.oid) ~ ' = ANY \(+ARRAY\[' ORDER BY c.conname LIMIT 1))
$$;
COMMENT ON FUNCTION smartwf.field_options(text, text) IS
'Returns the values (text[]) that a field (text) of a structure (text) can have: the labels of an enum, true and '
'false for a boolean, or the list of a CHECK constraint; null if the values are not restricted in this way.';

-- The settings of each kind of step, and their types.
CREATE FUNCTION smartwf.flow_settings()
	RETURNS TABLE (kind text, setting text, type text, needed boolean)
	LANGUAGE sql IMMUTABLE ROWS 40 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH form (kind, setting, type, needed) AS (VALUES
		('send_notification', 'channel', 'string', true),
		('send_notification', 'subject', 'string', false),
		('send_notification', 'message', 'string', true),
		('send_templated_notification', 'channel', 'string', true),
		('send_templated_notification', 'template', 'string', true),
		('send_templated_notification', 'renderType', 'string', false),
		('send_templated_notification', 'properties', 'object', false),
		('get_user_confirmation', 'field', 'string', true),
		('get_user_confirmation', 'options', 'array', false),
		('get_user_confirmation', 'message', 'string', false),
		('get_user_confirmation', 'channel', 'string', false),
		('get_user_confirmation', 'answersNeeded', 'number', false),
		('get_user_confirmation', 'due', 'string', false),
		('get_user_confirmation', 'dueChoice', 'string', false),
		('get_user_confirmation', 'excludeStarter', 'boolean', false),
		('get_user_confirmation', 'excludeAnswerersOf', 'string', false),
		('wait', 'duration', 'string', false),
		('wait', 'until', 'string', false),
		('execute_data_flow', 'dataflow', 'string', true),
		('execute_data_flow', 'as', 'string', false),
		('update_model', 'as', 'string', false),
		('update_model_field', 'field', 'string', true),
		('update_model_field', 'value', 'any', false),
		('update_model_field', 'source', 'string', false),
		('finish', NULL, NULL, false),
		('reset_to_draft', NULL, NULL, false),
		('if_condition', 'field', 'string', true),
		('if_condition', 'operator', 'string', true),
		('if_condition', 'compareWithNull', 'boolean', false),
		('if_condition', 'value', 'any', false),
		('switch_case', 'field', 'string', true),
		('pass_transition', 'transition', 'string', true),
		('pass_transition', 'comment', 'string', false),
		('pass_transition', 'parameters', 'object', false),
		('pass_transition', 'as', 'string', false))
	SELECT * FROM form
	UNION ALL
	SELECT DISTINCT kind, 'timeout', 'string', false FROM form
	UNION ALL
	-- recipients of notifications and questions
	SELECT kind, setting, type, false
	FROM unnest(ARRAY['send_notification', 'send_templated_notification', 'get_user_confirmation']) AS kind,
		(VALUES ('userField', 'string'), ('users', 'array'), ('userRouting', 'string')) AS recipient (setting, type)
$$;
COMMENT ON FUNCTION smartwf.flow_settings() IS
'Returns the kinds of steps and the settings of each: kind, setting, JSON type, and whether the setting is required. '
'A kind without settings has one row in which setting is null.';

-- All steps of a flow, in whatever branch.
CREATE FUNCTION smartwf.flow_steps(definition jsonb)
	RETURNS TABLE (object text, name text, kind text, item jsonb, stage text, stage_number bigint, parent text,
		branch text, branch_value text, number bigint, path text[])
	LANGUAGE sql IMMUTABLE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH RECURSIVE step AS (
		SELECT x.item, st.item ->> 'name' AS stage, st.number AS stage_number, NULL::text AS parent,
			NULL::text AS branch,
			NULL::text AS branch_value, x.number, ARRAY[to_char(st.number, 'FM00000')] AS list
		FROM smartwf.items(definition, 'stages') st, smartwf.items(st.item, 'steps') x
		UNION ALL
		SELECT x.item, s.stage, s.stage_number, s.item ->> 'name', b.branch, b.value, x.number,
			s.list || to_char(s.number, 'FM00000') || concat_ws(' ', b.branch, b.value)
		FROM step s,
			LATERAL (SELECT 'else' AS branch, NULL AS value, s.item -> 'else' AS steps
				UNION ALL SELECT 'default', NULL, s.item -> 'default'
				UNION ALL SELECT 'failure', NULL, s.item -> 'failure' -> 'steps'
				UNION ALL SELECT 'case', m.key, m.value FROM smartwf.members(s.item -> 'cases') m) b,
			LATERAL smartwf.items(jsonb_build_object('steps', b.steps), 'steps') x)
	SELECT format('step %s', coalesce(item ->> 'name', format('#%s of %s', number, coalesce(parent, stage)))),
		item ->> 'name', item ->> 'kind', item,
		stage, stage_number, parent, branch, branch_value, number, list || to_char(number, 'FM00000')
	FROM step
$$;
COMMENT ON FUNCTION smartwf.flow_steps(jsonb) IS
'Returns one row for each step in the JSON form of a flow (jsonb), in whatever branch: its name in messages, its JSON '
'value, its stage, parent and branch, and path (text[]), which sorts the steps in the order of the definition.';

-- Faults in names, kinds and settings.
CREATE FUNCTION smartwf.flow_form_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH flow AS (
		SELECT format('flow %s', definition ->> 'name') AS object
	), stage AS (
		SELECT format('stage %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'stages')
	), step AS (
		SELECT * FROM smartwf.flow_steps(definition)
	), form (kind, key, type, needed) AS (
		VALUES ('flow', 'name', 'string', true), ('flow', 'label', 'string', false),
			('flow', 'structure', 'string', false),
			('flow', 'restrictAccess', 'boolean', false), ('flow', 'runAs', 'string', false),
				('flow', 'maxRuns', 'number', false),
			('flow', 'grants', 'array', false), ('flow', 'start', 'array', false), ('flow', 'managers', 'array', false),
			('flow', 'model', 'object', false), ('flow', 'stages', 'array', true),
			('model', 'fields', 'array', true),
			('field', 'name', 'string', true), ('field', 'label', 'string', false), ('field', 'type', 'string', false),
				('field', 'options', 'array', false),
			('stage', 'name', 'string', true), ('stage', 'steps', 'array', true),
			('step', 'name', 'string', true), ('step', 'kind', 'string', true), ('step', 'settings', 'object', false),
			('step', 'else', 'array', false), ('step', 'cases', 'object', false), ('step', 'default', 'array', false),
				('step', 'failure', 'object', false),
			('failure', 'retries', 'number', false), ('failure', 'backoff', 'string', false),
				('failure', 'maximumBackoff', 'string', false),
			('failure', 'then', 'string', false), ('failure', 'steps', 'array', false),
			('grant', 'role', 'string', true)
	), part AS (
		SELECT 'flow' AS kind, object, definition AS item FROM flow
		UNION ALL
		SELECT 'stage', object, item FROM stage
		UNION ALL
		SELECT 'step', object, item FROM step
		UNION ALL
		SELECT 'failure', object, item -> 'failure' FROM step WHERE jsonb_typeof(item -> 'failure') = 'object'
		UNION ALL
		SELECT 'grant', format('%s %s', g.word, number), item
		FROM (VALUES ('grants', 'grant'), ('start', 'start'), ('managers', 'manager')) AS g (key, word),
			smartwf.items(definition, g.key)
		UNION ALL
		SELECT 'model', 'model', definition -> 'model' WHERE jsonb_typeof(definition -> 'model') = 'object'
		UNION ALL
		SELECT 'field', format('field %s', coalesce(item ->> 'name', '#' || number)), item
			FROM smartwf.items(definition -> 'model', 'fields'))
	SELECT 'WFL0504', p.object, format('must be an object, not %s', jsonb_typeof(p.item)) FROM part p
		WHERE jsonb_typeof(p.item) <> 'object'
	UNION ALL
	SELECT 'WFL0502', p.object, format('unknown property "%s"', m.key)
	FROM part p, smartwf.members(p.item) m WHERE NOT EXISTS (SELECT FROM form f WHERE (f.kind, f.key) = (p.kind, m.key))
	UNION ALL
	SELECT 'WFL0504', p.object, format('"%s" must be %s %s, not %s', f.key, CASE WHEN f.type IN ('array', 'object')
		THEN 'an' ELSE 'a' END, f.type, m.value)
	FROM part p JOIN form f USING (kind) JOIN LATERAL smartwf.members(p.item) m ON m.key = f.key
	WHERE jsonb_typeof(m.value) NOT IN (f.type, 'null')
	UNION ALL
	SELECT CASE f.key WHEN 'name' THEN 'WFL0500' ELSE 'WFL0503' END, p.object, format('"%s" is missing', f.key)
	FROM part p JOIN form f USING (kind) WHERE f.needed AND jsonb_typeof(p.item) = 'object' AND p.item ->> f.key IS NULL
	UNION ALL
	SELECT 'WFL0500', object,
		format('"%s" is no name: a letter or underscore, then letters, digits, "_" or ":", 49 characters at most',
		definition ->> 'name')
	FROM flow WHERE jsonb_typeof(definition -> 'name') = 'string'
		AND definition ->> 'name' !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$'
	UNION ALL
	SELECT 'WFL0500', p.object, 'a name must not be empty, begin or end with a blank, or be longer than 100 characters'
	FROM part p WHERE p.kind IN ('stage', 'step', 'field') AND jsonb_typeof(p.item -> 'name') = 'string'
		AND p.item ->> 'name' !~ '^\S([^\r\n]{0,98}\S)?$'
	UNION ALL
	SELECT 'WFL0500', object, format('a %s of that name is defined twice', kind) FROM part
	WHERE kind IN ('stage', 'step', 'field') AND item ->> 'name' IS NOT NULL GROUP BY kind, object HAVING count(*) > 1
	UNION ALL
	SELECT 'WFL0505', object, 'it has no stage' FROM flow WHERE definition -> 'stages' = '[]'
	UNION ALL
	SELECT 'WFL0505', object, 'it has no step' FROM stage WHERE item -> 'steps' = '[]'
	UNION ALL
	SELECT 'WFL0501', object, format('unknown kind "%s"', kind) FROM step s
	WHERE kind IS NOT NULL AND NOT EXISTS (SELECT FROM smartwf.flow_settings() f WHERE f.kind = s.kind)
	UNION ALL
	SELECT 'WFL0502', s.object, format('a step of kind "%s" has no setting "%s"', s.kind, m.key)
	FROM step s, smartwf.members(s.item -> 'settings') m
	WHERE EXISTS (SELECT FROM smartwf.flow_settings() f WHERE f.kind = s.kind)
		AND NOT EXISTS (SELECT FROM smartwf.flow_settings() f WHERE (f.kind, f.setting) = (s.kind, m.key))
	UNION ALL
	SELECT 'WFL0503', s.object, format('setting "%s" is missing', f.setting)
	FROM step s JOIN smartwf.flow_settings() f ON f.kind = s.kind AND f.needed
	WHERE s.item -> 'settings' ->> f.setting IS NULL
	UNION ALL
	SELECT 'WFL0504', s.object, format('setting "%s" must be %s %s, not %s', f.setting, CASE
		WHEN f.type IN ('array', 'object') THEN 'an' ELSE 'a' END, f.type, m.value)
	FROM step s, smartwf.members(s.item -> 'settings') m, smartwf.flow_settings() f
	WHERE (f.kind, f.setting) = (s.kind, m.key) AND f.type <> 'any' AND jsonb_typeof(m.value) NOT IN (f.type, 'null')
	UNION ALL
	SELECT 'WFL0502', object, format('a step of kind "%s" has no "%s"', kind, b.key)
	FROM step s, (VALUES ('else', 'if_condition'), ('cases', 'switch_case'), ('default', 'switch_case'))
		AS b (key, of_kind)
	WHERE s.kind <> b.of_kind AND s.item ? b.key
$$;
COMMENT ON FUNCTION smartwf.flow_form_faults(jsonb) IS
'Returns the faults in the form of a flow''s JSON (jsonb): malformed names, unknown kinds, and settings that are '
'unknown, missing or of the wrong type.';

-- Functions that a flow calls: (model jsonb, run bigint) returns a given type.
CREATE FUNCTION smartwf.flow_function_fault(name text, returns text) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parts text[];
	found regprocedure;
BEGIN
	parts := parse_ident(name);
	IF cardinality(parts) <> 2 THEN
		RETURN format('function "%s" is not of the form schema.function', name);
	END IF;
	SELECT p.oid INTO found FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
		WHERE n.nspname = parts[1] AND p.proname = parts[2] AND p.proargtypes::text = '3802 20' AND p.prokind = 'f'
			AND NOT p.proretset
			AND p.prorettype = returns::regtype;
	IF found IS NULL THEN
		RETURN format('function %s(model jsonb, run bigint) returns %s does not exist', name, returns);
	END IF;
	RETURN NULL;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN format('function "%s" is not of the form schema.function', name);
END
$$;
COMMENT ON FUNCTION smartwf.flow_function_fault(text, text) IS
'Returns the reason why a function (name, text, as schema.function) cannot be called by flows, or null if it can '
'(text). It must take the arguments (model jsonb, run bigint), and return the given type (returns, text).';

-- Users in the settings of steps: a role, or a person known by a token.
CREATE FUNCTION smartwf.is_user(item jsonb) RETURNS boolean
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(CASE jsonb_typeof(item) WHEN 'string' THEN true
		WHEN 'object' THEN (SELECT count(*) = 1 AND bool_and(m.key IN ('role', 'person')
			AND jsonb_typeof(m.value) = 'string') FROM jsonb_each(item) m)
		END, false)
$$;
COMMENT ON FUNCTION smartwf.is_user(jsonb) IS
'Returns true if a JSON value (jsonb) identifies a role or a person: a string, {"role": string} or {"person": '
'string}.';

-- A role that cannot log in, such as that of a gateway, can stand for any number of persons.
CREATE FUNCTION smartwf.number_of_people(item jsonb) RETURNS bigint
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN item IS NULL THEN 0 WHEN r.oid IS NULL OR jsonb_typeof(item) = 'object' AND item ? 'person' THEN 1
		WHEN NOT r.rolcanlogin THEN 1000000
		ELSE (SELECT count(*) FROM pg_roles m WHERE m.rolcanlogin AND NOT m.rolsuper
			AND pg_has_role(m.oid, r.oid, 'MEMBER')) END
	FROM (SELECT) AS one LEFT JOIN pg_roles r ON r.rolname = coalesce(item ->> 'role', item #>> '{}')
$$;
COMMENT ON FUNCTION smartwf.number_of_people(jsonb) IS
'Returns the largest number of persons (bigint) that a user of a step (jsonb) can stand for: one for a person or a '
'name that is not a role; for a role that can log in, the number of its members that can log in, itself included; and '
'1000000 for a role that cannot log in, such as that of a gateway.';

CREATE FUNCTION smartwf.is_interval(text text, must_last boolean) RETURNS boolean
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN CASE WHEN must_last THEN text::interval > '0' ELSE text::interval >= '0' END;
EXCEPTION WHEN data_exception THEN
	RETURN false;
END
$$;
COMMENT ON FUNCTION smartwf.is_interval(text, boolean) IS
'Returns true if a text (text) is an interval that is not negative and, if must_last (boolean) is true, not zero.';

-- Faults in the settings of well-formed steps.
CREATE FUNCTION smartwf.flow_setting_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH step AS (
		SELECT s.object, s.kind, s.item -> 'settings' AS settings, s.item -> 'failure' AS failure
			FROM smartwf.flow_steps(definition) s
	), choice (setting, code, allowed) AS (
		VALUES ('channel', 'WFL0512', ARRAY['smtp', 'mail', 'signalr']),
			('renderType', 'WFL0504', ARRAY['text', 'html']),
			('operator', 'WFL0504', ARRAY['equal', 'notEqual', 'greater', 'less']), ('as', 'WFL0504', ARRAY['answerer'])
	), span (object, name, text, must_last) AS (
		SELECT s.object, m.setting, s.settings ->> m.setting, false FROM step s,
			(VALUES ('due'), ('duration')) AS m (setting) WHERE jsonb_typeof(s.settings -> m.setting) = 'string'
		UNION ALL
		SELECT s.object, 'timeout', s.settings ->> 'timeout', true FROM step s
			WHERE jsonb_typeof(s.settings -> 'timeout') = 'string'
		UNION ALL
		SELECT s.object, m.key, s.failure ->> m.key, true FROM step s,
			(VALUES ('backoff'), ('maximumBackoff')) AS m (key) WHERE jsonb_typeof(s.failure -> m.key) = 'string')
	SELECT c.code, s.object, format('%s "%s" must be one of %s', c.setting, s.settings ->> c.setting,
		array_to_string(c.allowed, ', '))
	FROM step s, choice c
	WHERE jsonb_typeof(s.settings -> c.setting) = 'string' AND s.settings ->> c.setting <> ALL (c.allowed)
	UNION ALL
	SELECT 'WFL0513', object, 'either value or source must be given, not both' FROM step
	WHERE kind = 'update_model_field' AND (settings ? 'value') = (settings ->> 'source' IS NOT NULL)
	UNION ALL
	SELECT 'WFL0513', object, 'greater and less cannot compare with null' FROM step
	WHERE kind = 'if_condition' AND settings -> 'compareWithNull' = 'true'
		AND settings ->> 'operator' IN ('greater', 'less')
	UNION ALL
	SELECT 'WFL0503', object, 'setting "value" is missing' FROM step
	WHERE kind = 'if_condition' AND settings -> 'compareWithNull' IS DISTINCT FROM 'true'
		AND settings ->> 'value' IS NULL
	UNION ALL
	SELECT 'WFL0515', object, 'it has nobody to address: userField, users or userRouting' FROM step
	WHERE kind IN ('send_notification', 'send_templated_notification', 'get_user_confirmation')
		AND settings ->> 'userField' IS NULL AND settings ->> 'userRouting' IS NULL
			AND coalesce(settings -> 'users', '[]') IN ('[]', 'null')
	UNION ALL
	SELECT 'WFL0504', object, 'setting "options" must be a list of strings' FROM step s
	WHERE EXISTS (SELECT FROM smartwf.items(s.settings, 'options') i WHERE jsonb_typeof(i.item) <> 'string')
	UNION ALL
	SELECT 'WFL0504', object,
		'setting "users" must be a list of names, as strings or as {"role": name} or {"person": name}' FROM step s
	WHERE EXISTS (SELECT FROM smartwf.items(s.settings, 'users') i WHERE NOT smartwf.is_user(i.item))
	UNION ALL
	SELECT 'WFL0504', object, 'answersNeeded must be a whole number from 1' FROM step
	WHERE jsonb_typeof(settings -> 'answersNeeded') = 'number' AND settings ->> 'answersNeeded' !~ '^[1-9][0-9]{0,3}$'
	UNION ALL
	SELECT 'WFL0504', object, format('%s "%s" is no interval%s', name, text, CASE WHEN must_last
		THEN ' longer than nothing' ELSE '' END) FROM span
	WHERE NOT smartwf.is_interval(text, must_last)
	UNION ALL
	SELECT 'WFL0504', object, format('retries must be a whole number from 0 to 1000, not %s', failure -> 'retries')
		FROM step
	WHERE jsonb_typeof(failure -> 'retries') = 'number' AND failure ->> 'retries' !~ '^([0-9]{1,3}|1000)$'
	UNION ALL
	SELECT 'WFL0504', object, format('then "%s" must be one of fail, skip, branch', failure ->> 'then') FROM step
	WHERE jsonb_typeof(failure -> 'then') = 'string' AND failure ->> 'then' NOT IN ('fail', 'skip', 'branch')
	UNION ALL
	SELECT 'WFL0513', object, 'then and steps do not agree: a branch needs steps, and only a branch has them' FROM step
	WHERE jsonb_typeof(failure) = 'object' AND (coalesce(failure ->> 'then', 'fail') = 'branch')
		= (coalesce(failure -> 'steps', '[]') IN ('[]', 'null'))
	UNION ALL
	SELECT 'WFL0504', format('flow %s', definition ->> 'name'), format('maxRuns must be a whole number from 0, not %s',
		definition -> 'maxRuns')
	WHERE jsonb_typeof(definition -> 'maxRuns') = 'number' AND definition ->> 'maxRuns' !~ '^[0-9]{1,9}$'
	UNION ALL
	SELECT 'WFL0504', format('flow %s', definition ->> 'name'), format('runAs "%s" must be one of starter, owner',
		definition ->> 'runAs')
	WHERE jsonb_typeof(definition -> 'runAs') = 'string' AND definition ->> 'runAs' NOT IN ('starter', 'owner')
	UNION ALL
	SELECT 'WFL0504', format('field %s', item ->> 'name'),
		format('type "%s" must be one of string, number, boolean, object, array', item ->> 'type')
	FROM smartwf.items(definition -> 'model', 'fields')
	WHERE jsonb_typeof(item -> 'type') = 'string' AND item ->> 'type' NOT IN ('string', 'number', 'boolean', 'object',
		'array')
	UNION ALL
	SELECT 'WFL0504', format('field %s', f.item ->> 'name'), 'options must be a list of strings'
	FROM smartwf.items(definition -> 'model', 'fields') f
	WHERE EXISTS (SELECT FROM smartwf.items(f.item, 'options') i WHERE jsonb_typeof(i.item) <> 'string')
	UNION ALL
	SELECT 'WFL0513', format('flow %s', definition ->> 'name'), 'either structure or model must be given, not both'
	WHERE definition ->> 'structure' <> '' AND jsonb_typeof(definition -> 'model') = 'object'
	UNION ALL
	SELECT 'WFL0513', object, 'either duration or until must be given, not both' FROM step
	WHERE kind = 'wait' AND (settings ->> 'duration' IS NOT NULL) = (settings ->> 'until' IS NOT NULL)
	UNION ALL
	SELECT 'WFL0513', object, 'dueChoice needs due' FROM step WHERE settings ->> 'dueChoice' IS NOT NULL
		AND settings ->> 'due' IS NULL
	UNION ALL
	SELECT 'WFL0504', object, format('dueChoice "%s" is none of the options', settings ->> 'dueChoice') FROM step
	WHERE jsonb_typeof(settings -> 'dueChoice') = 'string' AND jsonb_typeof(settings -> 'options') = 'array'
		AND NOT settings -> 'options' @> (settings -> 'dueChoice')
	UNION ALL
	SELECT 'WFL0517', s.object, format('%s: %s', t.setting, smartwf.template_fault(s.settings ->> t.setting))
	FROM step s, (VALUES ('message'), ('subject')) AS t (setting)
	WHERE jsonb_typeof(s.settings -> t.setting) = 'string'
		AND smartwf.template_fault(s.settings ->> t.setting) IS NOT NULL
	UNION ALL
	SELECT 'WFL0509', object, format('dataflow "%s" is not registered', settings ->> 'dataflow') FROM step
	WHERE jsonb_typeof(settings -> 'dataflow') = 'string'
		AND NOT EXISTS (SELECT FROM smartwf.dataflows d WHERE d.name = settings ->> 'dataflow')
	UNION ALL
	SELECT 'WFL0510', object, format('template "%s" is not defined', settings ->> 'template') FROM step
	WHERE jsonb_typeof(settings -> 'template') = 'string'
		AND NOT EXISTS (SELECT FROM smartwf.templates t WHERE t.name = settings ->> 'template')
	UNION ALL
	SELECT 'WFL0516', object, smartwf.flow_function_fault(settings ->> 'userRouting', 'text[]') FROM step
	WHERE jsonb_typeof(settings -> 'userRouting') = 'string' AND smartwf.flow_function_fault(settings ->> 'userRouting',
		'text[]') IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.flow_setting_faults(jsonb) IS
'Returns the faults in the settings of the steps in the JSON form of a flow (jsonb): channels, operators, recipients, '
'templates, data flows.';

-- Faults in the order of the steps.
CREATE FUNCTION smartwf.flow_order_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH step AS (
		SELECT s.*, s.path[:cardinality(s.path) - 1] AS list FROM smartwf.flow_steps(definition) s)
	SELECT 'WFL0506', s.object, 'its alternative has no finish' FROM step s
	WHERE s.kind = 'if_condition' AND NOT EXISTS (SELECT FROM step f WHERE f.kind IN ('finish', 'reset_to_draft')
		AND f.path[:cardinality(s.path) + 1] = s.path || 'else'::text)
	UNION ALL
	-- a step "as": "answerer" needs a question before it
	SELECT 'WFL0521', s.object, 'nobody has answered anything before it' FROM step s
	WHERE s.item -> 'settings' ->> 'as' = 'answerer' AND NOT EXISTS (SELECT FROM step q
		WHERE q.kind = 'get_user_confirmation' AND q.path < s.path)
	UNION ALL
	SELECT 'WFL0522', s.object, format('excludeAnswerersOf names "%s", which is no question before it',
		s.item -> 'settings' ->> 'excludeAnswerersOf') FROM step s
	WHERE jsonb_typeof(s.item -> 'settings' -> 'excludeAnswerersOf') = 'string'
		AND NOT EXISTS (SELECT FROM step q WHERE q.kind = 'get_user_confirmation'
			AND q.name = s.item -> 'settings' ->> 'excludeAnswerersOf' AND q.path < s.path)
	UNION ALL
	SELECT 'WFL0507', s.object, 'it has no branch' FROM step s
	WHERE s.kind = 'switch_case' AND NOT EXISTS (SELECT FROM smartwf.members(s.item -> 'cases'))
	UNION ALL
	-- a step after one that ends the run, in the same list or in a later stage
	SELECT 'WFL0508', s.object, format('nothing reaches it: %s goes on nowhere', (
		SELECT e.object FROM step e
		WHERE e.kind IN ('finish', 'reset_to_draft', 'switch_case')
			AND ((e.list = s.list AND e.number < s.number) OR (e.parent IS NULL AND e.stage_number < s.stage_number))
		ORDER BY e.path LIMIT 1))
	FROM step s
	WHERE EXISTS (SELECT FROM step e
		WHERE e.kind IN ('finish', 'reset_to_draft', 'switch_case')
			AND ((e.list = s.list AND e.number < s.number) OR (e.parent IS NULL AND e.stage_number < s.stage_number)))
$$;
COMMENT ON FUNCTION smartwf.flow_order_faults(jsonb) IS
'Returns the faults in the order of the steps in the JSON form of a flow (jsonb): an else without a finish, a '
'switch_case without branches, steps that cannot be reached, steps for the answerer without a question before them.';

-- The fields of the model, from the columns of the structure or the declaration in the flow,
-- and the values that each can have (null: any).
CREATE FUNCTION smartwf.flow_fields(definition jsonb) RETURNS TABLE (field text, options text[])
	LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT a.attname::text, smartwf.field_options(s.name, a.attname)
	FROM smartwf.structures s JOIN pg_attribute a ON a.attrelid = smartwf.attached_relation(s.name) AND a.attnum > 0
		AND NOT a.attisdropped
	WHERE s.name = definition ->> 'structure'
	UNION ALL
	SELECT f.item ->> 'name', CASE WHEN f.item ->> 'type' = 'boolean' THEN ARRAY['true', 'false']
		WHEN jsonb_typeof(f.item -> 'options') = 'array' THEN ARRAY(SELECT o.item #>> '{}'
			FROM smartwf.items(f.item, 'options') o) END
	FROM smartwf.items(definition -> 'model', 'fields') f
$$;
COMMENT ON FUNCTION smartwf.flow_fields(jsonb) IS
'Returns the fields of the model in the JSON form of a flow (jsonb), from the columns of its structure or the model '
'that it declares: field (text), and the values that the field can have (text[], null if they are not restricted). '
'Returns no rows if the model is not known.';

-- Faults in the fields that the steps use, and in values that a field cannot have.
CREATE FUNCTION smartwf.flow_field_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH relation AS (
		SELECT smartwf.attached_relation(s.name)::text AS name FROM smartwf.structures s
			WHERE s.name = definition ->> 'structure'
		UNION ALL
		SELECT 'the model' WHERE jsonb_typeof(definition -> 'model') = 'object'
	), known AS MATERIALIZED (
		SELECT * FROM smartwf.flow_fields(definition)
	), step AS (
		SELECT s.object, s.kind, s.item, s.item -> 'settings' AS settings, s.branch = 'failure' AS is_failure
			FROM smartwf.flow_steps(definition) s
	), named (severity, object, field) AS (
		SELECT 'error', s.object, s.settings ->> f.setting
		FROM step s, (VALUES ('field'), ('source'), ('userField'), ('until')) AS f (setting)
			WHERE jsonb_typeof(s.settings -> f.setting) = 'string'
		UNION ALL
		SELECT 'error', s.object, m.value #>> '{}' FROM step s, smartwf.members(s.settings -> 'properties') m
		UNION ALL
		-- a missing field is empty in a template
		SELECT 'warning', s.object, field
		FROM step s, (VALUES ('message'), ('subject')) AS t (setting),
			unnest(smartwf.template_fields(s.settings ->> t.setting)) AS field
		WHERE jsonb_typeof(s.settings -> t.setting) = 'string'
			AND smartwf.template_fault(s.settings ->> t.setting) IS NULL
		UNION ALL
		SELECT 'warning', s.object, field
		FROM step s JOIN smartwf.templates t ON t.name = s.settings ->> 'template',
			unnest(ARRAY[t.subject, CASE s.settings ->> 'renderType' WHEN 'html' THEN t.html_body
				ELSE t.text_body END]) AS part,
			unnest(smartwf.template_fields(part)) AS field
		WHERE NOT coalesce(s.settings -> 'properties' ? field, false)
			AND NOT EXISTS (SELECT FROM smartwf.items(jsonb_build_object('properties', t.properties), 'properties') p
				WHERE p.item ->> 'name' = field)
	), held (object, field, value) AS (
		SELECT s.object, s.settings ->> 'field', o.item #>> '{}' FROM step s, smartwf.items(s.settings, 'options') o
			WHERE s.kind = 'get_user_confirmation'
		UNION ALL
		SELECT s.object, s.settings ->> 'field', s.settings ->> 'value' FROM step s
			WHERE s.kind IN ('update_model_field', 'if_condition')
		UNION ALL
		SELECT s.object, s.settings ->> 'field', c.key FROM step s, smartwf.members(s.item -> 'cases') c)
	SELECT 'error', 'WFL0518', format('flow %s', definition ->> 'name'), format('structure "%s" is not attached',
		definition ->> 'structure')
	WHERE definition ->> 'structure' <> '' AND NOT EXISTS (SELECT FROM relation)
	UNION ALL
	SELECT DISTINCT n.severity, 'WFL0511', n.object, format('%s has no field "%s"', r.name, n.field)
	FROM named n, relation r
	-- in a failure branch, the model also has the field error
	WHERE NOT EXISTS (SELECT FROM known k WHERE k.field = split_part(n.field, '.', 1))
		AND split_part(n.field, '.', 1) <> 'error'
	UNION ALL
	SELECT DISTINCT 'error', 'WFL0523', h.object, format('field "%s" cannot hold "%s", only: %s', h.field, h.value,
		array_to_string(k.options, ', '))
	FROM held h JOIN known k ON k.field = h.field WHERE h.value <> ALL (k.options)
$$;
COMMENT ON FUNCTION smartwf.flow_field_faults(jsonb) IS
'Returns the faults in the fields that the JSON form of a flow (jsonb) uses: fields that the model lacks, if the '
'model is known (a warning if only a template uses them), and values that a field cannot have.';

-- References to other objects, and the number of persons that are asked.
CREATE FUNCTION smartwf.flow_reference_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH step AS (
		SELECT s.object, s.kind, s.item -> 'settings' AS settings FROM smartwf.flow_steps(definition) s
	), workflow AS (
		SELECT s.workflow, (SELECT w.id FROM smartwf.workflows w WHERE w.name = s.workflow AND w.status = 'published'
			ORDER BY w.version DESC LIMIT 1) AS id
		FROM smartwf.structures s WHERE s.name = definition ->> 'structure'
	), asked AS (
		SELECT s.object, (s.settings ->> 'answersNeeded')::numeric AS needed,
			sum(smartwf.number_of_people(u.item)) AS people, count(*) AS named
		FROM step s LEFT JOIN LATERAL smartwf.items(s.settings, 'users') u ON true
		WHERE s.kind = 'get_user_confirmation' AND jsonb_typeof(s.settings -> 'answersNeeded') = 'number'
			AND s.settings ->> 'userField' IS NULL AND s.settings ->> 'userRouting' IS NULL
		GROUP BY s.object, s.settings
	), property AS (
		SELECT s.object, s.settings, t.name AS template, p.item ->> 'name' AS name,
			(p.item ->> 'needed')::boolean AS needed
		FROM step s JOIN smartwf.templates t ON t.name = s.settings ->> 'template',
			smartwf.items(jsonb_build_object('properties', t.properties), 'properties') p)
	SELECT 'error', 'WFL0524', s.object, format('workflow "%s" has no transition "%s"', w.workflow,
		s.settings ->> 'transition')
	FROM step s, workflow w
	WHERE s.kind = 'pass_transition' AND jsonb_typeof(s.settings -> 'transition') = 'string'
		AND NOT EXISTS (SELECT FROM smartwf.transitions t WHERE t.workflow_id = w.id
			AND t.name = s.settings ->> 'transition')
	UNION ALL
	SELECT 'error', 'WFL0525', a.object, format('%s answers are needed, but no more than %s can be given', a.needed,
		a.people)
	FROM asked a WHERE a.people < a.needed
	UNION ALL
	SELECT 'error', 'WFL0526', p.object, format('template "%s" needs property "%s"', p.template, p.name)
	FROM property p
	WHERE p.needed AND p.settings -> 'properties' ->> p.name IS NULL
		AND NOT EXISTS (SELECT FROM smartwf.flow_fields(definition) f WHERE f.field = split_part(p.name, '.', 1))
	UNION ALL
	SELECT 'error', 'WFL0526', s.object, format('template "%s" has no property "%s"', t.name, m.key)
	FROM step s JOIN smartwf.templates t ON t.name = s.settings ->> 'template',
		smartwf.members(s.settings -> 'properties') m
	WHERE t.properties <> '[]' AND NOT EXISTS (SELECT FROM property p WHERE p.object = s.object AND p.name = m.key)
$$;
COMMENT ON FUNCTION smartwf.flow_reference_faults(jsonb) IS
'Returns the faults in what the JSON form of a flow (jsonb) refers to: unknown transitions of the workflow of its '
'structure, missing properties of templates, and more required answers than there are persons to give them.';

CREATE FUNCTION smartwf.flow_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT * FROM (
		SELECT 'error', f.* FROM smartwf.flow_form_faults(definition) f
		UNION ALL
		SELECT 'error', f.* FROM smartwf.flow_setting_faults(definition) f
		UNION ALL
		SELECT 'error', f.* FROM smartwf.flow_order_faults(definition) f
		UNION ALL
		SELECT * FROM smartwf.flow_field_faults(definition)
		UNION ALL
		SELECT * FROM smartwf.flow_reference_faults(definition)
		UNION ALL
		SELECT 'warning', 'WFL0901', format('%s %s', g.word, number), format('role "%s" does not exist',
			item ->> 'role')
		FROM (VALUES ('grants', 'grant'), ('start', 'start'), ('managers', 'manager')) AS g (key, word),
			smartwf.items(definition, g.key)
		WHERE jsonb_typeof(item -> 'role') = 'string' AND NOT EXISTS (SELECT FROM pg_roles
			WHERE rolname = item ->> 'role')
	) AS fault (severity, code, object, message)
	ORDER BY severity, object COLLATE "C", code COLLATE "C", message COLLATE "C"
$$;
COMMENT ON FUNCTION smartwf.flow_faults(jsonb) IS
'Returns all faults (severity error) and warnings (severity warning) of the JSON form of a flow (jsonb): severity, '
'code, object and message (text each).';

CREATE FUNCTION smartwf.is_published_flow(flow text) RETURNS boolean
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN EXISTS (SELECT FROM smartwf.flows f WHERE f.name = flow AND f.status = 'published');
END
$$;
COMMENT ON FUNCTION smartwf.is_published_flow(text) IS
'Returns true if a flow (text) has a published version.';

CREATE FUNCTION smartwf.started_flow_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'warning', 'WFL0905', o.object, format('flow "%s" is not published', o.value ->> 'flow')
	FROM smartwf.definition_objects(definition) o
	WHERE o.kind IN ('state', 'transition') AND jsonb_typeof(o.value -> 'flow') = 'string'
		AND NOT smartwf.is_published_flow(o.value ->> 'flow')
$$;
COMMENT ON FUNCTION smartwf.started_flow_faults(jsonb) IS
'Returns a warning for each flow that the states and transitions in the JSON form of a workflow (jsonb) start, and '
'that is not published.';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.started_flow_faults');
-- Reading and storing flow definitions.

CREATE FUNCTION smartwf.flow_list(of_flow int, of_stage text, of_parent text, of_branch text,
	of_value text) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN coalesce((SELECT json_agg(smartwf.flow_step(s) ORDER BY s.position) FROM smartwf.steps s
		WHERE s.flow_id = of_flow AND s.stage = of_stage AND s.parent IS NOT DISTINCT FROM of_parent
			AND s.branch IS NOT DISTINCT FROM of_branch AND s.branch_value IS NOT DISTINCT FROM of_value), '[]');
END
$$;
COMMENT ON FUNCTION smartwf.flow_list(int, text, text, text, text) IS
'Returns the steps of one list of a flow version (int, its id) as a JSON array (json): those of a stage (text), or of '
'a branch (text, with its value, text) of a parent (text).';

-- The branches of a kind of step are always shown, the key failure only if it is used.
CREATE FUNCTION smartwf.flow_step(step smartwf.steps) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT json_object_agg(m.key, m.value ORDER BY m.number) FROM (
		VALUES (1, 'name', to_json(step.name)), (2, 'kind', to_json(step.kind)), (3, 'settings', step.settings::json)
		UNION ALL
		SELECT 4, 'else', smartwf.flow_list(step.flow_id, step.stage, step.name, 'else', NULL)
			WHERE step.kind = 'if_condition'
		UNION ALL
		SELECT 5, 'cases', (SELECT coalesce(json_object_agg(c.value, smartwf.flow_list(step.flow_id, step.stage,
			step.name, 'case', c.value) ORDER BY c.value), '{}')
				FROM jsonb_array_elements_text(coalesce(step.cases, '[]')) AS c (value)) WHERE step.kind = 'switch_case'
		UNION ALL
		SELECT 6, 'default', smartwf.flow_list(step.flow_id, step.stage, step.name, 'default', NULL)
			WHERE step.kind = 'switch_case'
		UNION ALL
		SELECT 7, 'failure', (step.failure || jsonb_build_object('steps', smartwf.flow_list(step.flow_id, step.stage,
			step.name, 'failure', NULL)))::json
		WHERE step.failure IS NOT NULL) AS m (number, key, value));
END
$$;
COMMENT ON FUNCTION smartwf.flow_step(smartwf.steps) IS
'Returns a step (a row of smartwf.steps) in JSON form (json), including the steps in its branches.';

CREATE FUNCTION smartwf.flow_grants_form(of_flow int, of_privilege text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(json_agg(json_build_object('role', g.role) ORDER BY g.position, g.role), '[]')
	FROM smartwf.flow_grants g WHERE g.flow_id = of_flow AND g.privilege = of_privilege
$$;
COMMENT ON FUNCTION smartwf.flow_grants_form(int, text) IS
'Returns the roles that have a privilege (text: read, start or manage) on a flow version (int, its id) in JSON form '
'(json).';

CREATE FUNCTION smartwf.flow_form(flow_id int) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('name', f.name, 'label', f.label, 'structure', f.structure, 'restrictAccess',
		f.restrict_access,
		'runAs', f.run_as, 'maxRuns', f.max_runs,
		'grants', smartwf.flow_grants_form(f.id, 'read'), 'start', smartwf.flow_grants_form(f.id, 'start'),
		'managers', smartwf.flow_grants_form(f.id, 'manage'), 'model', f.model,
		'stages', (SELECT coalesce(json_agg(json_build_object('name', s.name, 'steps',
			smartwf.flow_list(f.id, s.name, NULL, NULL, NULL))
				ORDER BY s.position), '[]')
			FROM smartwf.stages s WHERE s.flow_id = f.id))
	FROM smartwf.flows f WHERE f.id = flow_form.flow_id
$$;
COMMENT ON FUNCTION smartwf.flow_form(int) IS
'Returns a flow version (int, its id) in the JSON form that smartwf.define_flow() accepts (json), or null if there is '
'no such version.';

-- The conditions on which the engine relies, checked whenever it reads a flow.
CREATE FUNCTION smartwf.flow_is_sound(flow_id int) RETURNS boolean
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	definition jsonb := smartwf.flow_form(flow_id);
BEGIN
	RETURN NOT EXISTS (SELECT FROM smartwf.flow_form_faults(definition))
		-- objects to which the flow refers may have been dropped since
		AND NOT EXISTS (SELECT FROM smartwf.flow_setting_faults(definition) f
			WHERE f.code NOT IN ('WFL0509', 'WFL0510', 'WFL0516'))
		AND NOT EXISTS (SELECT FROM smartwf.flow_order_faults(definition))
		-- the stage and the parent of each step exist
		AND (SELECT count(*) FROM smartwf.flow_steps(definition)) = (SELECT count(*) FROM smartwf.steps s
			WHERE s.flow_id = flow_is_sound.flow_id);
END
$$;
COMMENT ON FUNCTION smartwf.flow_is_sound(int) IS
'Returns true if the rows of a flow version (int, its id) form a flow that can be executed: kinds, settings and order '
'are valid, and each step is in a stage or branch that exists.';

CREATE FUNCTION smartwf.flow_definition(name text, version int DEFAULT NULL) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.flow_form(f.id) FROM smartwf.flows f
	WHERE f.name = flow_definition.name AND (f.version = flow_definition.version OR flow_definition.version IS NULL)
	ORDER BY f.version DESC LIMIT 1
$$;
COMMENT ON FUNCTION smartwf.flow_definition(text, int) IS
'Returns the definition of a flow. name (text): the flow; version (int): the version, by default the newest, '
'including drafts. The result (json) has the form that smartwf.define_flow() accepts, with defaults filled in. '
'Returns null if there is no such flow or version.';

CREATE FUNCTION smartwf.check_flow(name text, version int DEFAULT NULL)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT f.* FROM smartwf.flow_faults(smartwf.flow_definition(name, version)::jsonb) f
	WHERE smartwf.flow_definition(name, version) IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0003', format('flow %s', name), 'it is not defined'
	WHERE smartwf.flow_definition(name, version) IS NULL
$$;
COMMENT ON FUNCTION smartwf.check_flow(text, int) IS
'Checks a stored flow. name (text): the flow; version (int): the version, by default the newest, including drafts. '
'Returns one row for each fault (severity error) and warning (severity warning): severity, code, object and message '
'(text each).';

CREATE FUNCTION smartwf.require_valid_flow(definition json) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.refuse(format('definition of flow "%s"', definition ->> 'name'), ARRAY(
		SELECT format('%s %s: %s', f.code, f.object, f.message)
		FROM smartwf.flow_faults(definition::jsonb) f WHERE f.severity = 'error'))
$$;
COMMENT ON FUNCTION smartwf.require_valid_flow(json) IS
'Checks the JSON form of a flow (json). Raises WF001 with one line of DETAIL for each fault.';

-- The JSON form of a given definition with all defaults filled in.
CREATE FUNCTION smartwf.complete_failure(failure jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT '{"retries": 0, "backoff": "1 second", "maximumBackoff": "1 hour", "then": "fail"}'
		|| jsonb_strip_nulls(failure - 'steps')
	WHERE jsonb_typeof(failure) = 'object'
$$;
COMMENT ON FUNCTION smartwf.complete_failure(jsonb) IS
'Returns the key failure of a step (jsonb), without the steps of its branch, with all defaults filled in, or null if '
'it is null.';

CREATE FUNCTION smartwf.complete_flow_list(list jsonb) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('name', s.item -> 'name', 'kind', s.item -> 'kind',
			'settings', coalesce(nullif(s.item -> 'settings', 'null'), '{}'))
			|| CASE s.item ->> 'kind'
				WHEN 'if_condition' THEN jsonb_build_object('else', smartwf.complete_flow_list(s.item -> 'else'))
				WHEN 'switch_case' THEN jsonb_build_object('default', smartwf.complete_flow_list(s.item -> 'default'),
					'cases', (SELECT coalesce(jsonb_object_agg(m.key, smartwf.complete_flow_list(m.value)), '{}')
						FROM smartwf.members(s.item -> 'cases') m))
				ELSE '{}' END
			|| CASE WHEN jsonb_typeof(s.item -> 'failure') = 'object'
				THEN jsonb_build_object('failure', smartwf.complete_failure(s.item -> 'failure')
				|| jsonb_build_object('steps', smartwf.complete_flow_list(s.item -> 'failure' -> 'steps')))
					ELSE '{}' END
			ORDER BY s.number), '[]')
		FROM smartwf.items(jsonb_build_object('steps', list), 'steps') s);
END
$$;
COMMENT ON FUNCTION smartwf.complete_flow_list(jsonb) IS
'Returns a valid array of steps (jsonb) with all defaults filled in.';

CREATE FUNCTION smartwf.complete_flow(definition jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT '{"label": "", "structure": "", "restrictAccess": true, "runAs": "starter", "maxRuns": null,
			"grants": [], "start": [], "managers": [], "model": null}' || jsonb_strip_nulls(definition - 'stages')
		|| jsonb_build_object('stages', (SELECT jsonb_agg(jsonb_build_object('name', item -> 'name', 'steps',
			smartwf.complete_flow_list(item -> 'steps')) ORDER BY number)
			FROM smartwf.items(definition, 'stages')))
$$;
COMMENT ON FUNCTION smartwf.complete_flow(jsonb) IS
'Returns the JSON form of a valid flow (jsonb) with all defaults filled in, as smartwf.flow_definition() returns it.';

-- Stages and steps of a complete definition.
CREATE FUNCTION smartwf.store_flow_steps(of_flow int, definition jsonb) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO smartwf.stages (flow_id, name, position)
		SELECT of_flow, item ->> 'name', number FROM smartwf.items(definition, 'stages');
	INSERT INTO smartwf.steps (flow_id, name, stage, parent, branch, branch_value, position, kind, settings, cases,
		failure)
		SELECT of_flow, s.name, s.stage, s.parent, s.branch, s.branch_value, s.number, s.kind, s.item -> 'settings',
			CASE WHEN s.kind = 'switch_case' THEN (SELECT coalesce(jsonb_agg(m.key ORDER BY m.key), '[]')
				FROM smartwf.members(s.item -> 'cases') m) END,
			smartwf.complete_failure(s.item -> 'failure')
		FROM smartwf.flow_steps(definition) s ORDER BY s.path;
$$;
COMMENT ON FUNCTION smartwf.store_flow_steps(int, jsonb) IS
'Stores the stages and steps of a complete definition (jsonb) in a draft (int, its id).';

-- The properties of a flow, except for its stages.
CREATE FUNCTION smartwf.store_flow_settings(of_flow int, definition jsonb) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.flows SET label = definition ->> 'label', structure = definition ->> 'structure',
		restrict_access = (definition ->> 'restrictAccess')::boolean, run_as = definition ->> 'runAs',
		max_runs = (definition ->> 'maxRuns')::int, model = nullif(definition -> 'model', 'null')
		WHERE id = of_flow;
	DELETE FROM smartwf.flow_grants WHERE flow_id = of_flow;
	INSERT INTO smartwf.flow_grants (flow_id, privilege, role, position)
		SELECT of_flow, g.privilege, item ->> 'role', number
		FROM (VALUES ('grants', 'read'), ('start', 'start'), ('managers', 'manage')) AS g (key, privilege),
			smartwf.items(definition, g.key);
$$;
COMMENT ON FUNCTION smartwf.store_flow_settings(int, jsonb) IS
'Stores the properties of a complete definition (jsonb), except for its stages, in a draft (int, its id).';

CREATE FUNCTION smartwf.store_flow(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	stored smartwf.flows;
BEGIN
	INSERT INTO smartwf.flows (name, version, is_paused)
		VALUES (definition ->> 'name',
			(SELECT coalesce(max(version), 0) + 1 FROM smartwf.flows f WHERE f.name = definition ->> 'name'),
			(SELECT coalesce(bool_or(is_paused), false) FROM smartwf.flows f WHERE f.name = definition ->> 'name'))
		RETURNING * INTO stored;
	PERFORM smartwf.store_flow_settings(stored.id, definition);
	PERFORM smartwf.store_flow_steps(stored.id, definition);
	RETURN stored.id;
END
$$;
COMMENT ON FUNCTION smartwf.store_flow(jsonb) IS
'Stores a complete definition (jsonb) as the next version of its flow, as a draft. Returns its id (int). Raises 23505 '
'if the flow has a draft already.';

CREATE FUNCTION smartwf.define_flow(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	fault record;
	complete jsonb;
	newest smartwf.flows;
	stored int;
BEGIN
	IF definition IS NULL THEN
		RAISE EXCEPTION 'definition must not be null' USING ERRCODE = 'WF400';
	ELSIF jsonb_typeof(definition) <> 'object' THEN
		RAISE EXCEPTION 'definition must be a JSON object, not %', jsonb_typeof(definition) USING ERRCODE = 'WF400';
	END IF;
	PERFORM smartwf.require_valid_flow(definition::json);
	FOR fault IN SELECT * FROM smartwf.flow_faults(definition) LOOP
		RAISE WARNING '% %: %', fault.code, fault.object, fault.message;
	END LOOP;

	LOCK TABLE smartwf.flows IN SHARE ROW EXCLUSIVE MODE;
	complete := smartwf.complete_flow(definition);
	SELECT * INTO newest FROM smartwf.flows f WHERE f.name = complete ->> 'name' ORDER BY f.version DESC LIMIT 1;
	IF newest.status = 'draft' THEN
		RAISE EXCEPTION 'flow "%" has a draft', newest.name USING ERRCODE = 'WF001',
			DETAIL = format('WFL0519 flow %s: version %s is a draft, which a new version would lose.', newest.name,
				newest.version),
			HINT = 'Publish it with smartwf.publish_flow(), or drop it with smartwf.discard_flow().';
	ELSIF smartwf.flow_form(newest.id)::jsonb = complete THEN
		RETURN newest.version;
	END IF;
	stored := smartwf.store_flow(complete);
	UPDATE smartwf.flows SET status = 'published' WHERE id = stored;
	RETURN coalesce(newest.version, 0) + 1;
END
$$;
COMMENT ON FUNCTION smartwf.define_flow(jsonb) IS
'Creates a flow, or its next version, from its JSON form, and publishes it. definition (jsonb): the complete '
'definition. Returns the version number (int). If the definition is the same as that of the newest version, nothing '
'is changed, and that version is returned. Warnings are reported with severity WARNING. Raises WF001 with one line of '
'DETAIL for each fault, or if the flow has a draft, and WF400 if definition is not a JSON object.';

CREATE FUNCTION smartwf.register_dataflow(name text, function text, description text DEFAULT '') RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	fault text := smartwf.flow_function_fault(function, 'jsonb');
BEGIN
	IF name IS NULL OR name !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$' THEN
		RAISE EXCEPTION '"%" is no name of a dataflow', name USING ERRCODE = 'WF400',
			DETAIL = 'It must be a letter or underscore, then letters, digits, "_" or ":", 49 characters at most.';
	ELSIF function IS NULL OR description IS NULL THEN
		RAISE EXCEPTION 'function and description must not be null' USING ERRCODE = 'WF400';
	ELSIF fault IS NOT NULL THEN
		PERFORM smartwf.refuse(format('dataflow "%s"', name), ARRAY[format('WFL0516 dataflow %s: %s', name, fault)]);
	END IF;
	INSERT INTO smartwf.dataflows AS d VALUES (name, function, description)
		ON CONFLICT ON CONSTRAINT dataflows_pkey DO UPDATE SET function = EXCLUDED.function,
			description = EXCLUDED.description;
END
$$;
COMMENT ON FUNCTION smartwf.register_dataflow(text, text, text) IS
'Registers a function as a data flow, which steps of the kind execute_data_flow can call. name (text): the name of '
'the data flow; function (text): the function, as schema.function, which must be of the form (model jsonb, run '
'bigint) returns jsonb; description (text): for display. A data flow of the same name is replaced. Raises WF001 if '
'there is no such function, and WF400 if the name is malformed, or function or description is null.';
-- Checks and protection of published flows.

-- The steps of a flow that runs as its owner have the rights of the role that has published it.
CREATE FUNCTION smartwf.require_ordinary_owner(flow text, run_as text, owner text) RETURNS void
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF run_as = 'owner' AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = require_ordinary_owner.owner
		AND r.rolsuper) THEN
		RAISE EXCEPTION 'flow "%" would run as "%", a superuser', flow, owner USING ERRCODE = 'WF001',
			DETAIL = format('WFL0520 flow %s: it runs as its owner, the role that publishes it.', flow),
			HINT = 'Publish it as an ordinary role (SET ROLE), or let it run as its starter.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_ordinary_owner(text, text, text) IS
'Checks the owner of a flow. flow (text): the flow; run_as (text): as in smartwf.flows; owner (text): the role that '
'publishes it. Raises WF001 if run_as is owner, and the owner is a superuser.';

-- A version is checked when it is published, and frozen from then on.  A version that is
-- inserted with its shape is being loaded, and is not frozen until it is complete.
CREATE FUNCTION smartwf.protect_flow() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	frozen int;
BEGIN
	IF TG_TABLE_NAME <> 'flows' THEN
		SELECT f.id INTO frozen FROM smartwf.flows f
			WHERE f.status = 'published' AND (f.id = (to_jsonb(NEW) ->> 'flow_id')::int
				OR f.id = (to_jsonb(OLD) ->> 'flow_id')::int)
				AND f.shape = smartwf.flow_shape(f.id);
	ELSIF TG_OP = 'INSERT' AND NEW.status = 'published' AND NEW.run_as = 'owner'
		AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = NEW.owner AND pg_has_role(r.oid, 'MEMBER')) THEN
		RAISE EXCEPTION 'flow "%" runs as "%"', NEW.name, NEW.owner USING ERRCODE = 'insufficient_privilege',
			DETAIL = 'Only a member of that role may bring it back.';
	ELSIF TG_OP = 'INSERT' AND NEW.status = 'published' AND NEW.shape IS NULL THEN
		RAISE EXCEPTION 'flow "%" must be a draft first', NEW.name USING ERRCODE = 'WF001',
			HINT = 'Insert it as a draft, and publish it when its stages and steps are there.';
	ELSIF TG_OP = 'UPDATE' AND NEW.status = 'published' AND OLD.status = 'draft' THEN
		PERFORM smartwf.require_valid_flow(smartwf.flow_form(NEW.id));
		PERFORM smartwf.bind_role(smartwf.acting_role());
		NEW.owner := smartwf.acting_role();
		NEW.shape := smartwf.flow_shape(NEW.id);
		PERFORM smartwf.require_ordinary_owner(NEW.name, NEW.run_as, NEW.owner);
	ELSIF TG_OP = 'UPDATE' AND OLD.status = 'published'
		-- forget_role() sets the owner to null
		AND (NEW.id, NEW.name, NEW.version, NEW.status, NEW.structure, NEW.shape, NEW.run_as,
			coalesce(NEW.owner, OLD.owner), NEW.model)
			IS DISTINCT FROM (OLD.id, OLD.name, OLD.version, OLD.status, OLD.structure, OLD.shape, OLD.run_as,
				OLD.owner, OLD.model) THEN
		frozen := OLD.id;
	END IF;
	IF frozen IS NOT NULL THEN
		RAISE EXCEPTION 'published flow % cannot change its stages and steps', frozen USING ERRCODE = 'WF001',
			DETAIL = format('WFL0002 %s: a published version is frozen; label, access, grants and limit may change.',
				TG_TABLE_NAME),
			HINT = 'Make a draft of it with smartwf.draft_flow(), '
				'or define the next version with smartwf.define_flow().';
	END IF;
	RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION smartwf.protect_flow() IS
'Trigger function, BEFORE INSERT OR UPDATE OR DELETE FOR EACH ROW, on smartwf.flows, smartwf.stages and '
'smartwf.steps: checks flows when they are published, and protects published versions. Raises WF001 if a flow is not '
'valid, or a published version would change, and 42501 if a published flow that runs as its owner is inserted by a '
'role that is not a member of the owner.';

DO $install$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['flows', 'stages', 'steps'] LOOP
		EXECUTE format('CREATE TRIGGER protect BEFORE INSERT OR UPDATE OR DELETE ON smartwf.%I
			FOR EACH ROW EXECUTE FUNCTION smartwf.protect_flow()', name);
		EXECUTE format('CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.%I EXECUTE FUNCTION smartwf.refuse_truncate()',
			name);
	END LOOP;
END
$install$;
-- Functions for a visual flow builder.  Each changes the draft of a flow, and returns its
-- definition and its faults.

CREATE FUNCTION smartwf.builder_answer(flow_id int) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('definition', smartwf.flow_form(flow_id),
		'faults', (SELECT coalesce(json_agg(json_build_object('severity', f.severity, 'code', f.code, 'object',
			f.object, 'message', f.message)), '[]')
			FROM smartwf.flow_faults(smartwf.flow_form(flow_id)::jsonb) f))
$$;
COMMENT ON FUNCTION smartwf.builder_answer(int) IS
'Returns what every function of the flow builder returns about a flow version (int, its id): a JSON object '
'{"definition", "faults": [{"severity", "code", "object", "message"}]} (json).';

CREATE FUNCTION smartwf.draft_of(flow text) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int;
BEGIN
	SELECT f.id INTO draft FROM smartwf.flows f WHERE f.name = flow AND f.status = 'draft' FOR UPDATE;
	IF draft IS NULL THEN
		RAISE EXCEPTION 'flow "%" has no draft', flow USING ERRCODE = 'undefined_object',
			HINT = 'Make one with smartwf.draft_flow().';
	END IF;
	RETURN draft;
END
$$;
COMMENT ON FUNCTION smartwf.draft_of(text) IS
'Returns the id (int) of the draft of a flow (text), and locks the draft until the end of the transaction. Raises '
'42704 if the flow has no draft.';

CREATE FUNCTION smartwf.draft_flow(flow text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int;
BEGIN
	IF flow IS NULL OR flow !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$' THEN
		RAISE EXCEPTION '"%" is no name of a flow', flow USING ERRCODE = 'WF400',
			DETAIL = 'It must be a letter or underscore, then letters, digits, "_" or ":", 49 characters at most.';
	END IF;
	LOCK TABLE smartwf.flows IN SHARE ROW EXCLUSIVE MODE;
	SELECT f.id INTO draft FROM smartwf.flows f WHERE f.name = flow AND f.status = 'draft';
	IF draft IS NULL THEN
		draft := smartwf.store_flow(coalesce(smartwf.flow_definition(flow)::jsonb,
			smartwf.complete_flow(jsonb_build_object('name', flow, 'stages', '[]'::jsonb)) || '{"stages": []}'));
	END IF;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.draft_flow(text) IS
'Creates a draft of a flow (text): a copy of its newest version, or an empty draft if there is no such flow. If the '
'flow has a draft already, it is left unchanged. Returns the definition of the draft and its faults: {"definition", '
'"faults"} (json). Raises WF400 if the name of the flow is malformed.';

CREATE FUNCTION smartwf.discard_flow(flow text) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	-- the subquery calls the function once, not for each row
	DELETE FROM smartwf.flows WHERE id = (SELECT smartwf.draft_of(flow))
$$;
COMMENT ON FUNCTION smartwf.discard_flow(text) IS
'Deletes the draft of a flow (text). Raises 42704 if the flow has no draft.';

CREATE FUNCTION smartwf.publish_flow(flow text) RETURNS int
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.flows SET status = 'published' WHERE id = (SELECT smartwf.draft_of(flow)) RETURNING version
$$;
COMMENT ON FUNCTION smartwf.publish_flow(text) IS
'Publishes the draft of a flow (text). Returns its version number (int). Raises WF001 with one line of DETAIL for '
'each fault, and 42704 if the flow has no draft.';

-- The properties of a flow, except for its stages.
CREATE FUNCTION smartwf.update_flow(flow text, settings jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	changed jsonb;
	faults text[];
BEGIN
	IF jsonb_typeof(settings) IS DISTINCT FROM 'object' OR settings ? 'stages' THEN
		RAISE EXCEPTION 'settings must be a JSON object of what a flow has beside its stages, not %', settings
			USING ERRCODE = 'WF400';
	END IF;
	changed := smartwf.complete_flow(smartwf.flow_form(draft)::jsonb || settings);
	-- only settings that cannot be stored are refused; other faults are returned
	SELECT array_agg(format('%s: %s', f.object, f.message) ORDER BY f.object, f.message) INTO faults
		FROM (SELECT * FROM smartwf.flow_form_faults(changed
			|| '{"stages": [{"name": "s", "steps": [{"name": "x", "kind": "finish"}]}]}')
			UNION ALL SELECT * FROM smartwf.flow_setting_faults(changed || '{"stages": []}')) f
		WHERE f.code IN ('WFL0500', 'WFL0502', 'WFL0503', 'WFL0504');
	IF faults IS NOT NULL THEN
		RAISE EXCEPTION 'settings of flow "%" are not valid', flow USING ERRCODE = 'WF400',
			DETAIL = array_to_string(faults, E'\n');
	END IF;
	IF changed ->> 'name' <> flow THEN
		UPDATE smartwf.flows f SET name = changed ->> 'name',
			version = (SELECT coalesce(max(o.version), 0) + 1 FROM smartwf.flows o WHERE o.name = changed ->> 'name')
			WHERE f.id = draft;
	END IF;
	PERFORM smartwf.store_flow_settings(draft, changed);
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.update_flow(text, jsonb) IS
'Changes the properties of the draft of a flow, except for its stages. flow (text): the flow; settings (jsonb): an '
'object with the keys to change (name, label, structure, restrictAccess, runAs, maxRuns, grants, start, managers, '
'model). Returns the definition of the draft and its faults: {"definition", "faults"} (json). Raises WF400 with one '
'line of DETAIL for each setting that cannot be stored, 23505 if another flow of the new name has a draft, and 42704 '
'if the flow has no draft.';

-- Stages

CREATE FUNCTION smartwf.require_stage(flow_id int, stage text) RETURNS int
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found int;
BEGIN
	SELECT s.position INTO found FROM smartwf.stages s WHERE s.flow_id = require_stage.flow_id AND s.name = stage;
	IF found IS NULL THEN
		RAISE EXCEPTION 'the flow has no stage "%"', stage USING ERRCODE = 'undefined_object';
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION smartwf.require_stage(int, text) IS
'Returns the position (int) of a stage (text) in a flow version (int, its id). Raises 42704 if there is no such '
'stage.';

CREATE FUNCTION smartwf.require_name(flow_id int, name text, what text) RETURNS void
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF name IS NULL OR name !~ '^\S([^\r\n]{0,98}\S)?$' THEN
		RAISE EXCEPTION '"%" is no name of a %', name, what USING ERRCODE = 'WF400',
			DETAIL = 'It must not be empty, begin or end with a blank, or be longer than 100 characters.';
	ELSIF EXISTS (SELECT FROM smartwf.stages s WHERE (s.flow_id, s.name, 'stage') = (require_name.flow_id,
		require_name.name, what)
			UNION ALL SELECT FROM smartwf.steps s WHERE (s.flow_id, s.name, 'step') = (require_name.flow_id,
				require_name.name, what)) THEN
		RAISE EXCEPTION 'the flow has a % "%" already', what, name USING ERRCODE = 'unique_violation';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_name(int, text, text) IS
'Checks the name of a new stage or step. flow_id (int): the flow version; name (text): the name; what (text): stage '
'or step. Raises WF400 if the name is malformed, and 23505 if it is already in use.';

CREATE FUNCTION smartwf.add_stage(flow text, name text, at_position int DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	last int := (SELECT count(*) FROM smartwf.stages s WHERE s.flow_id = draft);
	place int := greatest(1, least(coalesce(at_position, last + 1), last + 1));
BEGIN
	PERFORM smartwf.require_name(draft, name, 'stage');
	UPDATE smartwf.stages s SET position = s.position + 1 WHERE s.flow_id = draft AND s.position >= place;
	INSERT INTO smartwf.stages VALUES (draft, name, place);
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.add_stage(text, text, int) IS
'Adds a stage to the draft of a flow. flow (text): the flow; name (text): the name of the stage; at_position (int): '
'its position, starting with 1, by default the last. Returns the definition of the draft and its faults: '
'{"definition", "faults"} (json). Raises WF400 if the name is malformed, 23505 if it is already in use, and 42704 if '
'the flow has no draft.';

CREATE FUNCTION smartwf.rename_stage(flow text, stage text, name text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
BEGIN
	PERFORM smartwf.require_stage(draft, stage);
	IF name IS DISTINCT FROM stage THEN
		PERFORM smartwf.require_name(draft, name, 'stage');
	END IF;
	UPDATE smartwf.stages s SET name = rename_stage.name WHERE s.flow_id = draft AND s.name = stage;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.rename_stage(text, text, text) IS
'Renames a stage of the draft of a flow. flow (text): the flow; stage (text): the stage; name (text): its new name. '
'Returns the definition of the draft and its faults: {"definition", "faults"} (json). Raises WF400 if the name is '
'malformed, 23505 if it is already in use, and 42704 if the flow has no draft, or the draft no such stage.';

CREATE FUNCTION smartwf.move_stage(flow text, stage text, at_position int) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old int := smartwf.require_stage(draft, stage);
	place int := greatest(1, least(at_position, (SELECT count(*) FROM smartwf.stages s WHERE s.flow_id = draft)));
BEGIN
	UPDATE smartwf.stages s SET position = CASE WHEN s.name = stage THEN place
		ELSE s.position + sign(old - place)::int END
		WHERE s.flow_id = draft AND s.position BETWEEN least(old, place) AND greatest(old, place);
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.move_stage(text, text, int) IS
'Moves a stage of the draft of a flow to another position. flow (text): the flow; stage (text): the stage; '
'at_position (int): its new position, starting with 1. Returns the definition of the draft and its faults: '
'{"definition", "faults"} (json). Raises 42704 if the flow has no draft, or the draft no such stage.';

CREATE FUNCTION smartwf.remove_stage(flow text, stage text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old int := smartwf.require_stage(draft, stage);
BEGIN
	DELETE FROM smartwf.stages s WHERE s.flow_id = draft AND s.name = stage;
	UPDATE smartwf.stages s SET position = s.position - 1 WHERE s.flow_id = draft AND s.position > old;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.remove_stage(text, text) IS
'Removes a stage (text) and its steps from the draft of a flow (text). Returns the definition of the draft and its '
'faults: {"definition", "faults"} (json). Raises 42704 if the flow has no draft, or the draft no such stage.';

-- Steps

CREATE FUNCTION smartwf.require_step(flow_id int, step text) RETURNS smartwf.steps
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found smartwf.steps;
BEGIN
	SELECT * INTO found FROM smartwf.steps s WHERE s.flow_id = require_step.flow_id AND s.name = step;
	IF found.name IS NULL THEN
		RAISE EXCEPTION 'the flow has no step "%"', step USING ERRCODE = 'undefined_object';
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION smartwf.require_step(int, text) IS
'Returns a step (text) of a flow version (int, its id) as a row of smartwf.steps. Raises 42704 if there is no such '
'step.';

-- Makes room for a step in a list, or closes the gap that it leaves.
CREATE FUNCTION smartwf.shift_steps(place smartwf.steps, distance int) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.steps s SET position = s.position + distance
	WHERE s.flow_id = place.flow_id AND s.stage = place.stage AND s.parent IS NOT DISTINCT FROM place.parent
		AND s.branch IS NOT DISTINCT FROM place.branch AND s.branch_value IS NOT DISTINCT FROM place.branch_value
		AND s.position >= place.position AND s.name IS DISTINCT FROM place.name
$$;
COMMENT ON FUNCTION smartwf.shift_steps(smartwf.steps, int) IS
'Changes the positions of the steps that are in the same list as a step (a row of smartwf.steps), at or after its '
'position, by distance (int). The step itself is not moved.';

-- The list and the position at which a step is to be placed.
CREATE FUNCTION smartwf.place_for_step(flow_id int, stage text, at_position int, parent text, branch text,
	branch_value text, moving text DEFAULT NULL) RETURNS smartwf.steps
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	place smartwf.steps;
	outer_step smartwf.steps;
	last int;
BEGIN
	place.flow_id := flow_id;
	place.stage := stage;
	place.name := moving;
	IF parent IS NOT NULL THEN
		outer_step := smartwf.require_step(flow_id, parent);
		place.stage := coalesce(stage, outer_step.stage);
		place.parent := parent;
		place.branch := coalesce(branch, CASE WHEN outer_step.kind = 'if_condition' THEN 'else'
			WHEN branch_value IS NOT NULL THEN 'case' WHEN outer_step.kind = 'switch_case' THEN 'default' ELSE '' END);
		place.branch_value := branch_value;
		IF place.stage <> outer_step.stage
			OR place.branch <> ALL (CASE outer_step.kind WHEN 'if_condition' THEN ARRAY['else', 'failure']
				WHEN 'switch_case' THEN ARRAY['case', 'default', 'failure'] ELSE ARRAY['failure'] END)
			OR (place.branch = 'case') <> (branch_value IS NOT NULL) THEN
			RAISE EXCEPTION 'step "%" has no such branch in that stage', parent USING ERRCODE = 'WF400',
				DETAIL = 'An if_condition has the branch else; a switch_case has case, with a value, and default; '
						'every step has failure.';
		END IF;
		IF place.branch = 'failure' AND outer_step.failure ->> 'then' IS DISTINCT FROM 'branch' THEN
			UPDATE smartwf.steps s SET failure = smartwf.complete_failure(coalesce(s.failure, '{}'))
				|| '{"then": "branch"}' WHERE s.flow_id = place.flow_id AND s.name = place.parent;
		END IF;
		IF place.branch = 'case' AND NOT outer_step.cases ? branch_value THEN
			UPDATE smartwf.steps s SET cases = s.cases || to_jsonb(place.branch_value) WHERE s.flow_id = place.flow_id
				AND s.name = place.parent;
		END IF;
	ELSIF branch IS NOT NULL OR branch_value IS NOT NULL THEN
		RAISE EXCEPTION 'a branch needs the step that it belongs to' USING ERRCODE = 'WF400';
	END IF;
	PERFORM smartwf.require_stage(flow_id, place.stage);
	SELECT count(*) INTO last FROM smartwf.steps s
		WHERE s.flow_id = place.flow_id AND s.stage = place.stage AND s.parent IS NOT DISTINCT FROM place.parent
			AND s.branch IS NOT DISTINCT FROM place.branch AND s.branch_value IS NOT DISTINCT FROM place.branch_value
			AND s.name IS DISTINCT FROM moving;
	place.position := greatest(1, least(coalesce(at_position, last + 1), last + 1));
	RETURN place;
END
$$;
COMMENT ON FUNCTION smartwf.place_for_step(int, text, int, text, text, text, text) IS
'Determines the place of a step in a flow version (flow_id, int): in a stage (text), or in a branch (text, with '
'branch_value, text, for a case) of another step (parent, text), at a position (at_position, int; null: the last). '
'moving (text): the step that is moved, or null for a new step. If parent has no such case or failure branch yet, it '
'is added. Returns the place as a row of smartwf.steps. Raises 42704 if there is no such stage or parent, and WF400 '
'if parent cannot have such a branch.';

CREATE FUNCTION smartwf.add_step(flow text, stage text, step jsonb, at_position int DEFAULT NULL,
		parent text DEFAULT NULL, branch text DEFAULT NULL, branch_value text DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	place smartwf.steps;
	fault record;
BEGIN
	IF jsonb_typeof(step) IS DISTINCT FROM 'object' OR step ->> 'kind' IS NULL THEN
		RAISE EXCEPTION 'a step must be a JSON object with name and kind, not %', step USING ERRCODE = 'WF400';
	END IF;
	place := smartwf.place_for_step(draft, stage, at_position, parent, branch, branch_value);
	PERFORM smartwf.shift_steps(place, 1);
	INSERT INTO smartwf.steps (flow_id, name, stage, parent, branch, branch_value, position, kind, settings, cases,
		failure)
		SELECT draft, s.name, place.stage, coalesce(s.parent, place.parent), coalesce(s.branch, place.branch),
			CASE WHEN s.branch IS NULL THEN place.branch_value ELSE s.branch_value END,
			CASE WHEN s.branch IS NULL THEN place.position ELSE s.number END, s.kind,
			coalesce(nullif(s.item -> 'settings', 'null'), '{}'),
			CASE WHEN s.kind = 'switch_case' THEN (SELECT coalesce(jsonb_agg(m.key ORDER BY m.key), '[]')
				FROM smartwf.members(s.item -> 'cases') m) END,
			smartwf.complete_failure(s.item -> 'failure')
		FROM smartwf.flow_steps(jsonb_build_object('stages',
			jsonb_build_array(jsonb_build_object('name', place.stage, 'steps', jsonb_build_array(step))))) s,
			LATERAL smartwf.require_name(draft, s.name, 'step')
		ORDER BY s.path;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.add_step(text, text, jsonb, int, text, text, text) IS
'Adds a step to the draft of a flow. flow (text): the flow; stage (text): the stage; step (jsonb): an object with '
'name, kind, settings and branches; at_position (int): its position, starting with 1, by default the last; parent '
'(text): the step to a branch of which it is added; branch (text): else, case, default or failure; branch_value '
'(text): the value of a case. Returns the definition of the draft and its faults: {"definition", "faults"} (json). '
'Raises WF400 if the step or its place is not valid, 23505 if its name is already in use, and 42704 if the flow has '
'no draft, or the draft no such stage or parent.';

CREATE FUNCTION smartwf.update_step(flow text, step text, changes jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old smartwf.steps := smartwf.require_step(draft, step);
	new smartwf.steps := old;
BEGIN
	IF jsonb_typeof(changes) IS DISTINCT FROM 'object'
		OR EXISTS (SELECT FROM smartwf.members(changes) m WHERE (m.key, jsonb_typeof(m.value)) NOT IN
			(('name', 'string'), ('kind', 'string'), ('settings', 'object'), ('cases', 'array'), ('failure', 'object'),
				('failure', 'null'))) THEN
		RAISE EXCEPTION 'changes must be a JSON object of name and kind (strings), settings and failure (objects) '
			'and cases (a list), not %', changes USING ERRCODE = 'WF400';
	END IF;
	new.name := coalesce(changes ->> 'name', old.name);
	new.kind := coalesce(changes ->> 'kind', old.kind);
	new.settings := coalesce(changes -> 'settings', old.settings);
	new.cases := CASE WHEN new.kind = 'switch_case' THEN coalesce(changes -> 'cases', old.cases, '[]') END;
	new.failure := CASE WHEN changes ? 'failure' THEN smartwf.complete_failure(changes -> 'failure')
		ELSE old.failure END;
	IF new.name <> old.name THEN
		PERFORM smartwf.require_name(draft, new.name, 'step');
	END IF;
	IF EXISTS (SELECT FROM smartwf.steps s WHERE s.flow_id = draft AND s.parent = old.name
		AND ((new.kind <> old.kind AND s.branch <> 'failure') OR (s.branch = 'failure'
			AND new.failure ->> 'then' IS DISTINCT FROM 'branch')
			OR (s.branch = 'case' AND NOT new.cases ? s.branch_value))) THEN
		RAISE EXCEPTION 'step "%" still has steps in that branch', step USING ERRCODE = 'WF400',
			HINT = 'Move or remove them first.';
	END IF;
	UPDATE smartwf.steps s SET name = new.name, kind = new.kind, settings = new.settings, cases = new.cases,
		failure = new.failure
		WHERE s.flow_id = draft AND s.name = old.name;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.update_step(text, text, jsonb) IS
'Changes a step of the draft of a flow. flow (text): the flow; step (text): the step; changes (jsonb): an object with '
'the keys to change: name, kind, settings, cases (an array of values), and failure (an object without steps, or '
'null). Returns the definition of the draft and its faults: {"definition", "faults"} (json). Raises WF400 if the '
'changes are not valid, or would remove a branch that contains steps, 23505 if the new name is already in use, and '
'42704 if the flow has no draft, or the draft no such step.';

CREATE FUNCTION smartwf.move_step(flow text, step text, stage text DEFAULT NULL, at_position int DEFAULT NULL,
		parent text DEFAULT NULL, branch text DEFAULT NULL, branch_value text DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old smartwf.steps := smartwf.require_step(draft, step);
	place smartwf.steps;
BEGIN
	IF EXISTS (WITH RECURSIVE inside AS (
			SELECT s.name FROM smartwf.steps s WHERE s.flow_id = draft AND s.name = step
			UNION ALL
			SELECT s.name FROM smartwf.steps s JOIN inside i ON s.parent = i.name WHERE s.flow_id = draft)
		SELECT FROM inside WHERE name = parent) THEN
		RAISE EXCEPTION 'step "%" cannot move into its own branch', step USING ERRCODE = 'WF400';
	END IF;
	PERFORM smartwf.shift_steps(old, -1);
	place := smartwf.place_for_step(draft, CASE WHEN parent IS NULL THEN coalesce(stage, old.stage) ELSE stage END,
		at_position, parent, branch, branch_value, step);
	PERFORM smartwf.shift_steps(place, 1);
	UPDATE smartwf.steps s SET stage = place.stage, position = place.position, parent = place.parent,
		branch = place.branch, branch_value = place.branch_value
		WHERE s.flow_id = draft AND s.name = step;
	WITH RECURSIVE inside AS (
		SELECT s.name FROM smartwf.steps s WHERE s.flow_id = draft AND s.parent = step
		UNION ALL
		SELECT s.name FROM smartwf.steps s JOIN inside i ON s.parent = i.name WHERE s.flow_id = draft)
	UPDATE smartwf.steps s SET stage = place.stage FROM inside i WHERE s.flow_id = draft AND s.name = i.name;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.move_step(text, text, text, int, text, text, text) IS
'Moves a step of the draft of a flow, with all steps in its branches. flow (text): the flow; step (text): the step; '
'stage (text): the stage to which it is moved, by default its own; at_position (int): its new position, starting with '
'1, by default the last; parent, branch, branch_value (text): the branch to which it is moved, as for '
'smartwf.add_step(). Returns the definition of the draft and its faults: {"definition", "faults"} (json). Raises '
'WF400 if the place is not valid, or is in a branch of the step itself, and 42704 if the flow has no draft, or the '
'draft no such step, stage or parent.';

CREATE FUNCTION smartwf.remove_step(flow text, step text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old smartwf.steps := smartwf.require_step(draft, step);
BEGIN
	DELETE FROM smartwf.steps s WHERE s.flow_id = draft AND s.name = step;
	PERFORM smartwf.shift_steps(old, -1);
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.remove_step(text, text) IS
'Removes a step (text) and all steps in its branches from the draft of a flow (text). Returns the definition of the '
'draft and its faults: {"definition", "faults"} (json). Raises 42704 if the flow has no draft, or the draft no such '
'step.';
-- Runs of flows.  Only the engine changes them.  There are no CHECK constraints and foreign
-- keys, which would take a quarter of the time of a step, because rows are written without
-- statements.  Restored rows are checked by the policies, and again when they are read.

CREATE TABLE smartwf.runs (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	flow_id int NOT NULL,
	flow text COLLATE "C" NOT NULL,
	docid text COLLATE "C",
	key text COLLATE "C",
	status text NOT NULL,
	starter text NOT NULL,
	actor text NOT NULL,
	search_path text NOT NULL,
	model jsonb NOT NULL,
	base jsonb,
	step text,
	sqlstate text,
	message text,
	context text,
	priority int NOT NULL DEFAULT 0,
	due_at timestamptz,
	by_worker boolean NOT NULL DEFAULT false,
	attempt int NOT NULL DEFAULT 0,
	deaths int NOT NULL DEFAULT 0,
	put_offs int NOT NULL DEFAULT 0,
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	actor_is_person boolean NOT NULL DEFAULT false,
	person text NOT NULL DEFAULT '',
	answerer text,
	answerer_actor text,
	answerer_is_person boolean,
	answerer_person text,
	answered bigint
) WITH (fillfactor = 80);
-- keys of different starters are independent
CREATE UNIQUE INDEX runs_key ON smartwf.runs (flow, key, starter, actor) WHERE key IS NOT NULL;
CREATE INDEX runs_docid ON smartwf.runs (docid) WHERE docid IS NOT NULL;
-- for the purge
CREATE INDEX runs_started_at ON smartwf.runs USING brin (started_at) WITH (pages_per_range = 16);
CREATE INDEX runs_due ON smartwf.runs (flow, priority, due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.runs IS
'Runs of flows. flow_id: the version of the flow; docid: the document, null for free JSON; key: the key given to '
'start_flow(). status: draft, queued, running, waiting, finished, failed or cancelled. starter: the role that has '
'started the run; actor: the name of the role or person that has started it (a person if actor_is_person is true); '
'person: as returned by smartwf.person(); search_path: that of the start. model: the fields on which the run works; '
'base: the document''s row when it was last read. step: the next, waiting or failed step; sqlstate, message, context: '
'the error of a failed step. due_at: when a worker continues the run; infinity while it waits for an answer or '
'another action; null when it has ended. priority: runs with higher values come first; by_worker: whether workers '
'execute the steps. attempt: how often the step has failed; deaths: how often it has ended the process that executed '
'it; put_offs: how often it was postponed because of a lock. answerer, answerer_actor, answerer_is_person, '
'answerer_person: who gave the last answer; answered: the confirmation that was answered. Rows can be read by those '
'who may see the run; for model and base, see smartwf.run_model(). Maintained by smartwf.';

CREATE TABLE smartwf.run_steps (
	run bigint NOT NULL,
	number int NOT NULL,
	step text NOT NULL,
	stage text NOT NULL,
	attempt int NOT NULL,
	outcome text NOT NULL,
	started_at timestamptz NOT NULL,
	duration interval NOT NULL,
	changes jsonb,
	sqlstate text,
	message text,
	context text,
	PRIMARY KEY (run, number)
);
-- for the metrics of the last minute
CREATE INDEX run_steps_started_at ON smartwf.run_steps USING brin (started_at) WITH (pages_per_range = 16);
COMMENT ON TABLE smartwf.run_steps IS
'Steps that runs have executed, one row for each attempt; number counts from 1 in each run. outcome: done, waiting, '
'failed, cancelled, skipped or changed; changes: what has changed in the model; sqlstate, message, context: the error '
'of a failed step. Rows can be read by those who may see the run. Maintained by smartwf.';

CREATE TABLE smartwf.confirmations (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run bigint NOT NULL,
	step text NOT NULL,
	field text NOT NULL,
	message text NOT NULL DEFAULT '',
	options text[] NOT NULL,
	users text[] NOT NULL,
	people text[] NOT NULL DEFAULT '{}',
	excluded text[] NOT NULL DEFAULT '{}',
	answers_needed int NOT NULL DEFAULT 1,
	due_at timestamptz,
	status text NOT NULL DEFAULT 'open',
	choice text,
	asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	closed_at timestamptz
);
CREATE INDEX confirmations_run ON smartwf.confirmations (run);
CREATE INDEX confirmations_open ON smartwf.confirmations USING gin (users) WHERE status = 'open';
COMMENT ON TABLE smartwf.confirmations IS
'Questions that runs ask. field: the field of the model in which the answer is stored; options: the possible answers; '
'users: the roles and persons that are asked (those that are also in people are persons); excluded: persons who '
'cannot answer, as returned by smartwf.person(); answers_needed: how many persons must give the same answer; due_at: '
'when the question expires. status: open, answered, cancelled or expired; choice: the answer that was taken. Rows can '
'be read by those who are asked and by administrators. Maintained by smartwf.';

CREATE TABLE smartwf.answers (
	confirmation bigint NOT NULL,
	actor text NOT NULL,
	choice text NOT NULL,
	comment text,
	answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	person text NOT NULL,
	PRIMARY KEY (confirmation, person)
);
COMMENT ON TABLE smartwf.answers IS
'Answers to confirmations, at most one for each person. actor: the name of the role or person that answered; person: '
'as returned by smartwf.person(); choice: the answer; comment: an optional comment. Rows can be read by those who can '
'read the confirmation. Maintained by smartwf.';

DO $install$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['runs', 'run_steps', 'confirmations', 'answers'] LOOP
		EXECUTE format('ALTER TABLE smartwf.%I ENABLE ROW LEVEL SECURITY', name);
		-- not the model, since the reader may not see the document; see run_model()
		EXECUTE format('GRANT SELECT (%s) ON smartwf.%I TO PUBLIC', (SELECT string_agg(quote_ident(attname), ', '
			ORDER BY attnum)
			FROM pg_attribute WHERE attrelid = format('smartwf.%I', name)::regclass AND attnum > 0
				AND (name, attname) NOT IN (('runs', 'model'), ('runs', 'base'), ('run_steps', 'changes'))), name);
		PERFORM pg_catalog.pg_extension_config_dump(format('smartwf.%I', name)::regclass, '');
	END LOOP;
END
$install$;
SELECT pg_catalog.pg_extension_config_dump('smartwf.runs_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.confirmations_id_seq', '');

CREATE FUNCTION smartwf.sees_run(run bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT COST 50 AS 'MODULE_PATHNAME', 'smartwf_sees_run';
COMMENT ON FUNCTION smartwf.sees_run(bigint) IS
'Returns true if the caller may see a run (bigint): as an administrator, if access to its flow is not restricted, if '
'they have started it, if it asks them, or if they have the privilege read or manage on its flow.';
CREATE POLICY reader ON smartwf.runs FOR SELECT USING (smartwf.sees_run(id));
CREATE POLICY reader ON smartwf.run_steps FOR SELECT USING (smartwf.sees_run(run));
CREATE POLICY asked ON smartwf.confirmations FOR SELECT USING (smartwf.names_caller(users, people));
CREATE POLICY asked ON smartwf.answers FOR SELECT
	USING (EXISTS (SELECT FROM smartwf.confirmations c WHERE c.id = confirmation));

-- In place of a foreign key from smartwf.runs to smartwf.flows.
CREATE FUNCTION smartwf.flow_has_runs(flow int) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_flow_has_runs';
COMMENT ON FUNCTION smartwf.flow_has_runs(int) IS
'Returns true if there are runs of a flow version (int, its id), including runs that the caller may not see.';

CREATE FUNCTION smartwf.keep_runs() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF smartwf.flow_has_runs(OLD.id) THEN
		RAISE EXCEPTION 'flow "%" has runs of version %', OLD.name, OLD.version USING ERRCODE = 'foreign_key_violation',
			HINT = 'Do away with them first, with smartwf.purge().';
	END IF;
	RETURN OLD;
END
$$;
COMMENT ON FUNCTION smartwf.keep_runs() IS
'Trigger function, BEFORE DELETE FOR EACH ROW, on smartwf.flows. Raises 23503 if there are runs of the version.';
CREATE TRIGGER keep_runs BEFORE DELETE ON smartwf.flows FOR EACH ROW EXECUTE FUNCTION smartwf.keep_runs();

CREATE FUNCTION smartwf.start_flow(flow text, docid text DEFAULT NULL, model jsonb DEFAULT NULL,
	key text DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_start_flow';
COMMENT ON FUNCTION smartwf.start_flow(text, text, jsonb, text) IS
'Starts a run of the newest version of a flow. flow (text): the flow; docid (text): the document on which it works, '
'null for free JSON; model (jsonb): an object with fields that are added to those of the document, or replace them, '
'or with the free JSON; key (text): if the caller has already started the flow with this key, that run is returned, '
'and nothing is started. The run is executed in the current transaction until it ends, fails or waits, with the '
'rights of the caller, or with those of the flow''s owner (runAs). If the flow is paused, the run is queued. Returns '
'the run (bigint). An error in a step does not raise an error here, but is recorded in the run. Raises 42704 if the '
'flow is not published; 42501 unless the caller may start the flow (without start grants, those who can see the '
'document, and administrators for free JSON), or if model replaces fields of the document in a flow whose steps act '
'for its owner or for those who answer, unless the caller is an administrator; WF200, WF201, WF219, WF220 or WF227 if '
'there is no such document; and WF400 if the call is malformed.';

CREATE FUNCTION smartwf.enqueue_flow(flow text, docid text DEFAULT NULL, model jsonb DEFAULT NULL,
	key text DEFAULT NULL,
		at timestamptz DEFAULT NULL, priority int DEFAULT 0) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_enqueue_flow';
COMMENT ON FUNCTION smartwf.enqueue_flow(text, text, jsonb, text, timestamptz, int) IS
'Queues a run of the newest version of a flow for the workers, which commit after each step. flow, docid, model, key: '
'as for start_flow(); at (timestamptz): the time at which the run starts, by default at once; priority (int): 0 (the '
'default) to 9, the highest. Returns the run (bigint). Raises WF400 if the priority is out of range, and the errors '
'of start_flow().';

CREATE FUNCTION smartwf.restart_run(run bigint, from_step text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_restart_run';
COMMENT ON FUNCTION smartwf.restart_run(bigint, text) IS
'Continues a failed or cancelled run at the step where it stopped, starts a draft from the beginning, or starts a '
'queued run at once. run (bigint): the run; from_step (text): continue at this step instead, which the run must have '
'reached before. Fields of the document that the run has not changed are read again. The run is executed in the '
'current transaction; if it is executed by workers, or the flow is paused, it is queued instead. Returns the status '
'of the run (text). Raises WF410 if the run is running, waiting or finished, 42501 unless the caller has started it, '
'may manage the flow or is an administrator, 42704 if there is no such run or the caller may not see it, or if the '
'run has not reached from_step, and WF400 if run is null.';

CREATE FUNCTION smartwf.restart_all(flow text, error_like text DEFAULT '%') RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_restart_all';
COMMENT ON FUNCTION smartwf.restart_all(text, text) IS
'Queues all failed runs of a flow again, to continue at the step that failed. flow (text): the flow; error_like '
'(text): a pattern, as for LIKE, for the error message of the runs; by default, all failed runs. Returns the number '
'of runs that were queued (bigint). Raises 42501 unless the caller is an administrator, and WF400 if an argument is '
'null.';

CREATE FUNCTION smartwf.cancel_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_cancel_run';
COMMENT ON FUNCTION smartwf.cancel_run(bigint) IS
'Cancels a run (bigint) that has not ended, and its open questions. Returns the status of the run (text). Raises '
'WF410 if the run is finished or already cancelled, 42501 unless the caller has started it, may manage the flow or is '
'an administrator, 42704 if there is no such run or the caller may not see it, and WF400 if run is null.';

CREATE FUNCTION smartwf.reset_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_reset_run';
COMMENT ON FUNCTION smartwf.reset_run(bigint) IS
'Makes a run (bigint) that is not finished a draft, and cancels its open questions. The document can then be edited, '
'and restart_run() starts the run from the beginning. Returns the status of the run (text). Raises WF410 if the run '
'is finished, 42501 unless the caller has started it, may manage the flow or is an administrator, 42704 if there is '
'no such run or the caller may not see it, and WF400 if run is null.';

CREATE FUNCTION smartwf.shows_model(run bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT COST 50 AS 'MODULE_PATHNAME', 'smartwf_shows_model';
COMMENT ON FUNCTION smartwf.shows_model(bigint) IS
'Returns true if the caller may see the model of a run (bigint): if they may see the run and, if it works on a '
'document, may read that document.';

CREATE FUNCTION smartwf.run_model(run bigint) RETURNS jsonb
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_run_model';
COMMENT ON FUNCTION smartwf.run_model(bigint) IS
'Returns the model of a run (bigint) as a JSON object (jsonb), or null if there is no such run, or the caller may not '
'see its model, that is, may not see the run or read its document.';

CREATE FUNCTION smartwf.skip_step(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_skip_step';
COMMENT ON FUNCTION smartwf.skip_step(bigint) IS
'Continues a failed or waiting run (bigint) with the step after the one where it stopped. Open questions of that step '
'are cancelled. Returns the status of the run (text). Raises WF410 if the run is neither failed nor waiting, 42501 '
'unless the caller may manage the flow or is an administrator, 42704 if there is no such run or the caller may not '
'see it, and WF400 if run is null.';

CREATE FUNCTION smartwf.set_run_model(run bigint, model jsonb) RETURNS jsonb
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_set_run_model';
COMMENT ON FUNCTION smartwf.set_run_model(bigint, jsonb) IS
'Replaces the model of a failed or waiting run. run (bigint): the run; model (jsonb): an object with the new fields. '
'Who has changed what is recorded in smartwf.run_steps. Returns the previous model (jsonb), or null if the caller may '
'not see it. Raises WF400 if model is not an object, and the errors of skip_step().';

CREATE FUNCTION smartwf.pause_flow(flow text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pause_flow';
COMMENT ON FUNCTION smartwf.pause_flow(text) IS
'Pauses a flow (text): none of its runs continues until resume_flow() is called, and runs that are started or '
'answered in the meantime are queued. Steps that are being executed are completed. Raises 42501 unless the caller may '
'manage the flow or is an administrator, 42704 if the flow is not published, and WF400 if flow is null.';

CREATE FUNCTION smartwf.resume_flow(flow text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_resume_flow';
COMMENT ON FUNCTION smartwf.resume_flow(text) IS
'Resumes a flow (text) that was paused by pause_flow(): workers continue its runs. Raises 42501 unless the caller may '
'manage the flow or is an administrator, 42704 if the flow is not published, and WF400 if flow is null.';
-- The inbox: questions and notifications.

CREATE FUNCTION smartwf.answer_confirmation(confirmation bigint, choice text, comment text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_answer_confirmation';
COMMENT ON FUNCTION smartwf.answer_confirmation(bigint, text, text) IS
'Answers a question. confirmation (bigint): the question, as listed in smartwf.inbox; choice (text): one of its '
'options; comment (text): an optional comment. When as many persons as needed have given the same answer, it is '
'stored in the field of the model, and the run continues in the current transaction, or is queued if workers execute '
'it or the flow is paused. Each person can answer once, whatever role they use. Returns the status of the run (text). '
'Raises WF410 if the question is closed, or the caller has already answered it, 42501 if the caller is excluded '
'(excludeStarter, excludeAnswerersOf) or has delegated the question, 42704 if there is no such question for the '
'caller, and WF400 if choice is not one of the options.';

CREATE FUNCTION smartwf.delegate(confirmation bigint, "to" text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_delegate';
COMMENT ON FUNCTION smartwf.delegate(bigint, text) IS
'Delegates a question that the caller is asked to another role or person, who is notified. The caller can no longer '
'answer it. confirmation (bigint): the question; to (text): a role, or a person in smartwf.contacts. Raises WF410 if '
'the question is closed, or the caller has already answered it, 42501 if the caller may not answer it, 42704 if there '
'is no such question for the caller, and WF400 if to is neither a role nor a person in smartwf.contacts, is the '
'caller, or may not answer.';

CREATE FUNCTION smartwf.mark_read(notification bigint, is_read boolean DEFAULT true) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_mark_read';
COMMENT ON FUNCTION smartwf.mark_read(bigint, boolean) IS
'Marks a notification in the inbox of the caller as read. notification (bigint): the notification; is_read (boolean): '
'false marks it as unread. Raises 42704 if there is no such notification for the caller, and WF400 if notification is '
'null.';

CREATE FUNCTION smartwf.delete_notification(notification bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_delete_notification';
COMMENT ON FUNCTION smartwf.delete_notification(bigint) IS
'Deletes a notification (bigint) from the inbox of the caller. Raises 42704 if there is no such notification for the '
'caller, and WF400 if notification is null.';

-- for the inbox, which finds the rows of these names by index
CREATE FUNCTION smartwf.caller_names() RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(r.rolname::text) || CASE WHEN smartwf.actor_is_person() THEN ARRAY[smartwf.actor()] ELSE '{}' END
	FROM pg_roles r LEFT JOIN smartwf.known_roles k ON k.name = r.rolname
	WHERE pg_has_role(r.oid, 'USAGE') AND coalesce(k.role, r.oid::bigint) = r.oid::bigint
$$;
COMMENT ON FUNCTION smartwf.caller_names() IS
'Returns the names that can mean the caller (text[]): the roles whose privileges the current role has, and, if '
'smartwf.actor() is a person, the name of that person. Whether a name means the role or the person is decided by '
'smartwf.names_caller().';

-- the subqueries determine the names once, not for each row
CREATE VIEW smartwf.inbox WITH (security_barrier) AS
SELECT n.created_at AS at, n.run, n.step, n.id AS notification, NULL::bigint AS confirmation, n.subject, n.body,
	NULL::text[] AS options,
	NULL::timestamptz AS due_at, n.read_at
FROM smartwf.notifications n
WHERE n.channel = 'mail' AND n.recipient = ANY ((SELECT smartwf.caller_names())::text[])
	AND smartwf.names_caller(ARRAY[n.recipient], CASE WHEN n.recipient_is_person THEN ARRAY[n.recipient] ELSE '{}' END)
UNION ALL
SELECT c.asked_at, c.run, c.step, NULL, c.id, '', c.message, c.options, c.due_at, NULL
FROM smartwf.confirmations c
WHERE c.status = 'open' AND c.users && (SELECT smartwf.caller_names()) AND smartwf.names_caller(c.users, c.people)
	AND (SELECT smartwf.person()) <> ALL (c.excluded)
	AND NOT EXISTS (SELECT FROM smartwf.answers a WHERE a.confirmation = c.id AND a.person = (SELECT smartwf.person()));
COMMENT ON VIEW smartwf.inbox IS
'Inbox of the caller: notifications on the channel mail, and open questions that the caller has not answered yet.';
COMMENT ON COLUMN smartwf.inbox.at IS 'Time of the notification or question.';
COMMENT ON COLUMN smartwf.inbox.run IS 'Run that has sent the notification or asks the question.';
COMMENT ON COLUMN smartwf.inbox.step IS 'Step that has sent the notification or asks the question.';
COMMENT ON COLUMN smartwf.inbox.notification IS 'Id of the notification; null for a question.';
COMMENT ON COLUMN smartwf.inbox.confirmation IS
'Id of the question, to be answered by answer_confirmation(); null for a notification.';
COMMENT ON COLUMN smartwf.inbox.subject IS 'Subject of the notification; empty for a question.';
COMMENT ON COLUMN smartwf.inbox.body IS 'Text of the notification or question.';
COMMENT ON COLUMN smartwf.inbox.options IS 'Possible answers to the question; null for a notification.';
COMMENT ON COLUMN smartwf.inbox.due_at IS 'Time at which the question expires; null if it does not.';
COMMENT ON COLUMN smartwf.inbox.read_at IS 'Time at which the notification was marked as read; see mark_read().';
GRANT SELECT ON smartwf.inbox TO PUBLIC;
-- The progress of a run as JSON; diagrams of flows.

CREATE FUNCTION smartwf.run_steps_document(of_run bigint, of_flow int, of_stage text, of_parent text, of_branch text,
	of_value text, has_ended boolean, shows_model boolean) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT coalesce(json_agg(json_build_object('name', s.name, 'kind', s.kind,
			'status', coalesce(r.outcome, CASE WHEN has_ended THEN 'skipped' ELSE 'pending' END),
			'attempts', coalesce(r.attempt, 0), 'startedAt', r.started_at, 'seconds', extract(epoch FROM r.duration),
			'changes', CASE WHEN shows_model THEN r.changes END,
			'error', CASE WHEN r.outcome = 'failed' THEN json_build_object('sqlstate', r.sqlstate, 'message',
				r.message) END,
			'waitingFor', (SELECT array_to_json(array_agg(u.name ORDER BY u.n))
				FROM smartwf.confirmations c, unnest(c.users) WITH ORDINALITY AS u (name, n)
				WHERE c.run = of_run AND c.step = s.name AND c.status = 'open'
					AND NOT EXISTS (SELECT FROM smartwf.answers a WHERE a.confirmation = c.id AND a.actor = u.name)),
			'branches', (SELECT coalesce(json_agg(json_build_object('branch', b.branch, 'value', b.value,
					'steps', smartwf.run_steps_document(of_run, of_flow, of_stage, s.name, b.branch, b.value, has_ended,
						shows_model)) ORDER BY b.branch, b.value), '[]')
				FROM (SELECT 'else' AS branch, NULL AS value WHERE s.kind = 'if_condition'
					UNION ALL SELECT 'default', NULL WHERE s.kind = 'switch_case'
					UNION ALL SELECT 'failure', NULL WHERE s.failure ->> 'then' = 'branch'
					UNION ALL SELECT 'case', c FROM jsonb_array_elements_text(coalesce(s.cases, '[]')) c) b))
			ORDER BY s.position), '[]')
		FROM smartwf.steps s
		LEFT JOIN LATERAL (SELECT * FROM smartwf.run_steps x WHERE x.run = of_run AND x.step = s.name
			AND x.outcome <> 'changed' ORDER BY x.number DESC LIMIT 1) r ON true
		WHERE s.flow_id = of_flow AND s.stage = of_stage AND s.parent IS NOT DISTINCT FROM of_parent
			AND s.branch IS NOT DISTINCT FROM of_branch AND s.branch_value IS NOT DISTINCT FROM of_value);
END
$$;
COMMENT ON FUNCTION smartwf.run_steps_document(bigint, int, text, text, text, text, boolean, boolean) IS
'Returns one list of steps of a run (bigint) with their status, including the steps in their branches (json). of_flow '
'(int): the flow version; of_stage, of_parent, of_branch, of_value (text): the list; has_ended (boolean): whether the '
'run has ended; shows_model (boolean): whether changes to the model are included.';

CREATE FUNCTION smartwf.whole_run_document(run bigint, shows_model boolean) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('run', r.id, 'flow', f.name, 'version', f.version, 'label', f.label, 'docid', r.docid,
		'status', r.status,
		'actor', r.actor, 'startedAt', r.started_at, 'changedAt', r.changed_at, 'step', r.step,
		'error', CASE WHEN r.status = 'failed' THEN json_build_object('sqlstate', r.sqlstate, 'message', r.message,
			'context', r.context) END,
		'stages', (SELECT json_agg(json_build_object('name', s.name,
				'steps', smartwf.run_steps_document(r.id, f.id, s.name, NULL, NULL, NULL,
					r.status IN ('finished', 'cancelled'), shows_model)) ORDER BY s.position)
			FROM smartwf.stages s WHERE s.flow_id = f.id))
	FROM smartwf.runs r JOIN smartwf.flows f ON f.id = r.flow_id WHERE r.id = run
$$;
COMMENT ON FUNCTION smartwf.whole_run_document(bigint, boolean) IS
'Returns the result of smartwf.run_document() for a run (bigint), or null if there is no such run (json). shows_model '
'(boolean): whether changes to the model are included. Requires privileges on the tables of smartwf.';

CREATE FUNCTION smartwf.run_document(run bigint) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_run_document';
COMMENT ON FUNCTION smartwf.run_document(bigint) IS
'Returns the progress of a run (bigint) as JSON (json): flow, document, status and error, and the stages and steps '
'with status (done, waiting, failed, cancelled, pending or skipped), attempts, times, duration in seconds, changes to '
'the model, the users who are asked, and branches. Raises 42704 if there is no such run or the caller may not see it, '
'and WF400 if run is null.';

-- The edges of a flow, for all formats of diagrams.
CREATE FUNCTION smartwf.flow_edges(of_flow int)
	RETURNS TABLE (from_step text, to_step text, label text)
	LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
	WITH step AS (
		SELECT s.*, st.position AS stage_position FROM smartwf.steps s
		JOIN smartwf.stages st ON st.flow_id = s.flow_id AND st.name = s.stage WHERE s.flow_id = of_flow
	), next AS (
		SELECT s.name, (SELECT n.name FROM step n
			WHERE (n.stage = s.stage AND n.parent IS NOT DISTINCT FROM s.parent
				AND n.branch IS NOT DISTINCT FROM s.branch
					AND n.branch_value IS NOT DISTINCT FROM s.branch_value AND n.position > s.position)
				OR (s.parent IS NULL AND n.parent IS NULL AND n.stage_position > s.stage_position)
			ORDER BY n.stage_position, n.position LIMIT 1) AS next
		FROM step s)
	SELECT s.name, coalesce(n.next, CASE WHEN s.branch = 'failure' THEN (SELECT p.next FROM next p
		WHERE p.name = s.parent) END), CASE s.kind WHEN 'if_condition' THEN 'yes' ELSE '' END
	FROM step s JOIN next n USING (name) WHERE s.kind NOT IN ('finish', 'reset_to_draft', 'switch_case')
	UNION ALL
	SELECT s.name, NULL, CASE s.kind WHEN 'reset_to_draft' THEN 'draft' ELSE '' END FROM step s
		WHERE s.kind IN ('finish', 'reset_to_draft')
	UNION ALL
	SELECT s.name, (SELECT f.name FROM step f WHERE f.parent = s.name AND f.branch = b.branch
		AND f.branch_value IS NOT DISTINCT FROM b.value AND f.position = 1),
		coalesce(b.value, CASE b.branch WHEN 'else' THEN 'no' WHEN 'failure' THEN 'failed' ELSE 'else' END)
	FROM step s, LATERAL (SELECT 'else' AS branch, NULL AS value WHERE s.kind = 'if_condition'
		UNION ALL SELECT 'case', c FROM jsonb_array_elements_text(coalesce(s.cases, '[]')) c
		UNION ALL SELECT 'default', NULL WHERE s.kind = 'switch_case'
		UNION ALL SELECT 'failure', NULL WHERE s.failure ->> 'then' = 'branch') b
$$;
COMMENT ON FUNCTION smartwf.flow_edges(int) IS
'Returns which step of a flow version (int, its id) can follow which, and the condition (label). to_step is null at '
'the end of the flow.';

CREATE FUNCTION smartwf.flow_diagram(name text, format text DEFAULT 'mermaid', run bigint DEFAULT NULL) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	of_flow int;
	body text;
	edges text;
BEGIN
	SELECT f.id INTO of_flow FROM smartwf.flows f
		WHERE f.name = flow_diagram.name AND (run IS NULL OR f.id = (SELECT r.flow_id FROM smartwf.runs r
			WHERE r.id = run))
		ORDER BY f.version DESC LIMIT 1;
	IF of_flow IS NULL THEN
		RAISE EXCEPTION 'flow "%" is not defined, or that is no run of it', name USING ERRCODE = 'undefined_object';
	END IF;
	WITH step AS (
		SELECT s.*, row_number() OVER (ORDER BY st.position, s.parent NULLS FIRST, s.branch, s.branch_value,
			s.position) AS n,
			smartwf.diagram_text(s.name, format) AS shown,
			(SELECT x.outcome FROM smartwf.run_steps x WHERE x.run = flow_diagram.run AND x.step = s.name
				AND x.outcome <> 'changed' ORDER BY x.number DESC LIMIT 1) AS outcome
		FROM smartwf.steps s JOIN smartwf.stages st ON st.flow_id = s.flow_id AND st.name = s.stage
			WHERE s.flow_id = of_flow)
	SELECT (SELECT string_agg(format(form.stage, st.position, smartwf.diagram_text(st.name, format))
				|| coalesce((SELECT string_agg(format(CASE WHEN s.outcome IS NULL THEN form.node
					ELSE form.marked END, s.n, s.shown,
						smartwf.diagram_mark(form.format, CASE s.outcome WHEN 'cancelled' THEN 'failed' WHEN 'skipped'
							THEN 'done' ELSE s.outcome END)), '' ORDER BY s.n)
					FROM step s WHERE s.stage = st.name), '') || form.stage_end, '' ORDER BY st.position)
			FROM smartwf.stages st WHERE st.flow_id = of_flow),
		(SELECT string_agg(format(form.edge, 'n' || a.n, coalesce('n' || b.n, 'stop'),
			coalesce(nullif(smartwf.diagram_text(e.label, format), ''), ' ')), '' ORDER BY a.n, e.label, b.n)
			FROM smartwf.flow_edges(of_flow) e JOIN step a ON a.name = e.from_step LEFT
				JOIN step b ON b.name = e.to_step)
		INTO body, edges;
	RETURN form.head || coalesce(body, '') || coalesce(edges, '') || form.stop || form.foot;
END
$$;
COMMENT ON FUNCTION smartwf.flow_diagram(text, text, bigint) IS
'Returns a flow as the source text of a diagram (text). name (text): the flow, in its newest version; format (text): '
'mermaid (the default), dot or plantuml; run (bigint): a run of the flow, whose steps are marked in the version that '
'it follows. Raises WF400 if the format is unknown, and 42704 if there is no such flow, or no such run of it.';
-- Checks of the timers of workflow definitions.

-- Tasks of kinds that flows have are checked like steps; these are the others.
CREATE FUNCTION smartwf.task_settings()
	RETURNS TABLE (kind text, setting text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	VALUES ('go_to_state', 'state'), ('call_function', 'function'), ('start_flow', 'flow')
$$;
COMMENT ON FUNCTION smartwf.task_settings() IS
'Returns those kinds of tasks of timers that are not kinds of steps, with the setting that each requires (a string).';

CREATE FUNCTION smartwf.is_signed_interval(text text) RETURNS boolean
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM text::interval;
	RETURN true;
EXCEPTION WHEN data_exception THEN
	RETURN false;
END
$$;
COMMENT ON FUNCTION smartwf.is_signed_interval(text) IS
'Returns true if a text (text) is an interval, which can be negative.';

CREATE FUNCTION smartwf.timer_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY
	WITH object AS (
		SELECT o.* FROM smartwf.definition_objects(definition) o
	), use (object, timer) AS (
		SELECT o.object, o.value ->> 'timer' FROM object o WHERE o.kind IN ('state', 'transition timer')
			AND jsonb_typeof(o.value -> 'timer') = 'string'
	), as_flow AS (
		SELECT jsonb_build_object('name', 'x', 'stages', jsonb_build_array(jsonb_build_object('name', 'x', 'steps',
			jsonb_agg(
			jsonb_build_object('name', o.object, 'kind', o.value -> 'kind', 'settings',
				o.value -> 'settings'))))) AS flow
		FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' IN ('send_notification',
			'send_templated_notification')
	), relation AS (
		SELECT smartwf.attached_relation(s.name) AS relation FROM smartwf.structures s
			WHERE s.workflow = definition ->> 'name'
	)
	SELECT 'error', 'WFL0130', o.object, 'a timer of that name is defined twice'
	FROM object o WHERE o.kind = 'timer' GROUP BY o.object HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0130', u.object, format('timer "%s" is not defined', u.timer) FROM use u
	WHERE NOT EXISTS (SELECT FROM object o WHERE o.kind = 'timer' AND o.value ->> 'name' = u.timer)
	UNION ALL
	SELECT 'error', 'WFL0131', o.parent, format('timer "%s" is named twice', o.value ->> 'timer')
	FROM object o WHERE o.kind = 'transition timer' AND o.value ->> 'timer' IS NOT NULL GROUP BY o.parent,
		o.value ->> 'timer' HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0131', o.object, format('action "%s" must be one of volatile, persistent, unattach',
		o.value ->> 'action')
	FROM object o WHERE o.kind = 'transition timer' AND o.value ->> 'action' NOT IN ('volatile', 'persistent',
		'unattach')
	UNION ALL
	SELECT 'error', 'WFL0132', o.object, format('delta "%s" is no interval', o.value ->> 'delta')
	FROM object o WHERE o.kind IN ('timer', 'task') AND jsonb_typeof(o.value -> 'delta') = 'string'
		AND NOT smartwf.is_signed_interval(o.value ->> 'delta')
	UNION ALL
	SELECT 'error', 'WFL0133', o.object, 'it has no task' FROM object o WHERE o.kind = 'timer'
		AND o.value -> 'tasks' = '[]'
	UNION ALL
	SELECT 'error', 'WFL0133', o.object, format('unknown kind "%s"', o.value ->> 'kind') FROM object o
	WHERE o.kind = 'task' AND o.value ->> 'kind' NOT IN ('send_notification', 'send_templated_notification')
		AND o.value ->> 'kind' NOT IN (SELECT k.kind FROM smartwf.task_settings() k)
	UNION ALL
	SELECT 'error', 'WFL0134', o.object, format('a task of kind "%s" needs the setting "%s", a string, and no other',
		k.kind, k.setting)
	FROM object o JOIN smartwf.task_settings() k ON k.kind = o.value ->> 'kind'
	WHERE o.kind = 'task' AND (jsonb_typeof(o.value -> 'settings' -> k.setting) IS DISTINCT FROM 'string'
		OR EXISTS (SELECT FROM smartwf.members(o.value -> 'settings') m WHERE m.key <> k.setting))
	UNION ALL
	SELECT 'error', f.code, regexp_replace(f.object, '^step ', ''), f.message
	FROM as_flow a, LATERAL (SELECT * FROM smartwf.flow_form_faults(a.flow) UNION ALL SELECT *
		FROM smartwf.flow_setting_faults(a.flow)) f
	WHERE a.flow #> '{stages,0,steps}' <> 'null'
	UNION ALL
	SELECT 'error', 'WFL0201', o.object, format('state "%s" is not defined', o.value #>> '{settings,state}')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'go_to_state'
		AND o.value #>> '{settings,state}' IS NOT NULL
		AND NOT EXISTS (SELECT FROM object s WHERE s.kind = 'state'
			AND s.value ->> 'name' = o.value #>> '{settings,state}')
	UNION ALL
	SELECT 'error', 'WFL0516', o.object, smartwf.flow_function_fault(o.value #>> '{settings,function}', 'jsonb')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'call_function'
		AND smartwf.flow_function_fault(o.value #>> '{settings,function}', 'jsonb') IS NOT NULL
	UNION ALL
	SELECT 'warning', 'WFL0905', o.object, format('flow "%s" is not published', o.value #>> '{settings,flow}')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'start_flow'
		AND o.value #>> '{settings,flow}' IS NOT NULL
		AND NOT smartwf.is_published_flow(o.value #>> '{settings,flow}')
	UNION ALL
	SELECT 'error', 'WFL0120', o.object, format('column "%s" of %s is no date or time', o.value ->> 'column',
		r.relation)
	FROM object o, relation r
	WHERE o.kind = 'timer' AND jsonb_typeof(o.value -> 'column') = 'string' AND r.relation IS NOT NULL
		AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
			WHERE a.attrelid = r.relation AND a.attname = o.value ->> 'column' AND a.attnum > 0 AND NOT a.attisdropped
				AND coalesce(nullif(t.typbasetype, 0), t.oid) IN ('date'::regtype, 'timestamp'::regtype,
					'timestamptz'::regtype))
	UNION ALL
	SELECT 'warning', 'WFL0906', o.object, 'nothing attaches it' FROM object o
	WHERE o.kind = 'timer' AND NOT EXISTS (SELECT FROM use u WHERE u.timer = o.value ->> 'name');
END
$$;
COMMENT ON FUNCTION smartwf.timer_faults(jsonb) IS
'Returns the faults and warnings about the timers in the JSON form of a workflow (jsonb).';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.timer_faults');
-- Scheduled tasks of timers.  Only the engine changes them.

CREATE TABLE smartwf.element_timers (
	docid text COLLATE "C" NOT NULL,
	timer text COLLATE "C" NOT NULL,
	task int NOT NULL,
	workflow_id int NOT NULL,
	action text NOT NULL CHECK (action IN ('volatile', 'persistent')),
	reference_column text COLLATE "C",
	due_at timestamptz,
	attempt int NOT NULL DEFAULT 0,
	sqlstate text,
	message text,
	attached_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (docid, timer, task)
);
CREATE INDEX element_timers_due ON smartwf.element_timers (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.element_timers IS
'Scheduled tasks of the timers that are attached to documents. A row is deleted when the task is done. workflow_id: '
'the version of the workflow that defines the task; action: volatile if the next transition detaches the timer, '
'otherwise persistent; reference_column: the column from which the time is computed, null if it is computed from '
'attached_at; due_at: when the task is due, null if that column is null or the task has failed for good; attempt, '
'sqlstate, message: the failures of the task. Maintained by smartwf.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.element_timers', '');

CREATE VIEW smartwf.timers WITH (security_barrier) AS
SELECT e.docid, e.timer, e.task, k.kind, k.settings, e.action, e.reference_column,
	CASE WHEN e.reference_column IS NULL OR smartwf.is_readable(e.docid) THEN e.due_at END AS due_at, e.attempt,
		e.sqlstate,
	CASE WHEN e.message IS NOT NULL AND smartwf.is_readable(e.docid) THEN e.message END AS message, e.attached_at
FROM smartwf.element_timers e JOIN smartwf.timer_tasks k ON k.workflow_id = e.workflow_id AND k.timer = e.timer
	AND k.position = e.task
WHERE smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf.timers IS
'Scheduled tasks of timers of the documents that the caller can see.';
COMMENT ON COLUMN smartwf.timers.docid IS 'Document id.';
COMMENT ON COLUMN smartwf.timers.timer IS 'Name of the timer.';
COMMENT ON COLUMN smartwf.timers.task IS 'Number of the task in the timer, starting with 1.';
COMMENT ON COLUMN smartwf.timers.kind IS 'Kind of the task, as in timer_tasks.';
COMMENT ON COLUMN smartwf.timers.settings IS 'Settings of the task, as in timer_tasks.';
COMMENT ON COLUMN smartwf.timers.action IS
'volatile: the next transition detaches the timer; persistent: it remains until a transition detaches it.';
COMMENT ON COLUMN smartwf.timers.reference_column IS
'Column from which the time is computed; null: from the time at which the timer was attached.';
COMMENT ON COLUMN smartwf.timers.due_at IS
'Time at which the task is due. Null if it has failed for good, if the column from which it is computed is null, or '
'if it is computed from a column and the caller may not read all columns of the document.';
COMMENT ON COLUMN smartwf.timers.attempt IS 'Number of failed attempts.';
COMMENT ON COLUMN smartwf.timers.sqlstate IS 'SQLSTATE of the last failure.';
COMMENT ON COLUMN smartwf.timers.message IS
'Message of the last failure; null if the caller may not read all columns of the document.';
COMMENT ON COLUMN smartwf.timers.attached_at IS 'Time at which the timer was attached.';
GRANT SELECT ON smartwf.timers TO PUBLIC;
-- Background workers, and procedures that do their work.

CREATE PROCEDURE smartwf.work(max_seconds double precision DEFAULT 0)
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_work';
COMMENT ON PROCEDURE smartwf.work(double precision) IS
'Does the work of the background workers in the current session: executes runs that are due, performs tasks of '
'timers, and delivers notifications. It commits after each step. max_seconds (double precision): the number of '
'seconds for which it waits for further work; by default 0, it ends when nothing is due. Temporary tables, prepared '
'statements and advisory locks of the session are discarded. Raises 42501 unless the caller is an administrator, '
'2D000 in a transaction block, and WF400 if max_seconds is negative.';

CREATE FUNCTION smartwf.pause_database(database name DEFAULT NULL) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pause_database';
COMMENT ON FUNCTION smartwf.pause_database(name) IS
'Makes the background workers leave a database, so that it can be used as a template, renamed or dropped. database '
'(name): the database, by default the current one. They stay away until resume_database() is called or the server is '
'restarted. Returns when they have left. Raises 42501 unless the caller is an administrator, 55000 if the library is '
'not preloaded, 55006 if the workers have not left after 10 seconds, and 53400 if 64 databases are paused already.';

CREATE FUNCTION smartwf.resume_database(database name DEFAULT NULL) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_resume_database';
COMMENT ON FUNCTION smartwf.resume_database(name) IS
'Lets the background workers return to a database that was paused by pause_database(). database (name): the database, '
'by default the current one. Raises 42501 unless the caller is an administrator, and 55000 if the library is not '
'preloaded.';

CREATE FUNCTION smartwf.list_workers(OUT pid int, OUT work text, OUT state text, OUT doing text,
	OUT started_at timestamptz, OUT changed_at timestamptz,
		OUT done bigint, OUT failed bigint) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_list_workers';
COMMENT ON FUNCTION smartwf.list_workers() IS
'Returns the rows of the view smartwf.workers.';

CREATE VIEW smartwf.workers WITH (security_barrier) AS SELECT * FROM smartwf.list_workers();
COMMENT ON VIEW smartwf.workers IS
'Workers of the current database, including sessions that call smartwf.work(). Empty if the library is not preloaded.';
COMMENT ON COLUMN smartwf.workers.pid IS 'Process id, as in pg_stat_activity.';
COMMENT ON COLUMN smartwf.workers.work IS 'Kind of work: runs and timers, delivery, or everything.';
COMMENT ON COLUMN smartwf.workers.state IS 'State: working or idle.';
COMMENT ON COLUMN smartwf.workers.doing IS 'Run, timer or delivery on which the worker works at present.';
COMMENT ON COLUMN smartwf.workers.started_at IS 'Time at which the worker was started.';
COMMENT ON COLUMN smartwf.workers.changed_at IS 'Time at which the worker began its present work, or became idle.';
COMMENT ON COLUMN smartwf.workers.done IS 'Number of transactions that the worker has committed.';
COMMENT ON COLUMN smartwf.workers.failed IS
'Number of transactions of the worker that were rolled back because of an error.';

CREATE PROCEDURE smartwf.purge(older_than interval, keep_failed boolean DEFAULT true,
	with_history boolean DEFAULT false)
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_purge';
COMMENT ON PROCEDURE smartwf.purge(interval, boolean, boolean) IS
'Deletes finished and cancelled runs and delivered notifications that are older than an interval, in batches, with a '
'commit after each. older_than (interval): their minimum age; keep_failed (boolean): if false, failed runs and '
'notifications are deleted as well, by default true; with_history (boolean): if true, older history is deleted as '
'well, except for the last row of each existing document, and with it the documents that were deleted; by default '
'false. Raises 42501 unless the caller is an administrator, 2D000 in a transaction block, and WF400 if older_than is '
'null or negative.';

CREATE VIEW smartwf.metrics WITH (security_barrier) AS
WITH run AS (
	SELECT r.flow, r.status, count(*) AS number FROM smartwf.runs r WHERE r.due_at IS NOT NULL GROUP BY 1, 2
), ready AS (
	SELECT count(*) AS number, extract(epoch FROM clock_timestamp() - min(r.due_at)) AS age
	FROM smartwf.runs r WHERE r.due_at <= clock_timestamp()
), step AS (
	SELECT count(*) AS number, count(*) FILTER (WHERE s.outcome = 'failed') AS failed
	FROM smartwf.run_steps s WHERE s.started_at > clock_timestamp() - interval '1 minute'
), late AS (
	SELECT channel, (SELECT count(*) FROM smartwf.notifications n WHERE n.channel = c.channel
		AND n.due_at IS NOT NULL) AS number,
		(SELECT extract(epoch FROM clock_timestamp() - min(n.created_at)) FROM smartwf.notifications n
			WHERE n.channel = c.channel AND n.due_at IS NOT NULL) AS age
	FROM unnest(ARRAY['smtp', 'signalr']) AS c (channel))
SELECT 'runs' AS metric, s.status AS label, coalesce((SELECT sum(number) FROM run r WHERE r.status = s.status),
	0)::double precision AS value
FROM unnest(ARRAY['draft', 'queued', 'running', 'waiting', 'failed']) AS s (status)
UNION ALL
SELECT 'failed_runs', flow, number FROM run WHERE status = 'failed'
UNION ALL
SELECT 'queue_length', '', number FROM ready
UNION ALL
SELECT 'queue_age_seconds', '', coalesce(age, 0) FROM ready
UNION ALL
SELECT 'steps_per_second', '', number / 60.0 FROM step
UNION ALL
SELECT 'failed_steps_per_second', '', failed / 60.0 FROM step
UNION ALL
SELECT 'deliveries_waiting', channel, number FROM late
UNION ALL
SELECT 'delivery_lag_seconds', channel, coalesce(age, 0) FROM late
UNION ALL
SELECT 'deliveries_failed', '', count(*) FROM smartwf.notifications WHERE status = 'failed'
UNION ALL
SELECT 'confirmations_open', '', count(*) FROM smartwf.confirmations WHERE status = 'open'
UNION ALL
SELECT 'oldest_confirmation_seconds', '', coalesce(extract(epoch FROM clock_timestamp() - min(asked_at)), 0)
	FROM smartwf.confirmations WHERE status = 'open'
UNION ALL
SELECT 'timers_due', '', count(*) FROM smartwf.element_timers WHERE due_at <= clock_timestamp()
UNION ALL
SELECT 'timers_failed', '', count(*) FROM smartwf.element_timers WHERE due_at IS NULL AND message IS NOT NULL
UNION ALL
SELECT 'workers', w.state, (SELECT count(*) FROM smartwf.list_workers() l WHERE l.state = w.state)
	FROM (VALUES ('idle'), ('working')) AS w (state);
COMMENT ON VIEW smartwf.metrics IS
'Metrics for monitoring, one row for each value, all of them gauges: unfinished runs by status, failed runs by flow, '
'length and age of the queue, steps and failed steps per second in the last minute, waiting deliveries and the age of '
'the oldest by channel, failed deliveries, open questions and the age of the oldest, timers that are due or have '
'failed, and workers by state.';
COMMENT ON COLUMN smartwf.metrics.metric IS 'Name of the metric, including its unit unless it is a count.';
COMMENT ON COLUMN smartwf.metrics.label IS
'Status, flow, channel or state to which the value belongs; empty if the metric has a single value.';
COMMENT ON COLUMN smartwf.metrics.value IS 'Value of the metric.';
-- The HTTP service: requests and responses.

CREATE FUNCTION smartwf.route(method text, uri text, body jsonb DEFAULT NULL, OUT status int, OUT content json)
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_route';
COMMENT ON FUNCTION smartwf.route(text, text, jsonb) IS
'Answers an HTTP request. method (text): GET, HEAD or POST; uri (text): path and query, percent-encoded UTF-8; body '
'(jsonb): an object with comment and parameters, or null. Returns the HTTP status code (status, int) and the body of '
'the response (content, json). Failures are returned in the same form, and what the request has done is rolled back. '
'Raises WF400 if method or uri is null, and errors that concern the whole transaction.';

CREATE FUNCTION smartwf.element_document(kind text, docid text, name text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_element_document';
COMMENT ON FUNCTION smartwf.element_document(text, text, text) IS
'Returns the result of get_states(), get_state(), get_transitions(), get_transition() or get_history() (json), or '
'null if that function would raise a documented error. kind (text): states, state, transitions, transition or '
'history; docid (text): the document; name (text): the state or transition. Used by the views of schema smartwf_api. '
'Raises WF400 if kind is unknown.';
-- Objects that are bound to roles; privileges for restores.

CREATE FUNCTION smartwf.forget_role(role text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT smartwf.is_administrator() THEN
		RAISE EXCEPTION 'only an administrator may end what is bound to a role'
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	DELETE FROM smartwf.transition_grants g WHERE g.kind = 'role' AND g.grantee = forget_role.role;
	DELETE FROM smartwf.flow_grants g WHERE g.role = forget_role.role;
	UPDATE smartwf.flows f SET owner = NULL WHERE f.owner = forget_role.role;
	UPDATE smartwf.confirmations c SET users = array_remove(c.users, forget_role.role)
		WHERE c.status = 'open' AND forget_role.role = ANY (c.users) AND forget_role.role <> ALL (c.people);
	DELETE FROM smartwf.notifications n WHERE n.recipient = forget_role.role AND NOT n.recipient_is_person;
	UPDATE smartwf.confirmations c SET status = 'cancelled', closed_at = clock_timestamp()
		FROM smartwf.runs r WHERE r.id = c.run AND r.starter = forget_role.role AND c.status = 'open';
	UPDATE smartwf.runs r SET status = 'cancelled', due_at = NULL, changed_at = clock_timestamp()
		WHERE r.starter = forget_role.role AND r.status NOT IN ('finished', 'cancelled');
	UPDATE smartwf.runs r SET answerer = NULL, answerer_actor = NULL, answerer_is_person = NULL, answerer_person = NULL
		WHERE r.answerer = forget_role.role AND r.status NOT IN ('finished', 'cancelled');
	UPDATE smartwf.elements e SET locked_by = NULL, locked_by_person = NULL, lock_is_temporary = NULL
		WHERE e.locked_by = forget_role.role AND NOT coalesce(e.locked_by_person, false);
	DELETE FROM smartwf.known_roles k WHERE k.name = forget_role.role;
END
$$;
COMMENT ON FUNCTION smartwf.forget_role(text) IS
'Ends everything that is bound to a role that was dropped, so that a new role of the same name does not get it. role '
'(text): the name of the role. Its grants on transitions and flows are removed, its unfinished runs and their '
'questions are cancelled, it is no longer asked, its notifications are deleted, and its locks are released. Raises '
'42501 unless the caller is an administrator and has the privileges to change the tables of smartwf.';

-- A dump contains the rows of the tables of smartwf, and its triggers on attached tables.
CREATE FUNCTION smartwf.restore_functions() RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'smartwf.judge_change(), smartwf.record_change(), smartwf.record_truncate(), smartwf.template_fault(text), '
		'smartwf.flow_shape(int), smartwf.refuse(text, text[]), smartwf.items(jsonb, text), smartwf.members(jsonb)'
$$;
COMMENT ON FUNCTION smartwf.restore_functions() IS
'Returns the functions that a restore calls, in the form that GRANT accepts (text): the trigger functions for '
'attached tables, and the functions that the triggers on the tables of definitions call.';

CREATE FUNCTION smartwf.restore_relations() RETURNS TABLE (relation regclass, kind text, privileges text)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid::regclass, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, CASE c.relkind WHEN 'S'
		THEN 'SELECT, UPDATE' ELSE 'SELECT, INSERT' END
	FROM pg_extension e, unnest(e.extconfig) AS config (oid) JOIN pg_class c USING (oid) WHERE e.extname = 'smartwf'
$$;
COMMENT ON FUNCTION smartwf.restore_relations() IS
'Returns the tables and sequences that are dumped (regclass), with their kind (text: TABLE or SEQUENCE) and the '
'privileges that a restore requires (text), as in GRANT.';

CREATE FUNCTION smartwf.grant_restore(role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	filled record;
BEGIN
	FOR filled IN SELECT * FROM smartwf.restore_relations() LOOP
		EXECUTE format('GRANT %s ON %s %s TO %I WITH GRANT OPTION', filled.privileges, filled.kind, filled.relation,
			role);
	END LOOP;
	EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I WITH GRANT OPTION', smartwf.restore_functions(), role);
END
$$;
COMMENT ON FUNCTION smartwf.grant_restore(name) IS
'Grants a role (name) that is not a superuser, for example the owner of the database, the privileges to restore a '
'dump: to insert into the tables of smartwf, and to create its triggers on tables of the role. With these privileges '
'the role can also define workflows and flows, and write history; it can only restore unfinished runs that act for '
'roles of which it is a member. Revoke them with smartwf.revoke_restore() after the restore. Raises 42501 unless the '
'caller is a superuser or the owner of the extension.';

CREATE FUNCTION smartwf.revoke_restore(role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	filled record;
BEGIN
	FOR filled IN SELECT * FROM smartwf.restore_relations() LOOP
		EXECUTE format('REVOKE ALL ON %s %s FROM %I CASCADE', filled.kind, filled.relation, role);
	END LOOP;
	EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I CASCADE', smartwf.restore_functions(), role);
	-- otherwise these rows would be taken for those of a later run
	DELETE FROM smartwf.run_steps s WHERE NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.id = s.run);
	DELETE FROM smartwf.confirmations c WHERE NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.id = c.run);
	DELETE FROM smartwf.answers a WHERE NOT EXISTS (SELECT FROM smartwf.confirmations c WHERE c.id = a.confirmation);
END
$$;
COMMENT ON FUNCTION smartwf.revoke_restore(name) IS
'Revokes from a role (name) the privileges granted by smartwf.grant_restore(), and all its other privileges on these '
'tables and functions. Steps, questions and answers that belong to no run are deleted. Raises 42501 unless the caller '
'is a superuser or the owner of the extension.';

-- Runs act for the roles that they name.  The restoring role can restore finished runs, and
-- runs that act for roles of which it is a member.
CREATE FUNCTION smartwf.may_restore_run(starter text, status text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT status = 'finished'
		OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = starter AND pg_has_role(r.oid, 'MEMBER'))
$$;
COMMENT ON FUNCTION smartwf.may_restore_run(text, text) IS
'Returns true if the caller may restore a run with this starter (text) and status (text): a finished run, or a run '
'whose starter is a role of which the caller is a member.';

CREATE FUNCTION smartwf.may_restore_step(run bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_step';
COMMENT ON FUNCTION smartwf.may_restore_step(bigint) IS
'Returns true if the caller may restore rows that belong to a run (bigint): if there is no such run yet, it is '
'finished, or the caller has the privileges of its starter.';

CREATE FUNCTION smartwf.may_restore_answer(confirmation bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_answer';
COMMENT ON FUNCTION smartwf.may_restore_answer(bigint) IS
'Returns true if the caller may restore an answer to a confirmation (bigint), under the conditions of '
'smartwf.may_restore_step() for the run that asks.';

CREATE FUNCTION smartwf.may_restore_grant(flow int) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_grant';
COMMENT ON FUNCTION smartwf.may_restore_grant(int) IS
'Returns true if the caller may restore privileges on a flow version (int, its id): if the caller has the privileges '
'of the starters of all runs of that flow that are not finished.';

-- a restore must not give control of unfinished runs of others; roles that define flows can grant it anyway
CREATE FUNCTION smartwf.protect_flow_grants() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NEW.privilege <> 'read' AND NOT has_table_privilege('smartwf.flows', 'UPDATE')
		AND NOT smartwf.may_restore_grant(NEW.flow_id) THEN
		RAISE EXCEPTION 'rights on flow % cannot be restored while it runs for others', NEW.flow_id
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION smartwf.protect_flow_grants() IS
'Trigger function, BEFORE INSERT OR UPDATE FOR EACH ROW, on smartwf.flow_grants. Raises 42501 if a privilege to start '
'or manage a flow is restored while there are unfinished runs of others, unless the caller has the UPDATE privilege '
'on smartwf.flows.';
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON smartwf.flow_grants
	FOR EACH ROW EXECUTE FUNCTION smartwf.protect_flow_grants();

CREATE POLICY restore ON smartwf.runs FOR INSERT WITH CHECK (smartwf.may_restore_run(starter, status)
	AND status IN ('draft', 'queued', 'running', 'waiting', 'finished', 'failed', 'cancelled')
		AND (status <> 'waiting' OR step IS NOT NULL)
	AND jsonb_typeof(model) = 'object' AND coalesce(jsonb_typeof(base) = 'object', true) AND priority BETWEEN 0 AND 9
	-- steps would run with the rights of the answerer
	AND (answerer IS NULL OR (answerer_actor IS NOT NULL AND answerer_person IS NOT NULL
		AND smartwf.may_restore_run(answerer, status))));
CREATE POLICY restore ON smartwf.run_steps FOR INSERT WITH CHECK (smartwf.may_restore_step(run));
CREATE POLICY restore ON smartwf.confirmations FOR INSERT WITH CHECK (smartwf.may_restore_step(run)
	AND status IN ('open', 'answered', 'cancelled', 'expired'));
CREATE POLICY restore ON smartwf.answers FOR INSERT WITH CHECK (smartwf.may_restore_answer(confirmation));
CREATE POLICY restore ON smartwf.notifications FOR INSERT WITH CHECK (run IS NULL OR smartwf.may_restore_step(run));
-- Functions that check the privileges of the caller themselves are granted to PUBLIC.
-- Functions that define workflows and flows or attach tables are not.

REVOKE ALL ON ALL ROUTINES IN SCHEMA smartwf FROM PUBLIC;
GRANT USAGE ON SCHEMA smartwf TO PUBLIC;
GRANT EXECUTE ON FUNCTION
	smartwf.actor(),
	smartwf.actor_is_person(),
	smartwf.is_administrator(),
	smartwf.failures(),
	smartwf.requested_state(anyelement),
	smartwf.docid(text, anyelement),
	smartwf.pass_transition(text, text, text, jsonb, text),
	smartwf.set_state(text, text, text, jsonb, text),
	smartwf.pass_transitions(text[], text, text, jsonb),
	smartwf.blockers(text, text, text),
	smartwf.get_states(text, boolean, text),
	smartwf.get_state(text, text, text),
	smartwf.get_transitions(text, text),
	smartwf.get_transition(text, text, text),
	smartwf.get_history(text, text),
	smartwf.names_caller(text[], text[]),
	smartwf.person(),
	smartwf.shows_model(bigint),
	smartwf.run_model(bigint),
	smartwf.skip_step(bigint),
	smartwf.set_run_model(bigint, jsonb),
	smartwf.pause_flow(text),
	smartwf.resume_flow(text),
	smartwf.mark_read(bigint, boolean),
	smartwf.delete_notification(bigint),
	smartwf.caller_names(),
	smartwf.sees_run(bigint),
	smartwf.start_flow(text, text, jsonb, text),
	smartwf.enqueue_flow(text, text, jsonb, text, timestamptz, int),
	smartwf.restart_run(bigint, text),
	smartwf.restart_all(text, text),
	smartwf.clock(),
	smartwf.advance_clock(interval),
	smartwf.deliver_again(text),
	smartwf.pause_database(name),
	smartwf.resume_database(name),
	smartwf.cancel_run(bigint),
	smartwf.reset_run(bigint),
	smartwf.answer_confirmation(bigint, text, text),
	smartwf.delegate(bigint, text),
	smartwf.run_document(bigint),
	smartwf.render_template(text, jsonb, text, jsonb),
	smartwf.route(text, text, jsonb),
	smartwf.is_visible(text),
	smartwf.is_readable(text),
	smartwf.may_restore_run(text, text),
	smartwf.may_restore_step(bigint),
	smartwf.may_restore_grant(int),
	smartwf.may_restore_answer(bigint),
	smartwf.element_document(text, text, text),
	smartwf.lock_element(text, boolean),
	smartwf.unlock_element(text, boolean)
	TO PUBLIC;
GRANT EXECUTE ON PROCEDURE smartwf.work(double precision), smartwf.purge(interval, boolean, boolean) TO PUBLIC;

-- for monitoring
GRANT EXECUTE ON FUNCTION smartwf.list_workers() TO pg_monitor;
GRANT SELECT ON smartwf.workers, smartwf.metrics TO pg_monitor;
-- The schema that an HTTP gateway exposes.  Everything in it is granted to PUBLIC, and
-- checks the privileges of the caller.

CREATE SCHEMA smartwf_api;
COMMENT ON SCHEMA smartwf_api IS
'Lifecycles of documents
States, transitions and history of documents, and flows, for HTTP gateways. All views and functions check the '
'privileges of the caller: they show only documents whose rows the caller can see, and do only what the workflows '
'of these documents allow the caller to do.';

-- Views.  A condition on docid or structure uses an index of smartwf.elements, so that a
-- query for one document reads only that document.

CREATE VIEW smartwf_api.element_states WITH (security_barrier) AS
SELECT e.docid, e.structure, smartwf.element_document('states', e.docid) AS data
FROM smartwf.elements e
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_states IS
'Documents that the caller can see, with the states that can be reached from the current state.';
COMMENT ON COLUMN smartwf_api.element_states.data IS 'Result of get_states().';

CREATE VIEW smartwf_api.element_state WITH (security_barrier) AS
SELECT e.docid, e.structure, s.name AS state, smartwf.element_document('state', e.docid, s.name) AS data
FROM smartwf.elements e JOIN smartwf.states s ON s.workflow_id = e.workflow_id
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_state IS
'States of the workflows of the documents that the caller can see, with the transition that leads there from the '
'current state. One row for each document and state.';
COMMENT ON COLUMN smartwf_api.element_state.state IS 'Name of the state.';
COMMENT ON COLUMN smartwf_api.element_state.data IS 'Result of get_state().';

CREATE VIEW smartwf_api.element_transitions WITH (security_barrier) AS
SELECT e.docid, e.structure, smartwf.element_document('transitions', e.docid) AS data
FROM smartwf.elements e
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_transitions IS
'Documents that the caller can see, with all transitions of their workflows, and whether these leave the current '
'state.';
COMMENT ON COLUMN smartwf_api.element_transitions.data IS 'Result of get_transitions().';

CREATE VIEW smartwf_api.element_transition WITH (security_barrier) AS
SELECT e.docid, e.structure, t.name AS transition, smartwf.element_document('transition', e.docid, t.name) AS data
FROM smartwf.elements e JOIN smartwf.transitions t ON t.workflow_id = e.workflow_id
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_transition IS
'Transitions of the workflows of the documents that the caller can see, with the state to which they lead from the '
'current state, and their parameters. One row for each document and transition.';
COMMENT ON COLUMN smartwf_api.element_transition.transition IS 'Name of the transition.';
COMMENT ON COLUMN smartwf_api.element_transition.data IS 'Result of get_transition().';

CREATE VIEW smartwf_api.element_history WITH (security_barrier) AS
SELECT e.docid, e.structure, smartwf.element_document('history', e.docid) AS data
FROM smartwf.elements e
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_history IS
'Documents that the caller can see, with their history, the latest change first.';
COMMENT ON COLUMN smartwf_api.element_history.data IS 'Result of get_history().';

-- Flows: the rows that the caller can see by the policies of the tables.

CREATE VIEW smartwf_api.runs WITH (security_barrier) AS
SELECT r.id AS run, r.flow, r.docid, r.status, r.step, r.actor, smartwf.run_model(r.id) AS model, r.sqlstate, r.message,
	r.started_at, r.changed_at
FROM smartwf.runs r WHERE smartwf.sees_run(r.id);
COMMENT ON VIEW smartwf_api.runs IS
'Runs of flows that the caller may see.';

CREATE VIEW smartwf_api.confirmations WITH (security_barrier) AS
SELECT c.id AS confirmation, c.run, c.step, c.field, c.message, c.options, c.users, c.answers_needed, c.due_at,
	c.status, c.choice, c.asked_at, c.closed_at
FROM smartwf.confirmations c WHERE smartwf.names_caller(c.users, c.people);
COMMENT ON VIEW smartwf_api.confirmations IS
'Questions that runs ask the caller, or have asked.';

CREATE VIEW smartwf_api.inbox WITH (security_barrier) AS SELECT * FROM smartwf.inbox;
COMMENT ON VIEW smartwf_api.inbox IS
'Inbox of the caller: notifications on the channel mail, and open questions that the caller has not answered yet.';

DO $install$
DECLARE
	place record;
BEGIN
	FOR place IN
		SELECT c.oid::regclass AS view, a.attname, w.words
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		LEFT JOIN (VALUES ('docid', 'Document id.'), ('structure',
			'Name of the structure that the document belongs to.'),
			('run', 'Id of the run.'), ('flow', 'Name of the flow.'), ('status', 'Status of the run or question.'),
				('step', 'Name of the step.'), ('actor', 'Name of the role or person that has started the run.'),
			('model', 'Fields on which the run works; null if the caller may not see them.'),
				('sqlstate', 'SQLSTATE of the error.'), ('message', 'Text of the question, or message of the error.'),
			('started_at', 'Time at which the run was started.'), ('changed_at', 'Time of the last change.'),
				('confirmation', 'Id of the question, to be answered by answer_confirmation().'),
			('field', 'Field of the model in which the answer is stored.'), ('options', 'Possible answers.'),
				('users', 'Roles and persons that are asked.'),
			('answers_needed', 'Number of persons that must give the same answer.'),
				('due_at', 'Time at which the question expires.'), ('choice', 'Answer that was taken.'),
				('asked_at', 'Time at which the question was asked.'),
			('closed_at', 'Time at which the question was closed.'), ('at', 'Time of the notification or question.'),
				('notification', 'Id of the notification.'), ('subject', 'Subject of the notification.'),
				('body', 'Text of the notification or question.'),
				('read_at', 'Time at which the notification was marked as read; see mark_read().')
			) AS w (name, words) ON w.name = a.attname
		WHERE c.relnamespace = 'smartwf_api'::regnamespace
	LOOP
		IF place.words IS NOT NULL THEN
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', place.view, place.attname, place.words);
		END IF;
		EXECUTE format('GRANT SELECT ON %s TO PUBLIC', place.view);
	END LOOP;
END
$install$;

-- Functions, like those of the same names in schema smartwf, but with errors in the form that
-- PostgREST understands, with the documented HTTP status and code.

CREATE FUNCTION smartwf_api.get_states(docid text, all_states boolean DEFAULT false,
	structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_states';
CREATE FUNCTION smartwf_api.get_state(docid text, state text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_state';
CREATE FUNCTION smartwf_api.get_transitions(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_transitions';
CREATE FUNCTION smartwf_api.get_transition(docid text, transition text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_transition';
CREATE FUNCTION smartwf_api.get_history(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_history';
CREATE FUNCTION smartwf_api.pass_transition(docid text, transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_pass_transition';
CREATE FUNCTION smartwf_api.set_state(docid text, state text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_set_state';
CREATE FUNCTION smartwf_api.pass_transitions(docids text[], transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, OUT docid text, OUT ok boolean, OUT code text,
			OUT message text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_pass_transitions';
CREATE FUNCTION smartwf_api.blockers(docid text, transition text, structure text DEFAULT NULL, OUT code text,
	OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_blockers';
CREATE FUNCTION smartwf_api.lock_element(docid text, temporary boolean DEFAULT false) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_lock_element';
CREATE FUNCTION smartwf_api.unlock_element(docid text, force boolean DEFAULT false) RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_unlock_element';

CREATE FUNCTION smartwf_api.start_flow(flow text, docid text DEFAULT NULL, model jsonb DEFAULT NULL,
	key text DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_start_flow';
CREATE FUNCTION smartwf_api.enqueue_flow(flow text, docid text DEFAULT NULL, model jsonb DEFAULT NULL,
	key text DEFAULT NULL,
		at timestamptz DEFAULT NULL, priority int DEFAULT 0) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_enqueue_flow';
CREATE FUNCTION smartwf_api.restart_run(run bigint, from_step text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_restart_run';
CREATE FUNCTION smartwf_api.cancel_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_cancel_run';
CREATE FUNCTION smartwf_api.reset_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_reset_run';
CREATE FUNCTION smartwf_api.run_document(run bigint) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_run_document';
CREATE FUNCTION smartwf_api.answer_confirmation(confirmation bigint, choice text,
	comment text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_answer_confirmation';
CREATE FUNCTION smartwf_api.mark_read(notification bigint, is_read boolean DEFAULT true) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_mark_read';
CREATE FUNCTION smartwf_api.delete_notification(notification bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_delete_notification';
CREATE FUNCTION smartwf_api.skip_step(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_skip_step';
CREATE FUNCTION smartwf_api.set_run_model(run bigint, model jsonb) RETURNS jsonb
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_set_run_model';
CREATE FUNCTION smartwf_api.delegate(confirmation bigint, "to" text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_delegate';

-- the comments of the functions of the same names in schema smartwf
DO $install$
DECLARE
	api record;
BEGIN
	FOR api IN
		SELECT p.oid::regprocedure AS function, pg_catalog.obj_description(original.oid, 'pg_proc') AS comment
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_proc original
			ON original.proname = p.proname AND original.pronamespace = 'smartwf'::regnamespace
		WHERE p.pronamespace = 'smartwf_api'::regnamespace
	LOOP
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', api.function,
			regexp_replace(api.comment, 'Raises (.*)$', 'Failures, as HTTP status and code: \1'));
	END LOOP;
END
$install$;

CREATE FUNCTION smartwf_api.gateway(bytea) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_gateway';
COMMENT ON FUNCTION smartwf_api.gateway(bytea) IS
'Answers an HTTP request that a web server passes on through PostgREST. The argument (bytea) is the body of the '
'request; method and address are taken from the headers X-Original-Method and X-Original-URI. Sets status and headers '
'of the response, and returns its body (json), for failures as well. Raises WF400 if one of these headers is missing.';

GRANT USAGE ON SCHEMA smartwf_api TO PUBLIC;
