# Mails and live pushes reach a real server: content, encoding, number; servers
# that refuse, hang, drop connections or are down; nothing is lost, nothing forged.
packages python3-aiosmtpd openssl
configure
server restart
dir=$CLUSTER/delivery
as_server mkdir -p "$dir"
mail_port=$(free_port) web_port=$(free_port)
as_server openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
as_server cat "$dir/key.pem" "$dir/cert.pem" | as_server tee "$dir/both.pem" >/dev/null
echo 'push secret' | as_server tee "$dir/push_secret" >/dev/null
printf 's3cret' | as_server tee "$dir/password" >/dev/null
as_server tee "$dir/servers.py" <test/worker/servers.py >/dev/null	# where the server's user can read it
start_servers() {
	rm -f "$dir/ready"
	in_background "$dir/log" /usr/bin/python3 "$dir/servers.py" "$dir" "$mail_port" "$web_port" "$dir/both.pem" 'push secret'
	servers=$!
	for _ in $(seq 100); do [ ! -e "$dir/ready" ] || break; sleep 0.1; done
	[ -e "$dir/ready" ] || { cat "$dir/log"; exit 1; }
}

d() { sql delivery -At "$@"; }
# deliver [INTERVAL]: what is due by then, by CALL work() or by the background worker
deliver() {
	if [ "$how" = call ]; then d -c "SELECT smartwf.advance_clock('${1:-0}')" -c "CALL smartwf.work()" >/dev/null; return; fi
	d -c "UPDATE smartwf.notifications SET due_at = now() WHERE due_at <= now() + interval '${1:-0}'" -c "SELECT smartwf.deliver_again('nothing')" >/dev/null
	for _ in $(seq 300); do
		[ "$(d -c "SELECT (SELECT count(*) FROM smartwf.notifications WHERE due_at <= clock_timestamp() AND (channel = 'signalr' OR current_setting('smartwf.smtp_url') <> ''))
			+ (SELECT count(*) FROM smartwf.workers WHERE state = 'working')")" != 0 ] || return 0
		sleep 0.05
	done
	echo "the worker has not delivered what is due"; return 1
}
# the same by CALL work() and by the background worker: what the one can do, the other may not be able to
deliveries() {
rm -f "$dir/mails" "$dir/pushes"
start_servers
createdb delivery
set_them() { for setting in "$@"; do sql postgres -c "LOAD 'smartwf'" -c "ALTER SYSTEM SET ${setting%%=*} = '${setting#*=}'"; done; sql postgres -c "SELECT pg_reload_conf()" >/dev/null; sleep 0.2; }
set_them smartwf.smtp_from=flows@example.org smartwf.delivery_timeout=1 smartwf.push_secret_file="$dir/push_secret"
d -c "CREATE EXTENSION smartwf"
d -c "INSERT INTO smartwf.contacts VALUES ('Zoë', 'smtp', 'zoe@example.org'), ('later', 'smtp', 'later@example.org'), ('hang', 'smtp', 'hang@example.org'), ('drop', 'smtp', 'drop@example.org'),
	('refused', 'smtp', 'refused@example.org'), (E'Eve\r\nBcc: all@example.org', 'smtp', 'eve@example.org'), ('forger', 'smtp', E'x@example.org>\r\nRCPT TO:<all@example.org'),
	('anna', 'signalr', 'http://127.0.0.1:$web_port/ok/anna'), ('gone', 'signalr', 'http://127.0.0.1:$web_port/gone'), ('flaky', 'signalr', 'http://127.0.0.1:$web_port/flaky'),
	('slow', 'signalr', 'http://127.0.0.1:$web_port/hang'), ('file', 'signalr', 'file:///etc/passwd')"
d -c "SELECT smartwf.define_flow('{\"name\": \"tell\", \"stages\": [{\"name\": \"s\", \"steps\": [{\"name\": \"tell\", \"kind\": \"send_notification\", \"settings\": {\"channel\": \"smtp\", \"userField\": \"to\", \"subject\": \"{{subject}}\", \"message\": \"{{body}}\"}}]}]}')" >/dev/null
d -c "SELECT smartwf.define_flow('{\"name\": \"push\", \"stages\": [{\"name\": \"s\", \"steps\": [{\"name\": \"push\", \"kind\": \"send_notification\", \"settings\": {\"channel\": \"signalr\", \"userField\": \"to\", \"message\": \"{{body}}\"}}]}]}')" >/dev/null
tell() { d -c "SELECT smartwf.start_flow('tell', model => $1)" >/dev/null; }
mail() { /usr/bin/python3 -c "
import json, sys
for line in open('$dir/mails'):
    mail = json.loads(line)
    if $1: print($2)"; }
expect() { [ "$1" = "$2" ] || { echo "expected: $2"; echo "got:      $1"; exit 1; }; }

# without a server mails wait
tell "'{\"to\": \"Zoë\", \"subject\": \"Für Zoë ✉ \", \"body\": \"Grüße\\n.\\n..dots\\n\\nend\"}'"
deliver
expect "$(d -c "SELECT status, attempt FROM smartwf.notifications")" "queued|0"
[ ! -e "$dir/mails" ]
set_them smartwf.smtp_url="smtp://127.0.0.1:$mail_port" smartwf.smtp_tls=off
deliver
expect "$(d -c "SELECT status, attempt, error, delivered_at IS NOT NULL FROM smartwf.notifications")" "delivered|0||t"
expect "$(mail 1 "mail['from'], mail['to'], mail['header_to'], mail['subject'], mail['type'], mail['charset'], repr(mail['body'].replace('\\r\\n', '\\n')), mail['is_ascii'], mail['bare_lf'], mail['longest_line'] <= 100")" \
	"flows@example.org ['zoe@example.org'] Zoë <zoe@example.org> Für Zoë ✉  text/plain utf-8 'Grüße\n.\n..dots\n\nend' True 0 True"
expect "$(mail 1 "mail['id']")" "<$(d -c "SELECT key FROM smartwf.notifications")@example.org>"
# what is rolled back is never sent; what was sent is not sent again
d -c "BEGIN" -c "SELECT smartwf.start_flow('tell', model => '{\"to\": \"Zoë\", \"body\": \"never\"}')" -c "ROLLBACK" >/dev/null
deliver
expect "$(mail 1 1 | wc -l)" 1
# long lines, long subjects, whatever the characters
tell "jsonb_build_object('to', 'Zoë', 'subject', repeat('été ', 200), 'body', repeat('long ', 1000) || repeat('é', 3000))"
deliver
expect "$(mail "mail['subject'].startswith('été été')" "mail['subject'] == 'été ' * 200, mail['body'].rstrip('\\r\\n') == 'long ' * 1000 + 'é' * 3000, mail['longest_line'] <= 100")" "True True True"
# neither names nor subjects nor addresses can forge headers or recipients
tell "jsonb_build_object('to', E'Eve\r\nBcc: all@example.org', 'subject', E'Hello\r\nBcc: all@example.org\r\n\r\nforged', 'body', 'x')"
tell "'{\"to\": \"forger\", \"body\": \"x\"}'"
deliver
expect "$(mail "'eve@example.org' in mail['to']" "mail['to'], [h for h in mail['headers'] if h in ('bcc', 'cc')], mail['headers'].count('subject'), repr(mail['body'].strip())")" "['eve@example.org'] [] 1 'x'"
expect "$(d -c "SELECT status, error LIKE '%is no mail address' FROM smartwf.notifications WHERE recipient = 'forger'")" "queued|t"
expect "$(grep -c all@example.org "$dir/mails" || true)" 1
d -c "DELETE FROM smartwf.notifications WHERE recipient = 'forger'"
# one who is refused, or whose server hangs, does not hold up the others; what can be mended is tried again
tell "'{\"to\": [\"refused\", \"hang\", \"later\", \"drop\", \"Zoë\", \"bob@example.org\", \"nobody\"], \"subject\": \"round\", \"body\": \"x\"}'"
deliver
expect "$(d -c "SELECT string_agg(recipient || ' ' || status || ' ' || attempt, ', ' ORDER BY recipient) FROM smartwf.notifications WHERE subject = 'round'")" \
	"Zoë delivered 0, bob@example.org delivered 0, drop queued 1, hang queued 1, later queued 1, nobody queued 1, refused failed 1"
expect "$(d -c "SELECT recipient, error FROM smartwf.notifications WHERE recipient IN ('refused', 'later', 'nobody') ORDER BY 1")" \
	"later|RCPT failed: 451
nobody|\"nobody\" has no address for smtp in smartwf.contacts
refused|RCPT failed: 550"
expect "$(d -c "SELECT bool_and(due_at - now() BETWEEN '1 second' AND '10 seconds') FROM smartwf.notifications WHERE status = 'queued'")" t
d -c "INSERT INTO smartwf.contacts VALUES ('nobody', 'smtp', 'nobody@example.org')"
deliver 1m
expect "$(d -c "SELECT string_agg(recipient || ' ' || status || ' ' || attempt, ', ' ORDER BY recipient) FROM smartwf.notifications WHERE recipient IN ('drop', 'later', 'hang', 'nobody')")" \
	"drop delivered 1, hang queued 2, later delivered 1, nobody delivered 1"
expect "$(mail "mail['subject'] == 'round'" "mail['to'][0]" | sort | tr '\n' ' ')" "bob@example.org drop@example.org later@example.org nobody@example.org zoe@example.org "
# not for ever
set_them smartwf.delivery_attempts=3
deliver 2h
expect "$(d -c "SELECT status, attempt, error LIKE '%timed out%' OR error LIKE '%imeout%' FROM smartwf.notifications WHERE recipient = 'hang'")" "failed|3|t"
d -c "UPDATE smartwf.contacts SET address = 'hanna@example.org' WHERE name = 'hang'" -c "UPDATE smartwf.notifications SET address = NULL WHERE recipient = 'hang'"
expect "$(d -c "SELECT smartwf.deliver_again('%imed out%')")" 1
deliver
expect "$(d -c "SELECT status FROM smartwf.notifications WHERE recipient = 'hang'")" delivered
# a server that is down loses nothing
as_server touch "$dir/down"
tell "'{\"to\": \"Zoë\", \"subject\": \"down\", \"body\": \"x\"}'"
deliver
expect "$(d -c "SELECT status, attempt FROM smartwf.notifications WHERE subject = 'down'")" "queued|1"
set_them smartwf.smtp_url="smtp://127.0.0.1:1"
deliver 1m
expect "$(d -c "SELECT status, attempt FROM smartwf.notifications WHERE subject = 'down'")" "queued|2"
rm "$dir/down"
# TLS and a password: wrong ones are no reason to give a mail up
set_them smartwf.smtp_url="smtp://localhost:$((mail_port + 1))" smartwf.smtp_tls=required smartwf.smtp_user=clerk smartwf.delivery_attempts=20
deliver 2h
expect "$(d -c "SELECT status, attempt, error ~* 'certificate' FROM smartwf.notifications WHERE subject = 'down'")" "queued|3|t"
set_them smartwf.tls_ca_file="$dir/cert.pem" smartwf.smtp_password_file="$dir/push_secret"
deliver 4h
expect "$(d -c "SELECT status, attempt FROM smartwf.notifications WHERE subject = 'down'")" "queued|4"
set_them smartwf.smtp_password_file="$dir/password"
deliver 8h
expect "$(mail "mail['subject'] == 'down'" "mail['user'], mail['tls']")" "clerk True"
# nobody but superusers sees where it goes
d -c "CREATE ROLE delivery_nobody"
for setting in smtp_url smtp_user smtp_password_file push_secret_file; do
	if d -c "SET ROLE delivery_nobody" -c "SELECT smartwf.actor()" -c "SHOW smartwf.$setting" >/dev/null 2>&1; then echo "smartwf.$setting shows"; exit 1; fi
done
d -c "DROP ROLE delivery_nobody"

# live pushes
d -c "SELECT smartwf.start_flow('push', model => '{\"to\": [\"anna\", \"gone\", \"flaky\", \"slow\", \"file\", \"elsewhere\"], \"body\": \"Grüße \\\"you\\\"\"}')" >/dev/null
deliver
expect "$(d -c "SELECT string_agg(recipient || ' ' || status || ' ' || attempt, ', ' ORDER BY recipient) FROM smartwf.notifications WHERE channel = 'signalr'")" \
	"anna delivered 0, elsewhere delivered 0, file queued 1, flaky queued 1, gone failed 1, slow queued 1"
deliver 1m
expect "$(d -c "SELECT status, attempt FROM smartwf.notifications WHERE recipient = 'flaky'")" "delivered|1"
pushes() { /usr/bin/python3 -c "
import json
for line in open('$dir/pushes'):
    push = json.loads(line)
    if $1: print($2)"; }
expect "$(pushes "push['path'] == '/ok/anna'" "push['is_signed'], push['type'], push['body']['body'], push['body']['recipient'], push['body']['key'] == push['key'], sorted(push['body'])")" \
	"True application/json Grüße \"you\" anna True ['body', 'createdAt', 'id', 'key', 'recipient', 'renderType', 'run', 'step', 'subject']"
expect "$(pushes "push['path'] == '/flaky'" "push['status']" | tr '\n' ' ')" "500 200 "
expect "$(pushes "push['path'] == '/flaky'" "push['key']" | sort -u | wc -l)" 1
expect "$(pushes "push['path'] == '/gone'" 1 | wc -l)" 1
# without an address of his own: where all go
set_them smartwf.push_url="http://127.0.0.1:$web_port/ok/all"
d -c "SELECT smartwf.start_flow('push', model => '{\"to\": \"elsewhere\", \"body\": \"x\"}')" >/dev/null
deliver
expect "$(pushes "push['path'] == '/ok/all'" "push['body']['recipient']")" elsewhere
sql postgres -c "ALTER SYSTEM RESET ALL" -c "SELECT pg_reload_conf()" >/dev/null
}
how=call
deliveries
dropdb delivery
kill "$servers"
configure shared_preload_libraries=smartwf smartwf.databases=delivery smartwf.naptime=3600
server restart
how=background
deliveries

# by the background worker, from a database that is not in UTF-8; several at once
createdb latin --encoding=LATIN1 --locale=C --template=template0
configure shared_preload_libraries=smartwf smartwf.databases=latin smartwf.smtp_url="smtp://127.0.0.1:$mail_port" smartwf.smtp_tls=off smartwf.smtp_from=flows@example.org
server restart
sql latin -c "CREATE EXTENSION smartwf" -c "SELECT smartwf.define_flow('{\"name\": \"tell\", \"stages\": [{\"name\": \"s\", \"steps\": [{\"name\": \"tell\", \"kind\": \"send_notification\", \"settings\": {\"channel\": \"smtp\", \"users\": [\"zoe@example.org\"], \"subject\": \"{{subject}}\", \"message\": \"{{subject}}\"}}]}]}')" >/dev/null
PGCLIENTENCODING=UTF8 sql latin -c "SELECT count(smartwf.start_flow('tell', model => jsonb_build_object('subject', 'latin é ' || g))) FROM generate_series(1, 300) g" >/dev/null
for _ in $(seq 100); do [ "$(sql latin -At -c "SELECT count(*) FROM smartwf.notifications WHERE status <> 'delivered'")" != 0 ] || break; sleep 0.1; done
expect "$(mail "mail['subject'].startswith('latin é')" "mail['subject'] == mail['body'].strip()" | sort | uniq -c | tr -s ' ')" " 300 True"
