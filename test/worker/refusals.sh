# Attempts that were refused are kept, though their transactions are rolled back; when
# too many wait for a worker, the rest is counted.
createdb refused
configure shared_preload_libraries=smartwf smartwf.databases=refused smartwf.workers=1
server restart
p() { psql -X -q -At -v ON_ERROR_STOP=1 refused "$@"; }
p -f - >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION smartwf;
CREATE ROLE refused_clerk LOGIN;
SELECT smartwf.define_workflow('{"name": "KEPT", "keepRefusals": true, "states": [{"name": "a", "initial": true}, {"name": "b"}, {"name": "c"}],
	"transitions": [{"name": "there", "arcs": [{"from": "a", "to": "b"}], "guard": "weight < 3", "grants": [{"role": "pg_monitor"}]}]}');
SELECT smartwf.define_workflow('{"name": "SILENT", "states": [{"name": "a", "initial": true}, {"name": "b"}], "transitions": []}');
CREATE TABLE kept (id text PRIMARY KEY, state text, weight int);
CREATE TABLE silent (id text PRIMARY KEY, state text);
SELECT smartwf.attach('kept', 'KEPT'), smartwf.attach('silent', 'SILENT', docid_prefix => 's');
INSERT INTO kept (id, weight) VALUES ('1', 1), ('9', 9);
INSERT INTO silent (id) VALUES ('1');
GRANT SELECT, UPDATE ON kept, silent TO refused_clerk;
SQL
refused() { ! psql -X -q refused -U refused_clerk -v ON_ERROR_STOP=1 -c "$1" >/dev/null 2>&1 || { echo "not refused: $1"; exit 1; }; }
refused "SELECT smartwf.pass_transition('1', 'there')"
refused "BEGIN; UPDATE kept SET state = 'b' WHERE id = '9'; COMMIT"
refused "UPDATE kept SET state = 'c' WHERE id = '1'"
refused "SELECT smartwf.pass_transition('1', 'nowhere')"
refused "SELECT smartwf.set_state('1', 'nowhere')"
refused "UPDATE silent SET state = 'b'"
! p -c "SELECT smartwf.pass_transition('9', 'there')" >/dev/null 2>&1
told() { p -c "SELECT docid, structure, workflow, version, transition, from_state, to_state, actor, code FROM smartwf.refusals ORDER BY id"; }
for _ in $(seq 100); do [ "$(told | wc -l)" -lt 6 ] || break; sleep 0.1; done
expected='1|kept|KEPT|1|there|a|b|refused_clerk|WFL0300
9|kept|KEPT|1|there|a|b|refused_clerk|WFL0300
1|kept|KEPT|1||a|c|refused_clerk|CRUD0235
1|kept|KEPT|1|nowhere|||refused_clerk|CRUD0229
1|kept|KEPT|1|||nowhere|refused_clerk|CRUD0228
9|kept|KEPT|1|there|a|b|postgres|WFL0300'
[ "$(told)" = "$expected" ] || { diff <(told) <(echo "$expected"); exit 1; }
[ "$(p -c "SELECT count(*) FROM smartwf.why('1') WHERE kind = 'refusal'")" = 4 ]
[ "$(psql -X -q -At refused -U refused_clerk -c "SELECT count(*) FROM smartwf.refusals")" = 0 ]
# nobody stores them meanwhile
p -c "SELECT smartwf.pause_database()" >/dev/null
p -c "DO \$\$ BEGIN FOR n IN 1 .. 400 LOOP BEGIN PERFORM smartwf.pass_transition('9', 'there'); EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END \$\$"
lost=$(p -c "SELECT smartwf.lost_refusals()")
[ "$lost" -gt 0 ] || { echo "none was lost"; exit 1; }
p -c "SELECT smartwf.resume_database()" >/dev/null
for _ in $(seq 100); do [ "$(told | wc -l)" -lt $((406 - lost)) ] || break; sleep 0.1; done
[ "$(told | wc -l)" = $((406 - lost)) ] || { echo "$lost lost, $(told | wc -l) kept"; exit 1; }
[ "$(p -c "SELECT value FROM smartwf.metrics WHERE metric = 'refusals_lost'")" = "$lost" ]
p -c "CALL smartwf.purge('0')"
[ -z "$(told)" ]
