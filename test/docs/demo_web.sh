# script/demo web serves the screens, with a token for each of three roles, until it is ended; then nothing is left.
. script/gateway
gateway_tools
build_screens
script/demo web >"$CLUSTER/web.out" 2>&1 &
demo=$!
for try in $(seq 600); do
	! grep -q Ctrl-C "$CLUSTER/web.out" || break
	kill -0 "$demo" 2>/dev/null || break
	sleep 0.2
done
cat "$CLUSTER/web.out"
address=$(grep -oE 'http://[^ ]+' "$CLUSTER/web.out")
curl -fsS -m 10 "$address" | grep -q '<div id="app">'
[ "$(grep -c '^eyJ' "$CLUSTER/web.out")" = 3 ]
grep '^eyJ' "$CLUSTER/web.out" | while read -r token; do
	curl -fsS -m 10 -H "Authorization: Bearer $token" "${address%app/}rest/rpc/whoami"
done | grep -o '"actor" : "[a-z]*"' | sort | tr -d '\n' | diff <(printf '%s' '"actor" : "ada""actor" : "bob""actor" : "claire"') -
kill -TERM "$demo"
wait "$demo" || true
! curl -s -m 5 -o /dev/null "$address"
