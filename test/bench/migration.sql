-- The contestants of script/bench migration: documents in ten states, of which a version has nine; and
-- bare tables of the same rows.
SET client_min_messages = error;
CREATE EXTENSION smartwf;
CREATE FUNCTION bench_version(structure text, states int, label text) RETURNS int LANGUAGE sql AS $$
	SELECT smartwf.define_workflow(jsonb_build_object('name', upper(structure), 'description', label,
		'states', (SELECT jsonb_agg(jsonb_build_object('name', 's' || s, 'initial', s = 1) ORDER BY s) FROM generate_series(1, states) s),
		'transitions', jsonb_build_array(jsonb_build_object('name', 'next', 'arcs', (SELECT jsonb_agg(jsonb_build_object('from', 's' || s,
			'to', 's' || (s % 8 + 1)) ORDER BY s) FROM generate_series(1, states) s)))))
$$;
SELECT bench_version('doc', 10, 'ten'), bench_version('fresh', 10, ''), bench_version('moved', 10, '');
CREATE TABLE doc (id int PRIMARY KEY, title text, state text) WITH (fillfactor = 90);
CREATE TABLE fresh (LIKE doc INCLUDING ALL);
CREATE TABLE moved (LIKE doc INCLUDING ALL);
CREATE TABLE bare (LIKE doc INCLUDING ALL);
CREATE TABLE bare_list (n int PRIMARY KEY, id int NOT NULL);
CREATE TABLE bare_history (docid text COLLATE "C", revision int, at timestamptz, actor text, from_state text, to_state text, comment text,
	workflow_id int, PRIMARY KEY (docid, revision));
-- born in their states, as a table that is attached when it is full
INSERT INTO doc SELECT g, 'title ' || g, 's' || (g % 10 + 1) FROM generate_series(1, :rows) g;
INSERT INTO bare SELECT * FROM doc;
INSERT INTO fresh SELECT g, 'title ' || g, 's1' FROM generate_series(1, 10000) g;
INSERT INTO moved SELECT * FROM fresh;
SELECT smartwf.attach('doc', 'DOC', docid_prefix => 'D'), smartwf.attach('fresh', 'FRESH', docid_prefix => 'F'),
	smartwf.attach('moved', 'MOVED', docid_prefix => 'M');
SELECT bench_version('doc', 10, 'ten again'), bench_version('doc', 9, 'nine');
DO $$ BEGIN
	FOR n IN 1 .. 10 LOOP
		PERFORM bench_version('moved', 10, 'move ' || n);
		PERFORM smartwf.start_migration('moved');
	END LOOP;
END $$;
-- what somebody would do without smartwf, in batches of as many rows
CREATE PROCEDURE bare_move(from_state text, to_state text, with_history boolean) LANGUAGE plpgsql AS $$
DECLARE
	last int;
BEGIN
	TRUNCATE bare_list;
	INSERT INTO bare_list SELECT row_number() OVER (), id FROM bare WHERE state = from_state;
	COMMIT;
	SELECT max(n) INTO last FROM bare_list;
	FOR batch IN 0 .. last / 500 LOOP
		WITH moved AS (UPDATE bare b SET state = to_state FROM bare_list l
				WHERE l.n > batch * 500 AND l.n <= batch * 500 + 500 AND b.id = l.id RETURNING b.id)
		INSERT INTO bare_history SELECT id::text, (extract(epoch FROM clock_timestamp()) * 1000)::bigint % 2000000000, clock_timestamp(), current_user,
			from_state, to_state, 'moved', 1 FROM moved WHERE with_history;
		COMMIT;
	END LOOP;
END
$$;
