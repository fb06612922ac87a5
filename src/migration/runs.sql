-- Runs of flows go to another version, too: step by step, by name.

CREATE TABLE smartwf.run_migrations (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	flow text COLLATE "C" NOT NULL,
	version_id int NOT NULL,
	version int NOT NULL,
	steps jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(steps) = 'object'),
	status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'finished', 'failed', 'cancelled')),
	runs bigint NOT NULL DEFAULT 0,
	done bigint NOT NULL DEFAULT 0,
	message text,
	actor text NOT NULL,
	actor_is_person boolean NOT NULL,
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz,
	due_at timestamptz
);
CREATE UNIQUE INDEX run_migrations_flow ON smartwf.run_migrations (flow) WHERE status = 'running';
CREATE INDEX run_migrations_due ON smartwf.run_migrations (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.run_migrations IS
'Migrations of the runs of flows to another version. version_id, version: that version; steps: where runs go whose step '
'it does not have. status: running, as long as some of the runs are executing a step; finished; cancelled; or failed, with the '
'message, if runs have come to a step meanwhile that has no counterpart. runs, done: how many runs there were, and how '
'many were moved. Operators see all rows. Maintained by smartwf.start_run_migration().';
ALTER TABLE smartwf.run_migrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.run_migrations FOR SELECT USING ((SELECT smartwf.is_operator()));
CREATE POLICY inserter ON smartwf.run_migrations FOR INSERT WITH CHECK (true);
GRANT SELECT ON smartwf.run_migrations TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('smartwf.run_migrations', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.run_migrations_id_seq', '');

CREATE FUNCTION smartwf.flow_to_follow(flow text, version int) RETURNS smartwf.flows
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target smartwf.flows;
BEGIN
	SELECT * INTO target FROM smartwf.flows f WHERE f.name = flow AND f.status = 'published'
		AND (f.version = flow_to_follow.version OR flow_to_follow.version IS NULL) ORDER BY f.version DESC LIMIT 1;
	IF target.id IS NULL THEN
		RAISE EXCEPTION 'flow "%" has no published version %', flow, coalesce(version::text, '')
			USING ERRCODE = 'undefined_object';
	END IF;
	RETURN target;
END
$$;
COMMENT ON FUNCTION smartwf.flow_to_follow(text, int) IS
'Returns the row of smartwf.flows of a published version (int, by default the newest) of a flow (text). Raises 42704 if '
'there is none.';

-- The runs that would move: to which step, and what stands against it.
CREATE FUNCTION smartwf.runs_to_move(target smartwf.flows, steps jsonb)
	RETURNS TABLE (run bigint, from_id int, status text, step text, to_step text, obstacle text)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT r.id, r.flow_id, r.status, r.step, t.name, CASE
		WHEN r.step IS NULL THEN NULL
		WHEN t.name IS NULL AND steps ? r.step THEN format('version %s does not have the step "%s" either', target.version,
			steps ->> r.step)
		WHEN t.name IS NULL THEN format('version %s does not have the step, and no other is given for it', target.version)
		WHEN r.status = 'waiting' AND t.kind <> o.kind THEN format('it waits at a step of kind %s, and "%s" is of kind %s',
			o.kind, t.name, t.kind) END
	FROM smartwf.runs r LEFT JOIN smartwf.steps o ON (o.flow_id, o.name) = (r.flow_id, r.step)
		LEFT JOIN smartwf.steps t ON (t.flow_id, t.name) = (target.id, coalesce(steps ->> r.step, r.step))
	WHERE r.flow = target.name AND r.flow_id <> target.id AND r.status NOT IN ('finished', 'cancelled')
$$;
COMMENT ON FUNCTION smartwf.runs_to_move(smartwf.flows, jsonb) IS
'Returns the unfinished runs of a flow that do not follow a version (a row of smartwf.flows): the version that they '
'follow (from_id, int, its id), their status and step, the step (to_step) that they would be at, by its name or by steps '
'(jsonb), and why that is not possible (obstacle) (text).';

CREATE FUNCTION smartwf.run_plan_checksum(target smartwf.flows, steps jsonb) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(steps, target.id, (SELECT jsonb_agg(jsonb_build_array(f.id,
		smartwf.flow_shape(f.id)) ORDER BY f.id) FROM smartwf.flows f
		WHERE f.name = target.name AND f.status = 'published'))::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION smartwf.run_plan_checksum(smartwf.flows, jsonb) IS
'Returns a checksum (text) of what the plan of a migration of runs rests on: the versions of the flow, the one that they '
'go to (a row of smartwf.flows), and steps (jsonb).';

CREATE FUNCTION smartwf.run_migration_plan_as_owner(flow text, version int, steps jsonb, OUT from_version int,
	OUT status text, OUT step text, OUT runs bigint, OUT to_step text, OUT verdict text, OUT reason text,
	OUT questions bigint, OUT plan text) RETURNS SETOF record
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target smartwf.flows := smartwf.flow_to_follow(flow, version);
BEGIN
	PERFORM smartwf.require_object(steps, 'steps', 'step');
	RETURN QUERY
	SELECT f.version, r.status, r.step, count(*), r.to_step,
		CASE WHEN r.obstacle IS NOT NULL THEN 'cannot' WHEN r.to_step IS DISTINCT FROM r.step THEN 'changes' ELSE 'follows' END,
		r.obstacle, sum((SELECT count(*) FROM smartwf.confirmations c WHERE c.run = r.run AND c.status = 'open'))::bigint,
		smartwf.run_plan_checksum(target, steps)
	FROM smartwf.runs_to_move(target, steps) r JOIN smartwf.flows f ON f.id = r.from_id
	GROUP BY f.version, r.status, r.step, r.to_step, r.obstacle
	ORDER BY f.version, r.status COLLATE "C", r.step COLLATE "C", r.obstacle COLLATE "C" NULLS FIRST;
END
$$;
COMMENT ON FUNCTION smartwf.run_migration_plan_as_owner(text, int, jsonb) IS
'What smartwf.run_migration_plan() does, as the owner of the extension.';

CREATE FUNCTION smartwf.run_migration_plan(flow text, version int DEFAULT NULL, steps jsonb DEFAULT '{}',
	OUT from_version int, OUT status text, OUT step text, OUT runs bigint, OUT to_step text, OUT verdict text,
	OUT reason text, OUT questions bigint, OUT plan text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.run_migration_plan(text, int, jsonb) IS
'Returns what smartwf.start_run_migration() would do with the same arguments; nothing is written. One row for each '
'version that unfinished runs follow (from_version, int), their status and step (text), the step that they would be at '
'(to_step, text), and what becomes of them: how many there are (runs, bigint), verdict (text: follows, changes or '
'cannot), reason (text), how many open questions they have (questions, bigint), and a checksum of what the plan rests on '
'(plan, text). Raises 42501 unless the caller is an administrator, and 42704 if there is no such published version.';

-- Moves the runs that are not executing a step at present.
CREATE FUNCTION smartwf.move_runs(migration bigint) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.run_migrations;
	target smartwf.flows;
	free bigint[];
	faults text;
	moved bigint;
	remaining bigint;
BEGIN
	SELECT * INTO m FROM smartwf.run_migrations x WHERE x.id = migration AND x.status = 'running' FOR UPDATE SKIP LOCKED;
	IF m.id IS NULL THEN
		RETURN 0;				-- another worker is at it
	END IF;
	SELECT * INTO target FROM smartwf.flows f WHERE f.id = m.version_id;
	free := ARRAY(SELECT r.id FROM smartwf.runs r
		WHERE r.flow = m.flow AND r.flow_id <> m.version_id AND r.started_at < m.started_at
			AND r.status NOT IN ('finished', 'cancelled') LIMIT 1000 FOR UPDATE SKIP LOCKED);
	-- a statement of its own, which sees the runs as they are now that they are locked
	WITH place AS MATERIALIZED (
		SELECT t.* FROM smartwf.runs_to_move(target, m.steps) t WHERE t.run = ANY (free) AND t.obstacle IS NULL
	), asked AS (
		UPDATE smartwf.confirmations c SET step = p.to_step FROM place p
		WHERE c.run = p.run AND c.status = 'open' AND c.step <> p.to_step
	), gone AS (
		UPDATE smartwf.runs r SET flow_id = m.version_id, step = p.to_step FROM place p WHERE r.id = p.run RETURNING r.id)
	SELECT count(*) INTO moved FROM gone;
	SELECT count(*), string_agg(DISTINCT t.obstacle, '; ') INTO remaining, faults FROM smartwf.runs_to_move(target, m.steps) t
		JOIN smartwf.runs r ON r.id = t.run WHERE r.started_at < m.started_at;
	UPDATE smartwf.run_migrations x SET done = x.done + moved,
		status = CASE WHEN remaining = 0 THEN 'finished' WHEN faults IS NOT NULL AND moved = 0 THEN 'failed' ELSE 'running' END,
		message = faults
		WHERE x.id = migration RETURNING x.* INTO m;
	-- seldomer, the longer a step takes
	UPDATE smartwf.run_migrations x SET due_at = CASE WHEN m.status = 'running' THEN clock_timestamp() + CASE
			WHEN moved > 0 THEN interval '0' ELSE least(greatest((clock_timestamp() - m.started_at) / 4, interval '0.2 s'),
				interval '30 s') END END,
		finished_at = CASE WHEN m.status <> 'running' THEN clock_timestamp() END
		WHERE x.id = migration;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION smartwf.move_runs(bigint) IS
'Moves those runs of a migration (bigint, its id) that are not executing a step at present. Returns their number '
'(bigint).';

CREATE FUNCTION smartwf.move_due_runs() RETURNS bigint
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(sum(smartwf.move_runs(m.id)), 0)::bigint FROM smartwf.run_migrations m
	WHERE m.due_at <= clock_timestamp()
$$;
COMMENT ON FUNCTION smartwf.move_due_runs() IS
'Goes on with the migrations of runs that wait for steps to end, and returns how many runs were moved (bigint). Called by '
'workers.';

CREATE FUNCTION smartwf.cancel_run_migration_as_owner(migration bigint) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	UPDATE smartwf.run_migrations x SET status = 'cancelled', due_at = NULL, finished_at = clock_timestamp()
		WHERE x.id = migration AND x.status = 'running';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no migration % of runs that is under way', migration USING ERRCODE = 'undefined_object';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.cancel_run_migration_as_owner(bigint) IS
'What smartwf.cancel_run_migration() does, as the owner of the extension.';

CREATE FUNCTION smartwf.cancel_run_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.cancel_run_migration(bigint) IS
'Cancels a migration of runs (bigint, its id): runs that have moved stay where they are, those that execute a step keep '
'their version. Raises 42501 unless the caller is an administrator, and 42704 if no such migration is under way.';

CREATE FUNCTION smartwf.start_run_migration_as_owner(flow text, version int, steps jsonb, plan text) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target smartwf.flows := smartwf.flow_to_follow(flow, version);
	started bigint;
BEGIN
	PERFORM smartwf.require_object(steps, 'steps', 'step');
	IF plan <> smartwf.run_plan_checksum(target, steps) THEN
		RAISE EXCEPTION 'the plan of this migration is out of date' USING ERRCODE = 'WF412',
			DETAIL = 'A version of the flow has been published since, or the arguments differ.',
			HINT = 'Call smartwf.run_migration_plan() again.';
	END IF;
	PERFORM smartwf.refuse(format('migration of runs of flow "%s"', flow), ARRAY(
		SELECT format('WFL0500 steps: step "%s", to which "%s" is mapped, is not available', s.value, s.key)
		FROM jsonb_each_text(steps) s
		WHERE NOT EXISTS (SELECT FROM smartwf.steps x WHERE (x.flow_id, x.name) = (target.id, s.value))
		UNION ALL
		SELECT format('WFL0500 %s runs at step "%s": %s', count(*), t.step, t.obstacle)
		FROM smartwf.runs_to_move(target, steps) t WHERE t.obstacle IS NOT NULL GROUP BY t.step, t.obstacle));
	INSERT INTO smartwf.run_migrations (flow, version_id, version, steps, runs, actor, actor_is_person)
		SELECT target.name, target.id, target.version, steps, count(*), smartwf.actor(), smartwf.actor_is_person()
		FROM smartwf.runs_to_move(target, steps)
		ON CONFLICT DO NOTHING RETURNING id INTO started;
	IF started IS NULL THEN
		RAISE EXCEPTION 'runs of flow "%" are being moved already', flow
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait until that has ended, or cancel it.';
	END IF;
	PERFORM smartwf.move_runs(started);
	RETURN started;
END
$$;
COMMENT ON FUNCTION smartwf.start_run_migration_as_owner(text, int, jsonb, text) IS
'What smartwf.start_run_migration() does, as the owner of the extension.';

CREATE FUNCTION smartwf.start_run_migration(flow text, version int DEFAULT NULL, steps jsonb DEFAULT '{}',
	plan text DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.start_run_migration(text, int, jsonb, text) IS
'Moves the unfinished runs of a flow to another version. flow (text): the flow; version (int): a published version, by '
'default the newest; steps (jsonb): an object that maps steps which the version does not have to steps that it has; plan '
'(text): the checksum that smartwf.run_migration_plan() has told, if the migration must be what it said. Each run goes '
'on at the step of the same name, or at the one that is given for it; open questions keep their answers. Runs that wait, '
'have failed or are queued are moved at once; those that are executing a step follow when it has ended, by the workers. '
'Returns the id of the migration (bigint), a row of smartwf.run_migrations. Raises 42501 unless the caller is an '
'administrator, 42704 if there is no such published version, WF001 with one line of DETAIL for each fault, such as runs '
'at a step that has no counterpart, WF412 if what the plan rests on has changed, WF400 if steps is no object, and 55000 '
'if runs of the flow are being moved already.';
