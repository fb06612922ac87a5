-- Runs of flows.  Changed by the engine alone, which knows what their columns can
-- hold: a CHECK, parsed anew with every row that is written without a statement, would cost
-- a quarter of a step, and foreign keys likewise.  What somebody restores is checked by the
-- policies, and when it is read.  Read by whom their policies let.

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
-- a key is its starter's own
CREATE UNIQUE INDEX runs_key ON smartwf.runs (flow, key, starter, actor) WHERE key IS NOT NULL;
CREATE INDEX runs_docid ON smartwf.runs (docid) WHERE docid IS NOT NULL;
-- for the purge
CREATE INDEX runs_started_at ON smartwf.runs USING brin (started_at) WITH (pages_per_range = 16);
CREATE INDEX runs_due ON smartwf.runs (flow, priority, due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.runs IS
'Runs of flows, with status (draft, queued, running, waiting, finished, failed, cancelled): the version, the element '
'or free JSON that it works on (model; base: the element''s row as last read), the role that started it, the name '
'behind it (actor: that of a person, by a token, or of the role; person: by whom he is told from others, see '
'smartwf.person()) and its search_path, who has answered last (answerer: the role, answerer_actor: the name behind it, answerer_person) which question (answered), the step that comes next, '
'waits or failed, and why it failed; from when on a worker takes it up (due_at; infinity: when somebody has acted; '
'null: it is over), the higher priority first, whether its steps are left to workers (by_worker), how often the step '
'has failed (attempt), has ended the process that took it (deaths), and was put off since somebody else had what '
'it needs (put_offs).';

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
-- for the metrics: what was done lately
CREATE INDEX run_steps_started_at ON smartwf.run_steps USING brin (started_at) WITH (pages_per_range = 16);
COMMENT ON TABLE smartwf.run_steps IS
'What each run did, in its order (number from 1): step, which attempt at it, when, how long, outcome (done, waiting, '
'failed, cancelled), what changed in the model, and the error of one that failed.';

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
'What runs ask people: the field that the answer goes to, the options, who is asked (users: roles, and those who are '
'in people as well, who are known by a token), who may not answer all the same (excluded: see smartwf.person()), how '
'many must give the same answer, until when. Readable by those asked and by administrators.';

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
'Answers to confirmations: who (actor: the name that he acts under; person: by whom he is told from others, once for '
'each confirmation), what, with what comment, when. Readable by those who see the confirmation.';

DO $install$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['runs', 'run_steps', 'confirmations', 'answers'] LOOP
		EXECUTE format('ALTER TABLE smartwf.%I ENABLE ROW LEVEL SECURITY', name);
		-- the model may be that of a document which the reader does not see: run_model() shows it
		EXECUTE format('GRANT SELECT (%s) ON smartwf.%I TO PUBLIC', (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
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
'True if the caller may see a run (bigint): any of a flow whose access is not restricted; else one that he started, '
'that asks him, or of a flow that is granted to him; administrators see all. Raises nothing.';
CREATE POLICY reader ON smartwf.runs FOR SELECT USING (smartwf.sees_run(id));
CREATE POLICY reader ON smartwf.run_steps FOR SELECT USING (smartwf.sees_run(run));
CREATE POLICY asked ON smartwf.confirmations FOR SELECT USING (smartwf.names_caller(users, people));
CREATE POLICY asked ON smartwf.answers FOR SELECT
	USING (EXISTS (SELECT FROM smartwf.confirmations c WHERE c.id = confirmation));

-- The foreign key of runs, which would cost them time.
CREATE FUNCTION smartwf.flow_has_runs(flow int) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_flow_has_runs';
COMMENT ON FUNCTION smartwf.flow_has_runs(int) IS
'True if there are runs of a flow version (int), whoever may see them. Raises nothing.';

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
'Trigger BEFORE DELETE on smartwf.flows: raises 23503 for a version that has runs.';
CREATE TRIGGER keep_runs BEFORE DELETE ON smartwf.flows FOR EACH ROW EXECUTE FUNCTION smartwf.keep_runs();

CREATE FUNCTION smartwf.start_flow(flow text, docid text DEFAULT NULL, model jsonb DEFAULT NULL, key text DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_start_flow';
COMMENT ON FUNCTION smartwf.start_flow(text, text, jsonb, text) IS
'Starts the newest version of a flow (text) for a document (docid, text), for free JSON (model, jsonb object), or '
'for a document whose fields the model adds to or replaces; it runs in the caller''s transaction until its end, a '
'wait or a failure, with the caller''s rights or its owner''s (runAs). key (text) makes it idempotent: the caller starts '
'the flow once for a key. Returns the run (bigint). Raises 42704 for an unknown flow, 42501 unless the flow''s start '
'grants let the caller start it (without any: whoever sees the document; administrators on free JSON), what '
'get_states() raises for a document, WF400 for a malformed call; what goes wrong in a step is kept with the run.';

CREATE FUNCTION smartwf.enqueue_flow(flow text, docid text DEFAULT NULL, model jsonb DEFAULT NULL, key text DEFAULT NULL,
		at timestamptz DEFAULT NULL, priority int DEFAULT 0) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_enqueue_flow';
COMMENT ON FUNCTION smartwf.enqueue_flow(text, text, jsonb, text, timestamptz, int) IS
'Leaves a run of the newest version of a flow (text) to the workers, which commit after every step; flow, docid, '
'model and key as in start_flow(). at (timestamptz, default: now): not before. priority (int, 0 to 9): the higher first. Its '
'steps have the caller''s rights. Returns the run (bigint). Raises as start_flow().';

CREATE FUNCTION smartwf.restart_run(run bigint, from_step text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_restart_run';
COMMENT ON FUNCTION smartwf.restart_run(bigint, text) IS
'Goes on with a failed or cancelled run (bigint) at the step where it stands, or at an earlier one (from_step, text) '
'that it has come to before; a draft begins anew, a queued one now. A run that is left to workers (enqueue_flow) is '
'queued again instead. Fields of the document that the flow has not changed are read again. Returns the status '
'(text). Raises WF410 for a run in another status, 42501 for whom is neither its starter nor an administrator, 42704 '
'for an unknown run or step.';

CREATE FUNCTION smartwf.restart_all(flow text, error_like text DEFAULT '%') RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_restart_all';
COMMENT ON FUNCTION smartwf.restart_all(text, text) IS
'For administrators: queues every failed run of a flow (text) again whose error message is like a pattern '
'(error_like, text, as in LIKE; default: any), to go on at the step that failed. Returns how many (bigint). Raises '
'42501 for whom is no administrator.';

CREATE FUNCTION smartwf.cancel_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_cancel_run';
COMMENT ON FUNCTION smartwf.cancel_run(bigint) IS
'Cancels a run (bigint) that is not finished, and what it asks. Returns the status (text). Raises WF410 for a '
'finished or cancelled run, and as restart_run().';

CREATE FUNCTION smartwf.reset_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_reset_run';
COMMENT ON FUNCTION smartwf.reset_run(bigint) IS
'Takes a run (bigint) back to draft: the record can be edited, and restart_run() begins anew. Returns the status '
'(text). Raises as restart_run().';

CREATE FUNCTION smartwf.shows_model(run bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT COST 50 AS 'MODULE_PATHNAME', 'smartwf_shows_model';
COMMENT ON FUNCTION smartwf.shows_model(bigint) IS
'True if the caller may see what a run (bigint) works on: he sees the run, and may read its document, if it has one. '
'Raises nothing.';

CREATE FUNCTION smartwf.run_model(run bigint) RETURNS jsonb
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_run_model';
COMMENT ON FUNCTION smartwf.run_model(bigint) IS
'What a run (bigint) works on: fields and values (jsonb); null unless the caller sees the run and may read its '
'document, if it has one. Raises nothing.';

CREATE FUNCTION smartwf.skip_step(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_skip_step';
COMMENT ON FUNCTION smartwf.skip_step(bigint) IS
'For administrators and managers of the flow: goes on with a failed or waiting run (bigint) behind the step where it '
'stands, as if that were done. What it asks is cancelled. Returns the status (text). Raises WF410 for a run in another '
'status, 42501 unless the caller may do so, 42704 for an unknown run.';

CREATE FUNCTION smartwf.set_run_model(run bigint, model jsonb) RETURNS jsonb
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_set_run_model';
COMMENT ON FUNCTION smartwf.set_run_model(bigint, jsonb) IS
'For administrators and managers of the flow: replaces what a failed or waiting run (bigint) works on by another model '
'(jsonb object); the record of the run keeps who did so and what changed. Returns the model before (jsonb), null where the caller may not see it. Raises as '
'skip_step(), and WF400 for what is no object.';

CREATE FUNCTION smartwf.pause_flow(flow text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pause_flow';
COMMENT ON FUNCTION smartwf.pause_flow(text) IS
'For administrators and managers of the flow: no run of a flow (text) goes on until resume_flow(); one that is started '
'or answered is queued. A step that runs just now comes to its end. Raises 42501 unless the caller may do so, 42704 for '
'an unknown flow.';

CREATE FUNCTION smartwf.resume_flow(flow text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_resume_flow';
COMMENT ON FUNCTION smartwf.resume_flow(text) IS
'For administrators and managers of the flow: runs of a flow (text) that pause_flow() stopped go on, by the workers. '
'Raises as pause_flow().';
