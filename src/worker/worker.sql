-- The workers, and doing their work by hand.

CREATE PROCEDURE smartwf.work(max_seconds double precision DEFAULT 0)
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_work';
COMMENT ON PROCEDURE smartwf.work(double precision) IS
'For administrators: does what the background workers do, in this session: drives runs that are due, fires timers, delivers notifications. It commits after every step. With max_seconds (double precision, seconds) it waits for more until they are over; 0, the default: it ends when nothing is due. Temporary tables, prepared statements and advisory locks of the session end. Raises 42501 for whom is no administrator, 2D000 in a transaction block, WF400 for a negative time.';

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
