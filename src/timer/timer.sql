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
