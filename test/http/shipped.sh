# The files of docs/http as they are shipped: their limits, TLS, a gateway with nothing
# behind it, and PostgREST without a secret of one's own.
. script/gateway
gateway_tools
createdb shipped
sql shipped -c "CREATE EXTENSION smartwf"
RATE=100 start_gateway shipped
address=$GATEWAY/api/v2/smart-elements/none/workflows/states/

# asked COUNT: statuses of so many requests at once, by tens, with how often each came
asked() {
	seq 10 10 "$1" | xargs -P 16 -I '{}' curl -s -m 20 -o /dev/null -w '%{http_code}\n' "$address?{}=[1-10]" | sort | uniq -c
}
# envelope STATUS CODE: what curl -i printed is this failure, in the documented form
envelope() {
	local answer
	answer=$(cat)
	head -n 1 <<<"$answer" | grep -q " $1 " || { echo "$answer"; return 1; }
	tail -n 1 <<<"$answer" | node -e '
		const answer = JSON.parse(require("fs").readFileSync(0));
		const keys = ["success", "exceptionMessage", "message", "data", "code", "uri", "userMessage"];
		if (!new RegExp(`^${process.argv[1]}$`).test(answer.code) || answer.success !== false || keys.some((key) => !(key in answer))) { console.log(answer); process.exit(1); }' "$2"
}
asked 20 | grep -q '^ *20 404$'

# more than 100 a second are refused once the burst is used up, and nothing else is
said=$(asked 2000)
echo "$said"
[ "$(awk '{print $2}' <<<"$said" | tr '\n' ' ')" = "404 429 " ]
curl -s -m 5 -i "$address" >"$CLUSTER/refused" || true
while ! grep -q '^HTTP/1.1 429' "$CLUSTER/refused"; do asked 500 >/dev/null; curl -s -m 5 -i "$address" >"$CLUSTER/refused"; done
envelope 429 WFL0429 <"$CLUSTER/refused"
sleep 3
asked 20 | grep -q '^ *20 404$'

# 2,048 clients who are connected, and one more who asks
[ "$(ulimit -n)" -ge 4200 ] || ulimit -n 4200
node -e '
	const net = require("net");
	const { port } = new URL(process.argv[1]);
	const open = Array.from({ length: 2048 }, (_, i) => new Promise((connected, failed) => {
		const socket = net.connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${2 + (i % 32)}` }, () => connected(socket)).on("error", failed);
	}));
	Promise.all(open).then(async (sockets) => {
		const { status } = await fetch(process.argv[1]);
		const left = sockets.filter((socket) => socket.readyState === "open").length;
		if (status !== 404 || left !== 2048) { console.log(status, left); process.exit(1); }
		process.exit(0);
	}, (error) => { console.log(error); process.exit(1); });' "$address"

# the database away, then PostgREST
server stop -m immediate
curl -s -m 30 -i "$address" | envelope 503 "PGRST00."
server start
kill -9 "$POSTGREST_PROCESS"
wait "$POSTGREST_PROCESS" || true
curl -s -m 30 -i "$address" | envelope 502 WFL0502

# the secret is one's own: without it there is no start
rm "$WEB/jwt-secret"
status=0
timeout 20 "$CLUSTER/postgrest" "$WEB/postgrest.conf" >"$CLUSTER/fault" 2>&1 || status=$?
[ "$status" = 1 ]
grep -q 'jwt-secret.*does not exist' "$CLUSTER/fault"

# TLS, and from plain HTTP to it
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 1 -keyout "$WEB/smartwf.key" -out "$WEB/smartwf.crt" 2>/dev/null
chown "$SERVER_USER" "$WEB"/smartwf.*
start_postgrest shipped
for try in $(seq 100); do curl -s -f -o /dev/null "http://127.0.0.1:$READY_PORT/ready" && break; sleep 0.1; done
PLAIN_PORT=$(free_port)
TLS_PORT=$(free_port)
mkdir -p "$WEB/snippets"
cp docs/http/nginx/addresses.conf "$WEB/snippets/smartwf.conf"
sed -E "/listen \[/d; s/listen 80/listen 127.0.0.1:$PLAIN_PORT/; s/listen 443/listen 127.0.0.1:$TLS_PORT/; s|/etc/nginx|$WEB|" docs/http/nginx/site.conf >"$WEB/site.conf"
sed -i 's/^server {/include site.conf;\n&/' "$WEB/nginx.conf"
kill -HUP "$(cat "$WEB/nginx.pid")"
for try in $(seq 100); do
	curl -s -f -o /dev/null "http://127.0.0.1:$READY_PORT/ready" && curl -s -k -o /dev/null "https://127.0.0.1:$TLS_PORT/" && break
	sleep 0.1
done
curl -s -m 5 --cacert "$WEB/smartwf.crt" --connect-to "localhost:$TLS_PORT:127.0.0.1:$TLS_PORT" -i "https://localhost:$TLS_PORT/api/v2/smart-elements/none/workflows/states/" >"$CLUSTER/secure"
grep -q '^HTTP/2 404' "$CLUSTER/secure"
curl -s -i "http://127.0.0.1:$PLAIN_PORT/api/v2/x?y=1" | tr -d '\r' | grep -qx 'Location: https://localhost/api/v2/x?y=1'
for old in 1.0 1.1; do
	if curl -s -k --tls-max "$old" -o /dev/null "https://127.0.0.1:$TLS_PORT/"; then echo "TLS $old"; exit 1; fi
done
kill -9 "$POSTGREST_PROCESS"
kill "$(cat "$WEB/nginx.pid")"
dropdb shipped
