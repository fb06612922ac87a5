-- The contestants of script/bench worker: five trivial steps, queued; and five single-row updates.
SET client_min_messages = error;
CREATE EXTENSION smartwf;
SELECT smartwf.define_flow(jsonb_build_object('name', 'five', 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps',
	(SELECT jsonb_agg(jsonb_build_object('name', 'step ' || g, 'kind', 'update_model_field', 'settings', jsonb_build_object('field', 'f' || g, 'value', g)) ORDER BY g)
	FROM generate_series(1, 5) g)))));
CREATE TABLE bare (id int PRIMARY KEY, n int NOT NULL DEFAULT 0) WITH (fillfactor = 80);
INSERT INTO bare SELECT generate_series(1, :rows);
-- when the newest runs were done: flows a second, and milliseconds from enqueue to finish
CREATE FUNCTION measured(number bigint, OUT per_second numeric, OUT p50 numeric, OUT p99 numeric) LANGUAGE sql AS $$
	SELECT number / extract(epoch FROM max(changed_at) - min(started_at)),
		1000 * extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY changed_at - started_at)),
		1000 * extract(epoch FROM percentile_cont(0.99) WITHIN GROUP (ORDER BY changed_at - started_at))
	FROM (SELECT changed_at, started_at FROM smartwf.runs ORDER BY id DESC LIMIT number) r
$$;
