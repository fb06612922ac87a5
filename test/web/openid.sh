# Signing in to the screens at a provider of OpenID Connect, whose tokens PostgREST accepts by the provider's keys.
port=$(free_port)
PROVIDER=http://127.0.0.1:$port
in_background "$CLUSTER/provider.log" node test/web/openid-provider.mjs "$port"
KEYS=
for try in $(seq 100); do
	if KEYS=$(curl -s -f -m 1 "$PROVIDER/jwks"); then break; fi
	sleep 0.1
done
[ -n "$KEYS" ] || { cat "$CLUSTER/provider.log"; exit 1; }
CONNECTIONS=200 OPENID=$(printf '%s "%s";\n' issuer "$PROVIDER" client smartwf resource urn:smartwf) start_gateway postgres

# the keys are public, and no secret to sign with
[ "$(curl -s -m 10 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(jwt '{"role": "boss"}')" "$GATEWAY/rest/rpc/whoami")" = 401 ]

HOME=$CLUSTER TMPDIR=$CLUSTER GATEWAY=$GATEWAY PROVIDER=$PROVIDER node --test-reporter=spec test/web/openid-browser.mjs ||
	{ tail -n 5 "$CLUSTER/provider.log"; exit 1; }
