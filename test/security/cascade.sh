# For whom a cascade is done: in a worker, and in a session that meets the library in the middle of one.
createdb cascade
sql cascade <<'SQL'
CREATE EXTENSION smartwf;
CREATE ROLE cascade_low LOGIN;
CREATE ROLE cascade_clerk LOGIN;
SELECT smartwf.define_workflow('{"name": "C", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "grants": [{"role": "cascade_clerk"}]}]}');
CREATE TABLE names (state text PRIMARY KEY);
INSERT INTO names VALUES ('draft');
CREATE TABLE doc (id int PRIMARY KEY, state text REFERENCES names ON UPDATE CASCADE);
SELECT smartwf.attach('doc', 'C');
INSERT INTO doc VALUES (1);
GRANT ALL ON names TO PUBLIC;
CREATE FUNCTION send() RETURNS void LANGUAGE sql AS $$ UPDATE public.names SET state = 'sent' WHERE state = 'draft' $$;
CREATE FUNCTION send_as_low() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN UPDATE public.names SET state = 'sent' WHERE state = 'draft'; END $$;
CREATE FUNCTION send_as_clerk() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN UPDATE public.names SET state = 'sent' WHERE state = 'draft'; END $$;
CREATE FUNCTION send_by_flow(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN UPDATE public.names SET state = 'sent' WHERE state = 'draft'; RETURN NULL; END $$;
ALTER FUNCTION send_as_low OWNER TO cascade_low;
ALTER FUNCTION send_as_clerk OWNER TO cascade_clerk;
SELECT smartwf.register_dataflow('send', 'public.send_by_flow');
SELECT smartwf.define_flow('{"name": "send", "start": [{"role": "cascade_low"}, {"role": "cascade_clerk"}], "stages": [{"name": "s", "steps": [{"name": "send", "kind": "execute_data_flow", "settings": {"dataflow": "send"}}]}]}');
SQL
# the library is not there before the cascade
undone() { PGUSER=$1 psql -X -At cascade -c "BEGIN; $2; ROLLBACK" 2>&1 || true; }
grep -q '"cascade_low" does not hold the right' <<<"$(undone cascade_low "UPDATE names SET state = 'sent'")"
[ "$(undone cascade_clerk "UPDATE names SET state = 'sent'" | tail -n 1)" = ROLLBACK ]
# nor, from 18 on, is it clear then that a function is nobody else's
said=$(undone cascade_clerk "SELECT send()")
if [ "$(sql -At -c "SHOW server_version_num")" -lt 180000 ]; then [ "$(grep -c ERROR <<<"$said")" = 0 ]; else grep -q 'is not known for whom' <<<"$said"; fi
[ "$(undone cascade_clerk "SELECT smartwf.actor(); SELECT send()" | grep -c ERROR)" = 0 ]
# whose function it is cannot be told yet: then nobody's rights are used but his own
said=$(undone postgres "SELECT send_as_low()")
grep -qE 'is not known for whom|does not hold the right' <<<"$said"
# once it is there, it acts for its owner
grep -q '"cascade_low" does not hold the right' <<<"$(undone postgres "SELECT smartwf.actor(); SELECT send_as_low()")"
[ "$(undone cascade_low "SELECT smartwf.actor(); SELECT send_as_clerk()" | grep -c ERROR)" = 0 ]
# where it is preloaded, always; and a worker acts for the run's starter
configure shared_preload_libraries=smartwf smartwf.databases=cascade smartwf.workers=1
server restart
grep -q '"cascade_low" does not hold the right' <<<"$(undone postgres "SELECT send_as_low()")"
[ "$(undone cascade_low "SELECT send_as_clerk()" | grep -c ERROR)" = 0 ]
finished() {
	local run
	run=$(PGUSER=$1 psql -X -At cascade -c "SELECT smartwf.enqueue_flow('send')")
	for _ in $(seq 100); do
		case $(sql cascade -At -c "SELECT status FROM smartwf.runs WHERE id = $run") in finished | failed) break ;; esac
		sleep 0.1
	done
	sql cascade -At -c "SELECT status, coalesce(message, '') FROM smartwf.runs WHERE id = $run"
}
grep -q 'failed|.*"cascade_low" does not hold the right' <<<"$(finished cascade_low)"
[ "$(finished cascade_clerk)" = "finished|" ]
[ "$(sql cascade -At -c "SELECT actor, to_state FROM smartwf.history WHERE docid = '1' ORDER BY revision DESC LIMIT 1")" = "cascade_clerk|sent" ]
configure
server restart
dropdb cascade
sql -c "DROP ROLE cascade_low, cascade_clerk"
