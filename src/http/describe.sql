-- Comments and privileges of what smartwf_api has.

DO $install$
DECLARE
	place record;
BEGIN
	FOR place IN
		SELECT c.oid::regclass AS view, a.attname, a.attnum, w.words
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
				('read_at', 'Time at which the notification was marked as read; see mark_read().'),
			('workflow', 'Name of the workflow.'), ('version', 'Version of the workflow.'), ('state', 'Name of the state.'),
			('label', 'Label in the reader''s language.'), ('activity', 'What is being done in the state.'),
			('color', 'Color of the state, as #RRGGBB.'), ('since', 'Time since which the document is in the state.'),
			('locked_by', 'Role or person that has locked the document.'), ('transition', 'Name of the transition.'),
			('transition_label', 'Label of the transition in the reader''s language.'),
			('error', 'Why the transition would be refused now; null if it would not.'),
			('valid', 'Whether the transition leaves the current state.'),
			('to_state', 'State that the transition leads to, or has led to.'),
			('from_state', 'State before the change.'), ('ask_comment', 'Whether the transition accepts a comment.'),
			('reference_column', 'Column from which the time is computed; null: from attached_at.'),
			('timer', 'Name of the timer.'), ('task', 'Number of the task in the timer, from 1.'),
			('kind', 'Kind of the task.'), ('settings', 'Settings of the task.'),
			('action', 'volatile, or persistent: whether the next transition detaches the timer.'),
			('attempt', 'Number of attempts.'), ('attached_at', 'Time at which the timer was attached.'),
			('may_start', 'Whether the caller may start the flow.'),
			('may_manage', 'Whether the caller may manage the flow and its runs.'),
			('is_paused', 'Whether the flow is paused.'), ('owner', 'Role that has published the version.'),
			('max_runs', 'Number of runs that workers execute at the same time; null: no limit.'),
			('changed_by', 'Who has changed the draft last.'), ('description', 'Description, for display.'),
			('answered_at', 'Time of the answer.'), ('channel', 'smtp or signalr.'),
			('recipient', 'Role or person to whom it is sent.'), ('created_at', 'Time at which it was sent.'),
			('delivered_at', 'Time at which it was delivered.'), ('outcome', 'Answer that was taken, or outcome of the steps.'),
			('pid', 'Process id, as in pg_stat_activity.'), ('work', 'Kind of work.'), ('doing', 'Run, timer or delivery at present.'),
			('done', 'Number of transactions that were committed.'), ('failed', 'Number of transactions that failed.'),
			('metric', 'Name of the metric, with its unit.'), ('value', 'Value of the metric.'),
			('steps', 'Number of steps.'), ('seconds', 'Average duration of the steps, in seconds.'),
			('flow_label', 'Label of the flow.'), ('name', 'Name.'), ('text_body', 'Text, as plain text.'),
			('html_body', 'Text, as HTML.'), ('properties', 'Properties that a step has to provide.'), ('asked_as', 'Names by which the caller is asked.'),
			('answers', 'Number of persons that have answered.'), ('is_mine', 'Whether the caller has started the run.'),
			('context', 'Where the error was raised.'), ('priority', 'Priority of the run, 0 to 9.'),
			('revision', 'Number of the change, from 0.'), ('comment', 'Comment that was given.'),
			('migration', 'Id of the migration.'), ('by_docid', 'Whether only certain documents are moved.'),
			('states', 'Where documents go whose state the version does not have.'),
			('undoes', 'Migration that this one undoes.'), ('documents', 'Number of documents.'),
			('finished_at', 'Time at which it ended.'), ('oldest', 'Time of the earliest last change.'),
			('newest', 'Time of the latest change.'), ('stays', 'How many times a document has been there, and has left.'),
			('average', 'Average duration of these stays.'), ('median', 'Half of the stays were shorter.'),
			('ninth_decile', 'Nine of ten stays were shorter.'), ('longest', 'The longest stay.'),
			('code', 'Code of the reason.'), ('refusal', 'Id of the refused attempt.'),
			('parameters', 'Parameters that were given.'), ('messages', 'What the hooks m2 and m3 returned.')
			) AS w (name, words) ON w.name = a.attname
		WHERE c.relnamespace = 'smartwf_api'::regnamespace
	LOOP
		IF place.words IS NOT NULL AND pg_catalog.col_description(place.view, place.attnum) IS NULL THEN
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', place.view, place.attname, place.words);
		END IF;
		EXECUTE format('GRANT SELECT ON %s TO PUBLIC', place.view);
	END LOOP;
END
$install$;

-- the comments of the functions of the same names in schema smartwf, with failures as clients see them
DO $install$
DECLARE
	api record;
	f record;
	words text;
BEGIN
	FOR api IN
		SELECT p.oid::regprocedure AS function, p.proname, pg_catalog.obj_description(original.oid, 'pg_proc') AS comment
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_proc original
			ON original.proname = p.proname AND original.pronamespace = 'smartwf'::regnamespace
		WHERE p.pronamespace = 'smartwf_api'::regnamespace
	LOOP
		words := regexp_replace(api.comment, 'Raises (.*)$', 'Failures, as HTTP status and code: \1');
		FOR f IN SELECT * FROM smartwf.failures() LOOP
			words := replace(words, f.sqlstate, format('%s %s', f.http_status, f.code));
		END LOOP;
		IF api.proname IN ('pass_transition', 'set_state') THEN
			words := regexp_replace(words, '(Returns the URI of the document''s state and the new state) \(json\)',
				'\1, and what the hooks m2 and m3 have said (json)');
		END IF;
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', api.function, words);
	END LOOP;
END
$install$;
