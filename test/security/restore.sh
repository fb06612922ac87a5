# A dump comes back whole, by whatever form and in however many pieces at once, whoever restores it;
# and it is under the same rules afterwards.
sql postgres -c "CREATE ROLE restore_keeper LOGIN" -c "CREATE ROLE restore_clerk"
createdb restore_from
sql restore_from -f test/recovery/setup.sql
sql restore_from <<'SQL'
CREATE TABLE app.piece (id int, region text, state text, amount numeric DEFAULT 1, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE app.piece_a PARTITION OF app.piece FOR VALUES IN ('a');
CREATE TABLE app.piece_b PARTITION OF app.piece FOR VALUES IN ('b');
SELECT smartwf.attach('app.piece', 'LOOP', docid_prefix => 'p', docid_column => 'id');
INSERT INTO app.piece SELECT g, CASE g % 2 WHEN 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 20) g;
CREATE TABLE app.kind (id int PRIMARY KEY);
ALTER TABLE app.doc ADD kind int REFERENCES app.kind;
-- many, so that tables are loaded in any order
SELECT count(smartwf.define_workflow(jsonb_build_object('name', 'W' || g, 'states', '[{"name": "a", "initial": true}, {"name": "b"}]'::jsonb,
	'transitions', '[{"name": "t", "arcs": [{"from": "a", "to": "b"}], "grants": [{"role": "restore_clerk"}], "parameters": [{"name": "reason"}]}]'::jsonb,
	'translations', '{"fr": {"states": {"a": "A"}}}'::jsonb))) FROM generate_series(1, 200) g;
-- a run under way comes back for whom it acts
UPDATE smartwf.runs SET starter = 'restore_keeper', actor = 'restore_keeper';
ALTER SCHEMA app OWNER TO restore_keeper;
ALTER TABLE app.doc OWNER TO restore_keeper;
ALTER TABLE app.piece OWNER TO restore_keeper;
ALTER TABLE app.piece_a OWNER TO restore_keeper;
ALTER TABLE app.piece_b OWNER TO restore_keeper;
ALTER TABLE app.kind OWNER TO restore_keeper;
ALTER FUNCTION app.m0 OWNER TO restore_keeper;
ALTER FUNCTION app.affordable OWNER TO restore_keeper;
ALTER FUNCTION app.copy OWNER TO restore_keeper;
SQL
pg_dump restore_from >"$CLUSTER/restore.sql"
pg_dump -Fc -f "$CLUSTER/restore.custom" restore_from
pg_dump -Fd -j 4 -f "$CLUSTER/restore.directory" restore_from
pg_dump --data-only --disable-triggers restore_from >"$CLUSTER/restore.data"
pg_dump --schema-only restore_from >"$CLUSTER/restore.schema"
# for the owner of a database: COPY does not obey policies, so INSERT
pg_dump --enable-row-security --inserts restore_from >"$CLUSTER/restore.inserts"
pg_dump --enable-row-security --inserts -Fd -j 4 -f "$CLUSTER/restore.inserts.directory" restore_from
for section in pre-data post-data; do pg_dump --section=$section restore_from >"$CLUSTER/restore.$section"; done
pg_dump --data-only --enable-row-security --inserts restore_from >"$CLUSTER/restore.inserts.data"
chmod -R a+rX "$CLUSTER"/restore.*

contents="SELECT md5(string_agg(x, ',' ORDER BY x)) FROM
	(SELECT to_jsonb(h)::text FROM smartwf.history h UNION ALL SELECT to_jsonb(e)::text FROM smartwf.elements e
	UNION ALL SELECT to_jsonb(s)::text FROM smartwf.structures s UNION ALL SELECT to_jsonb(d)::text FROM app.doc d UNION ALL SELECT to_jsonb(d)::text FROM app.piece d
	UNION ALL SELECT smartwf.workflow_definition(name)::text FROM smartwf.workflows UNION ALL SELECT smartwf.flow_definition('ASK')::text
	UNION ALL SELECT to_jsonb(r)::text FROM smartwf.runs r UNION ALL SELECT to_jsonb(c)::text FROM smartwf.confirmations c
	UNION ALL SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal) t (x)"
want=$(sql restore_from -At -c "$contents")

