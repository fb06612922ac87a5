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

CREATE INDEX answers_person ON smartwf.answers (person, answered_at);

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
'Returns true if the caller may see a run (bigint): as an operator, if access to its flow is not restricted, if '
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
'may manage the flow or is an operator, 42704 if there is no such run or the caller may not see it, or if the '
'run has not reached from_step, and WF400 if run is null.';

CREATE FUNCTION smartwf.restart_all(flow text, error_like text DEFAULT '%') RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_restart_all';
COMMENT ON FUNCTION smartwf.restart_all(text, text) IS
'Queues all failed runs of a flow again, to continue at the step that failed. flow (text): the flow; error_like '
'(text): a pattern, as for LIKE, for the error message of the runs; by default, all failed runs. Returns the number '
'of runs that were queued (bigint). Raises 42501 unless the caller is an operator, and WF400 if an argument is '
'null.';

CREATE FUNCTION smartwf.cancel_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_cancel_run';
COMMENT ON FUNCTION smartwf.cancel_run(bigint) IS
'Cancels a run (bigint) that has not ended, and its open questions. Returns the status of the run (text). Raises '
'WF410 if the run is finished or already cancelled, 42501 unless the caller has started it, may manage the flow or is '
'an operator, 42704 if there is no such run or the caller may not see it, and WF400 if run is null.';

CREATE FUNCTION smartwf.reset_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_reset_run';
COMMENT ON FUNCTION smartwf.reset_run(bigint) IS
'Makes a run (bigint) that is not finished a draft, and cancels its open questions. The document can then be edited, '
'and restart_run() starts the run from the beginning. Returns the status of the run (text). Raises WF410 if the run '
'is finished, 42501 unless the caller has started it, may manage the flow or is an operator, 42704 if there is '
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
'unless the caller may manage the flow or is an operator, 42704 if there is no such run or the caller may not '
'see it, and WF400 if run is null.';

CREATE FUNCTION smartwf.set_run_model(run bigint, model jsonb) RETURNS jsonb
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_set_run_model';
COMMENT ON FUNCTION smartwf.set_run_model(bigint, jsonb) IS
'Replaces the model of a failed or waiting run. run (bigint): the run; model (jsonb): an object with the new fields. '
'Who has changed what is recorded in smartwf.run_steps. Returns the previous model (jsonb), or null if the caller may '
'not see it. Raises WF400 if model is not an object, and the errors of skip_step().';

-- Many runs, each on its own.
CREATE FUNCTION smartwf.steer_runs(runs bigint[], action text)
	RETURNS TABLE (run bigint, ok boolean, status text, message text)
	LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF runs IS NULL THEN
		RAISE EXCEPTION 'runs must not be null' USING ERRCODE = 'WF400';
	ELSIF coalesce(action NOT IN ('restart', 'skip', 'cancel', 'reset'), true) THEN
		RAISE EXCEPTION 'action must be restart, skip, cancel or reset, not "%"', action USING ERRCODE = 'WF400';
	END IF;
	FOREACH run IN ARRAY runs LOOP
		BEGIN
			status := CASE action WHEN 'restart' THEN smartwf.restart_run(run) WHEN 'skip' THEN smartwf.skip_step(run)
				WHEN 'cancel' THEN smartwf.cancel_run(run) ELSE smartwf.reset_run(run) END;
			ok := true;
			message := (SELECT r.message FROM smartwf.runs r WHERE r.id = steer_runs.run AND r.status = 'failed');
		EXCEPTION
			WHEN transaction_rollback OR out_of_memory THEN RAISE;
			WHEN OTHERS THEN
				ok := false;
				status := NULL;
				message := SQLERRM;
		END;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.steer_runs(bigint[], text) IS
'Restarts, skips, cancels or resets many runs, each in a subtransaction: what fails for one leaves the others alone. '
'runs (bigint[]): the runs; action (text): restart, skip, cancel or reset, for what smartwf.restart_run(), '
'skip_step(), cancel_run() or reset_run() do. Returns one row for each run: run (bigint), whether it was done (ok, '
'boolean), the new status of the run (status, text), and why it was not done or has failed again (message, text). '
'Raises WF400 if action is another, or an argument is null.';

CREATE FUNCTION smartwf.pause_flow(flow text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pause_flow';
COMMENT ON FUNCTION smartwf.pause_flow(text) IS
'Pauses a flow (text): none of its runs continues until resume_flow() is called, and runs that are started or '
'answered in the meantime are queued. Steps that are being executed are completed. Raises 42501 unless the caller may '
'manage the flow or is an operator, 42704 if the flow is not published, and WF400 if flow is null.';

CREATE FUNCTION smartwf.resume_flow(flow text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_resume_flow';
COMMENT ON FUNCTION smartwf.resume_flow(text) IS
'Resumes a flow (text) that was paused by pause_flow(): workers continue its runs. Raises 42501 unless the caller may '
'manage the flow or is an operator, 42704 if the flow is not published, and WF400 if flow is null.';
