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
'Deletes finished and cancelled runs, delivered notifications, refused attempts, and migrations that have ended, which '
'then cannot be undone any more, that are older than an interval, in batches, with a commit after each. older_than '
'(interval): their minimum age; keep_failed (boolean): if false, failed runs, notifications and migrations are deleted '
'as well, by default true; with_history (boolean): if true, older history is deleted as well, except for the last row '
'of each existing document, and with it the documents that were deleted; by default false. Raises 42501 unless the '
'caller is an administrator, 2D000 in a transaction block, and WF400 if older_than is null or negative.';

CREATE FUNCTION smartwf.lost_refusals() RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_lost_refusals';
COMMENT ON FUNCTION smartwf.lost_refusals() IS
'Returns how many refused attempts (bigint) could not be kept since the server was started, in all databases, because '
'too many waited for a worker at once.';

CREATE PROCEDURE smartwf.work_migration(migration bigint)
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_work_migration';
COMMENT ON PROCEDURE smartwf.work_migration(bigint) IS
'Carries out a migration (bigint, its id) in the current session, where no workers do, with a commit after each batch. '
'It ends with the migration, or when that is paused or cancelled, and waits for rows and transactions of other sessions. '
'Does nothing if another session is at it. Temporary tables, prepared statements and advisory locks of the session are '
'discarded. Raises 42501 unless the caller is an administrator, 2D000 in a transaction '
'block, and the error if a batch fails.';

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
SELECT 'refusals_lost', '', smartwf.lost_refusals()
UNION ALL
SELECT 'migrations_unfinished', '', (SELECT count(*) FROM smartwf.migrations
		WHERE status IN ('running', 'paused', 'failed'))
	+ (SELECT count(*) FROM smartwf.run_migrations WHERE status IN ('running', 'failed'))
UNION ALL
SELECT 'workers', w.state, (SELECT count(*) FROM smartwf.list_workers() l WHERE l.state = w.state)
	FROM (VALUES ('idle'), ('working')) AS w (state);
COMMENT ON VIEW smartwf.metrics IS
'Metrics for monitoring, one row for each value, all of them gauges: unfinished runs by status, failed runs by flow, '
'length and age of the queue, steps and failed steps per second in the last minute, waiting deliveries and the age of '
'the oldest by channel, failed deliveries, open questions and the age of the oldest, timers that are due or have '
'failed, refused attempts that were lost, migrations that have not ended or have failed, and workers by state.';
COMMENT ON COLUMN smartwf.metrics.metric IS 'Name of the metric, including its unit unless it is a count.';
COMMENT ON COLUMN smartwf.metrics.label IS
'Status, flow, channel or state to which the value belongs; empty if the metric has a single value.';
COMMENT ON COLUMN smartwf.metrics.value IS 'Value of the metric.';

CREATE VIEW smartwf.activity WITH (security_barrier) AS
SELECT date_bin('1 hour', s.started_at, 'epoch') AS at, s.outcome, count(*) AS steps,
	avg(extract(epoch FROM s.duration))::double precision AS seconds
FROM smartwf.run_steps s
WHERE s.started_at > date_bin('1 hour', now(), 'epoch') - interval '23 hours'
GROUP BY 1, 2;
COMMENT ON VIEW smartwf.activity IS
'Steps that runs have executed in each of the last 24 hours, by outcome.';
COMMENT ON COLUMN smartwf.activity.at IS 'Beginning of the hour.';
COMMENT ON COLUMN smartwf.activity.outcome IS 'Outcome of the steps, as in smartwf.run_steps.';
COMMENT ON COLUMN smartwf.activity.steps IS 'Number of steps.';
COMMENT ON COLUMN smartwf.activity.seconds IS 'Average duration of the steps, in seconds.';
