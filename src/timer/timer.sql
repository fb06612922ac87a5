-- Timers that run: what is due when.  Changed by the engine alone.

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
'Tasks of the timers that run, a row each, gone when it is done: the version of the workflow that says what it does, '
'whether the next transition ends it (volatile), the column that it counts from, when it is due (null: its date is '
'not there, or it has failed for good), and why it failed.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.element_timers', '');

CREATE VIEW smartwf.timers WITH (security_barrier) AS
SELECT e.docid, e.timer, e.task, k.kind, k.settings, e.action, e.reference_column,
	CASE WHEN e.reference_column IS NULL OR smartwf.is_readable(e.docid) THEN e.due_at END AS due_at, e.attempt, e.sqlstate,
	CASE WHEN e.message IS NOT NULL AND smartwf.is_readable(e.docid) THEN e.message END AS message, e.attached_at
FROM smartwf.element_timers e JOIN smartwf.timer_tasks k ON k.workflow_id = e.workflow_id AND k.timer = e.timer AND k.position = e.task
WHERE smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf.timers IS
'What is due when: the tasks of running timers, of the documents that the caller sees.';
COMMENT ON COLUMN smartwf.timers.docid IS 'The document.';
COMMENT ON COLUMN smartwf.timers.timer IS 'Name of the timer.';
COMMENT ON COLUMN smartwf.timers.task IS 'Which of its tasks, from 1.';
COMMENT ON COLUMN smartwf.timers.kind IS 'What it does.';
COMMENT ON COLUMN smartwf.timers.settings IS 'With what.';
COMMENT ON COLUMN smartwf.timers.action IS
'volatile: the next transition ends it; persistent: it runs until it is unattached.';
COMMENT ON COLUMN smartwf.timers.reference_column IS 'The column that it counts from; null: from when it was attached.';
COMMENT ON COLUMN smartwf.timers.due_at IS
'When; null: it counts from a column and the caller may not read all of them, its date is not there, or it has '
'failed for good.';
COMMENT ON COLUMN smartwf.timers.attempt IS 'How often it has failed.';
COMMENT ON COLUMN smartwf.timers.sqlstate IS 'Of the last failure.';
COMMENT ON COLUMN smartwf.timers.message IS
'Why it failed; null to those who may not read all columns of the document.';
COMMENT ON COLUMN smartwf.timers.attached_at IS 'Since when it runs.';
GRANT SELECT ON smartwf.timers TO PUBLIC;
