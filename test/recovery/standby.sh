# A standby answers questions: documents, views and addresses; it changes nothing.
createdb standby
sql standby -f test/recovery/setup.sql
as_server pg_basebackup -D "$CLUSTER/standby" -c fast -X stream -R
standby_port=$(free_port)
echo "port = $standby_port" | as_server tee -a "$CLUSTER/standby/postgresql.conf" >/dev/null
as_server pg_ctl -D "$CLUSTER/standby" -l "$CLUSTER/standby.log" -w start >/dev/null
# whatever comes of the rest, it ends
trap 'as_server pg_ctl -D "$CLUSTER/standby" -m immediate stop >/dev/null' EXIT
on_standby() { PGPORT=$standby_port sql standby -At "$@"; }
sql standby -c "SELECT smartwf.pass_transition('60', 'turn')"
for _ in $(seq 100); do
	[ "$(on_standby -c "SELECT state FROM app.doc WHERE id = 60")" = b ] && break
	sleep 0.1
done
[ "$(on_standby -c "SELECT pg_is_in_recovery()")" = t ]
for question in "smartwf.get_states('60')" "smartwf.get_state('60', 'b')" "smartwf.get_transitions('60')" "smartwf.get_transition('60', 'turn')" "smartwf.get_history('60')" \
	"data FROM smartwf_api.element_states WHERE docid = '60'" "content FROM smartwf.route('GET', '/api/v2/smart-elements/60/workflows/states/')"; do
	[ "$(on_standby -c "SELECT $question")" = "$(sql standby -At -c "SELECT $question")" ]
done
[ "$(on_standby -c "SELECT content #>> '{data,history,0,toState,id}' FROM smartwf.route('GET', '/api/v2/smart-elements/60/history/')")" = b ]
[ "$(on_standby -c "SELECT content ->> 'code' FROM smartwf.route('GET', '/api/v2/smart-elements/nobody/history/')")" = CRUD0200 ]
# what has changed a definition is heard of
sql standby -c "UPDATE smartwf.states SET label = 'Neu' WHERE name = 'b'"
for _ in $(seq 100); do
	[ "$(on_standby -c "SELECT smartwf.get_state('60', 'b') #>> '{data,state,label}'")" = Neu ] && break
	sleep 0.1
done
[ "$(on_standby -c "SELECT smartwf.get_state('60', 'b') #>> '{data,state,label}'")" = Neu ]
[ "$(on_standby -c "SELECT status || (content ->> 'code') FROM smartwf.route('POST', '/api/v2/smart-elements/60/workflows/transitions/turn')")" = 40525006 ]
if on_standby -c "SELECT smartwf.pass_transition('60', 'turn')" 2>"$CLUSTER/standby.err"; then exit 1; fi
grep -q 'read-only transaction' "$CLUSTER/standby.err"
[ "$(on_standby -c "SELECT state FROM app.doc WHERE id = 60")" = b ]
as_server pg_ctl -D "$CLUSTER/standby" -m fast stop >/dev/null
trap - EXIT
dropdb standby