# it is all there, complete, and lives on by the same rules, for somebody who is no superuser
same() {
	[ "$(sql "$1" -At -c "$contents")" = "$want" ]
	[ "$(sql "$1" -At -c "SELECT count(*) FROM smartwf.workflows WHERE shape IS DISTINCT FROM smartwf.workflow_shape(id)")" = 0 ]
	[ "$(sql "$1" -At -c "SET ROLE restore_keeper" -c "SELECT smartwf.pass_transition('1', 'turn') #>> '{state,id}'")" = c ]
	[ "$(sql "$1" -At -c "SET ROLE restore_keeper" -c "SELECT smartwf.pass_transition('p1', 'turn') #>> '{state,id}'")" = b ]
	for refused in "UPDATE app.doc SET state = 'b' WHERE id = 1" "ALTER TABLE app.doc DISABLE TRIGGER ALL" "ALTER TABLE app.doc DROP state" 'DROP TRIGGER "~smartwf_judge" ON app.piece_a'; do
		if sql "$1" -c "SET ROLE restore_keeper" -c "$refused" 2>/dev/null; then echo "$1: not refused: $refused"; exit 1; fi
	done
	if sql "$1" -c "DELETE FROM smartwf.arcs" 2>/dev/null; then echo "$1: a published workflow is not frozen"; exit 1; fi
	[ "$(sql "$1" -At -c "SELECT count(*) FROM pg_trigger WHERE tgname = 'signal' AND tgenabled <> 'A'")" = 0 ]
}

# as a superuser
for way in plain custom directory data; do
	createdb "restore_$way"
	case $way in
		plain) sql "restore_$way" -f "$CLUSTER/restore.sql" ;;
		custom) pg_restore --exit-on-error -d "restore_$way" "$CLUSTER/restore.custom" ;;
		directory) pg_restore --exit-on-error -j 4 -d "restore_$way" "$CLUSTER/restore.directory" ;;
		data) sql "restore_$way" -f "$CLUSTER/restore.schema" -f "$CLUSTER/restore.data" ;;
	esac
	same "restore_$way"
done

# as the owner of the database, to whom a superuser has given the extension and what a restore takes
as_owner() { PGUSER=restore_keeper "$@"; }
for way in plain directory data; do
	createdb -O restore_keeper "owner_$way"
	sql "owner_$way" -c "CREATE EXTENSION smartwf" -c "SELECT smartwf.grant_restore('restore_keeper')"
	case $way in
		# the one thing that cannot be his: the comment on the extension
		plain) as_owner psql -X -q "owner_$way" -f "$CLUSTER/restore.inserts" ;;
		directory) as_owner pg_restore --enable-row-security -j 4 -d "owner_$way" "$CLUSTER/restore.inserts.directory" || true ;;
		data) as_owner psql -X -q "owner_$way" -f "$CLUSTER/restore.pre-data" -f "$CLUSTER/restore.inserts.data" -f "$CLUSTER/restore.post-data" ;;
	esac >"$CLUSTER/restore.said" 2>&1
	[ "$(grep -c 'ERROR' "$CLUSTER/restore.said")" = "$(grep -cE 'ERROR: +must be owner of (extension|schema) |ERROR: +schema "smartwf" already exists' "$CLUSTER/restore.said")" ] || { cat "$CLUSTER/restore.said"; exit 1; }
	# but not for somebody else
	if as_owner sql "owner_$way" -c "INSERT INTO smartwf.runs (flow_id, flow, status, starter, actor, search_path, model) VALUES (1, 'ASK', 'queued', 'postgres', 'postgres', '', '{}')" 2>"$CLUSTER/restore.said"; then exit 1; fi
	grep -q 'row-level security' "$CLUSTER/restore.said"
	sql "owner_$way" -c "SELECT smartwf.revoke_restore('restore_keeper')"
	same "owner_$way"
	[ "$(sql "owner_$way" -At -c "SELECT has_function_privilege('restore_keeper', 'smartwf.judge_change()', 'EXECUTE')")" = f ]
done
for database in $(sql -At -c "SELECT datname FROM pg_database WHERE datname ~ '^(restore|owner)_'"); do dropdb "$database"; done
sql -c "DROP ROLE restore_keeper, restore_clerk"
