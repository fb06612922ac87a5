# A dump holds everything and comes back, in one transaction or many.
createdb dump_from
sql dump_from -f test/recovery/setup.sql
pg_dump dump_from >"$CLUSTER/dump.sql"
pg_dump -Fc dump_from >"$CLUSTER/dump.custom"
contents="SELECT md5(string_agg(x::text, ',' ORDER BY x::text)) FROM
	(SELECT h::text FROM smartwf.history h UNION ALL SELECT e::text FROM smartwf.elements e
	UNION ALL SELECT s::text FROM smartwf.structures s UNION ALL SELECT d::text FROM app.doc d
	UNION ALL SELECT smartwf.workflow_definition('LOOP')::text UNION ALL SELECT smartwf.flow_definition('ASK')::text
	UNION ALL SELECT r::text FROM smartwf.runs r UNION ALL SELECT s::text FROM smartwf.run_steps s UNION ALL SELECT c::text FROM smartwf.confirmations c
	UNION ALL SELECT t::text FROM smartwf.element_timers t UNION ALL SELECT n::text FROM smartwf.notifications n UNION ALL SELECT c::text FROM smartwf.contacts c UNION ALL SELECT t::text FROM smartwf.templates t) t (x)"
want=$(sql dump_from -At -c "$contents")
for way in plain custom single; do
	createdb "dump_$way"
	case $way in
		plain) sql "dump_$way" -f "$CLUSTER/dump.sql" ;;
		custom) pg_restore --exit-on-error -d "dump_$way" "$CLUSTER/dump.custom" ;;
		single) pg_restore --single-transaction -d "dump_$way" "$CLUSTER/dump.custom" ;;
	esac
	[ "$(sql "dump_$way" -At -c "$contents")" = "$want" ]
	[ -z "$(sql "dump_$way" -At -f test/recovery/consistent.sql)" ]
	[ "$(sql "dump_$way" -At -c "SELECT count(*) FROM smartwf.timers WHERE kind = 'go_to_state'")" = 50 ]
	# and it lives on, by the same rules
	[ "$(sql "dump_$way" -At -c "SELECT smartwf.pass_transition('1', 'turn') #>> '{state,id}'")" = c ]
	if sql "dump_$way" -c "UPDATE app.doc SET state = 'nowhere' WHERE id = 1"; then exit 1; fi
	[ "$(sql "dump_$way" -At -c "SELECT smartwf.define_workflow('{\"name\": \"NEXT\", \"states\": [{\"name\": \"a\", \"initial\": true}]}')")" = 1 ]
	[ "$(sql "dump_$way" -At -c "SELECT smartwf.start_flow('ASK', key => 'only once') = min(id) FROM smartwf.runs")" = t ]
	[ "$(sql "dump_$way" -At -c "SELECT smartwf.answer_confirmation(id, 'yes') FROM smartwf.confirmations")" = finished ]
	[ "$(sql "dump_$way" -At -c "SELECT model ->> 'copied' = id::text FROM smartwf.runs")" = t ]
	[ "$(sql "dump_$way" -At -c "SELECT smartwf.start_flow('ASK') > min(id) FROM smartwf.runs")" = t ]
	[ "$(sql "dump_$way" -At -c "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.doc'::regclass")" = 3 ]
done
