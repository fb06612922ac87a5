# docs/http.md, "Setting it up": each command of it, on a machine where nothing of it is there yet.
# The machine is this one with a file system of its own, in which PostgreSQL has no cluster,
# and systemd is played by a script.
. script/gateway
[ "$(id -u)" = 0 ] || lacking "only root can have a file system of its own"
packages postgresql nginx curl
room=$(mktemp -d "$CLUSTER/bare.XXXXXX")
unshare -m true 2>/dev/null || lacking "namespaces cannot be had here"
for port in 80 443 3000; do ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || lacking "port $port is taken"; done
mkdir "$room/tmpfs"
awk '/^## Setting it up/ {in_it = 1} /^## PostgREST/ {in_it = 0} in_it && /^ *```sh/ {on = 1; next} /^ *```/ {on = 0} on' docs/http.md | sed 's/^   //' >"$room/commands.sh"
[ "$(grep -c . "$room/commands.sh")" -gt 40 ]
cat >"$room/systemctl" <<'SH'
#!/bin/bash
# start, restart, enable --now: what systemd would do
case $* in
	"start postgresql") for version in /etc/postgresql/*; do pg_ctlcluster "${version##*/}" main start; done ;;
	"restart nginx") nginx -s stop 2>/dev/null; nginx ;;
	"enable --now postgrest")
		eval "$(sed -nE 's/^(User|ExecStart)=(.*)/\1="\2"/p' /etc/systemd/system/postgrest.service)"
		setsid runuser -u "$User" -- $ExecStart >/var/log/postgrest.log 2>&1 &
		for try in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/3000) 2>/dev/null && break; sleep 0.1; done
		sleep 1 ;;
	*) echo "systemctl $*: not known here" >&2; exit 1 ;;
esac
SH
chmod 755 "$room/systemctl"
cat >"$room/inside.sh" <<'SH'
set -euo pipefail
room=$1
mount -t tmpfs none "$room/tmpfs"
mkdir "$room/tmpfs/upper" "$room/tmpfs/work" "$room/tmpfs/root"
mount -t overlay none -o "lowerdir=/,upperdir=$room/tmpfs/upper,workdir=$room/tmpfs/work" "$room/tmpfs/root" || exit 77
for mounted in dev proc sys; do mount --rbind "/$mounted" "$room/tmpfs/root/$mounted"; done
mount -t tmpfs none "$room/tmpfs/root/run"
cp "$room/systemctl" "$room/tmpfs/root/usr/local/sbin/systemctl"
for file in resolv.conf hosts; do cat "/etc/$file" >"$room/tmpfs/root/etc/$file"; done
cp "$room/commands.sh" "$room/tmpfs/root/root/commands.sh"
exec chroot "$room/tmpfs/root" bash -euo pipefail -c '
	cd "$1"
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	unset PGHOST PGPORT PGUSER PGDATABASE PG_CONFIG
	mkdir -p /run/postgresql /run/lock
	chown postgres /run/postgresql
	for version in /etc/postgresql/*; do [ ! -d "$version" ] || pg_dropcluster --stop "${version##*/}" main 2>/dev/null || true; done
	rm -rf /etc/postgresql/* /etc/nginx/conf.d/smartwf.conf /usr/share/postgresql/*/extension/smartwf* /usr/lib/postgresql/*/lib/smartwf*
	pg_createcluster "$(ls /usr/lib/postgresql | sort -V | tail -n 1)" main >/dev/null
	ended() { nginx -s stop 2>/dev/null; pkill -x postgrest; for version in /etc/postgresql/*; do pg_ctlcluster "${version##*/}" main stop -m immediate; done; true; }
	trap ended EXIT
	set -x
	. /root/commands.sh
' bash "$2"
SH
status=0
unshare -m -p -f --mount-proc bash "$room/inside.sh" "$room" "$PWD" >"$room/said" 2>&1 || status=$?
cat "$room/said"
[ "$status" != 77 ] || lacking "an overlay of the file system cannot be had here"
[ "$status" = 0 ]
grep -q '"id": "sent"' "$room/said"
grep -q '"actor":"claire","to_state":"sent","comment":"the first"' "$room/said"
