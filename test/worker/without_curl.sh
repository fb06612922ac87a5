# A build without libcurl is one: it needs none, and does all but deliver.
configure
server restart
mkdir "$CLUSTER/build"
copy_checkout "$CLUSTER/build"
smartwf_make -C "$CLUSTER/build" WITHOUT_CURL=1 COPT="-Werror -Wno-unused-function"
if ldd "$CLUSTER/build/smartwf.so" | grep -q libcurl; then exit 1; fi
ldd "$(pg_config --pkglibdir)/smartwf.so" | grep -q libcurl
# it loads, and says why nothing is sent
createdb without_curl
sql without_curl -c "CREATE EXTENSION smartwf"
as_server cp "$CLUSTER/build/smartwf.so" "$CLUSTER/without_curl.so"
# without event triggers, which would load the other library into the same session
sql without_curl -c "SET session_replication_role = replica" -c "DO \$\$ DECLARE name text; BEGIN FOR name IN SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	WHERE p.pronamespace = 'smartwf'::regnamespace AND l.lanname = 'c' LOOP EXECUTE replace(name, '\$libdir/smartwf', '$CLUSTER/without_curl'); END LOOP; END \$\$"
sql without_curl -c "SELECT smartwf.define_flow('{\"name\": \"tell\", \"stages\": [{\"name\": \"s\", \"steps\": [{\"name\": \"tell\", \"kind\": \"send_notification\", \"settings\": {\"channel\": \"smtp\", \"users\": [\"a@example.org\"], \"message\": \"m\"}}]}]}')" >/dev/null
sql without_curl -c "SELECT smartwf.enqueue_flow('tell')" -c "CALL smartwf.work()" >"$CLUSTER/said" 2>&1
grep -q 'NOTICE:  smartwf was built without libcurl: notifications by smtp and signalr stay queued' "$CLUSTER/said"
[ "$(sql without_curl -At -c "SELECT r.status, n.status FROM smartwf.runs r, smartwf.notifications n")" = "finished|queued" ]
