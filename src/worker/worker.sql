-- The workers, and doing their work by hand.

CREATE PROCEDURE smartwf.work(max_seconds double precision DEFAULT 0)
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_work';
COMMENT ON PROCEDURE smartwf.work(double precision) IS
'For administrators: does what the background workers do, in this session: drives runs that are due, fires timers, '
'delivers notifications. It commits after every step. With max_seconds (double precision, seconds) it waits for more '
'until they are over; 0, the default: it ends when nothing is due. Temporary tables, prepared statements and '
'advisory locks of the session end. Raises 42501 for whom is no administrator, 2D000 in a transaction block, WF400 '
'for a negative time.';

CREATE FUNCTION smartwf.pause_database(database name DEFAULT NULL) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pause_database';
COMMENT ON FUNCTION smartwf.pause_database(name) IS
'For administrators: the background workers leave a database (name, default: this one) and stay out of it until '
'resume_database() or the next start of the server, so that it can be used as a template, renamed or dropped. Returns '
'when they have left. Raises 42501 unless the caller is an administrator, 55000 where the library is not preloaded, '
'55006 if they have not left after 10 seconds, 53400 if 64 databases are paused already.';

CREATE FUNCTION smartwf.resume_database(database name DEFAULT NULL) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_resume_database';
COMMENT ON FUNCTION smartwf.resume_database(name) IS
'For administrators: the background workers come back to a database (name, default: this one) that pause_database() '
'has made them leave. Raises 42501 unless the caller is an administrator, 55000 where the library is not preloaded.';

CREATE FUNCTION smartwf.list_workers(OUT pid int, OUT work text, OUT state text, OUT doing text, OUT started_at timestamptz, OUT changed_at timestamptz,
		OUT done bigint, OUT failed bigint) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_list_workers';
COMMENT ON FUNCTION smartwf.list_workers() IS
'The workers of this database; see the view smartwf.workers. Raises nothing.';

CREATE VIEW smartwf.workers WITH (security_barrier) AS SELECT * FROM smartwf.list_workers();
COMMENT ON VIEW smartwf.workers IS
'The workers of this database, sessions that call work() among them; empty if the library is not preloaded.';
COMMENT ON COLUMN smartwf.workers.pid IS 'Process id, as in pg_stat_activity.';
COMMENT ON COLUMN smartwf.workers.work IS 'What it does: runs and timers, delivery, or everything.';
COMMENT ON COLUMN smartwf.workers.state IS 'working or idle.';
COMMENT ON COLUMN smartwf.workers.doing IS 'What it is doing just now.';
COMMENT ON COLUMN smartwf.workers.started_at IS 'Since when it is there.';
COMMENT ON COLUMN smartwf.workers.changed_at IS 'Since when it does that, or is idle.';
COMMENT ON COLUMN smartwf.workers.done IS 'Transactions of work that it has done.';
COMMENT ON COLUMN smartwf.workers.failed IS 'Transactions of work that were undone by an error.';

CREATE PROCEDURE smartwf.purge(older_than interval, keep_failed boolean DEFAULT true, with_history boolean DEFAULT false)
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_purge';
COMMENT ON PROCEDURE smartwf.purge(interval, boolean, boolean) IS
'For administrators: does away with runs that ended, and notifications that were delivered, longer than an interval '
'(older_than) ago, in batches with a commit each. keep_failed (boolean, default true): those that failed stay. '
'with_history (boolean, default false): history older than that goes as well, but for the last line of each living '
'document, and with it the names of deleted documents. Raises 42501 for whom is no administrator, 2D000 in a '
'transaction block, WF400 for null or a negative interval.';

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
	SELECT channel, (SELECT count(*) FROM smartwf.notifications n WHERE n.channel = c.channel AND n.due_at IS NOT NULL) AS number,
		(SELECT extract(epoch FROM clock_timestamp() - min(n.created_at)) FROM smartwf.notifications n WHERE n.channel = c.channel AND n.due_at IS NOT NULL) AS age
	FROM unnest(ARRAY['smtp', 'signalr']) AS c (channel))
SELECT 'runs' AS metric, s.status AS label, coalesce((SELECT sum(number) FROM run r WHERE r.status = s.status), 0)::double precision AS value
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
SELECT 'oldest_confirmation_seconds', '', coalesce(extract(epoch FROM clock_timestamp() - min(asked_at)), 0) FROM smartwf.confirmations WHERE status = 'open'
UNION ALL
SELECT 'timers_due', '', count(*) FROM smartwf.element_timers WHERE due_at <= clock_timestamp()
UNION ALL
SELECT 'timers_failed', '', count(*) FROM smartwf.element_timers WHERE due_at IS NULL AND message IS NOT NULL
UNION ALL
SELECT 'workers', w.state, (SELECT count(*) FROM smartwf.list_workers() l WHERE l.state = w.state) FROM (VALUES ('idle'), ('working')) AS w (state);
COMMENT ON VIEW smartwf.metrics IS
'How it goes, a row a value, all gauges: runs by status (those that are not over), failed runs by flow, length and '
'age of the queue, steps and failed steps a second in the last minute, deliveries that wait and how long the oldest '
'has, those that failed, open confirmations and the age of the oldest, timers, workers.';
COMMENT ON COLUMN smartwf.metrics.metric IS
'What is measured; its unit, if it is not a number of things, is part of the name.';
COMMENT ON COLUMN smartwf.metrics.label IS 'Of which: status, flow, channel or state; empty where there is but one.';
COMMENT ON COLUMN smartwf.metrics.value IS 'How much.';
