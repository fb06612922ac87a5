# Whatever ends a script, its server and what else it started end with it, and its folder is gone.
script=$CLUSTER/ended.sh
cat >"$script" <<'SCRIPT'
. "$SMARTWF_ROOT/script/bootstrap"
find_postgresql
start_cluster
in_background /dev/null sleep 1000
setsid sleep 1000 &
(while :; do sleep 0.1; done) &
echo "$CLUSTER $$" >"$SAYS"
if [ "$HOW" = fails ]; then false; fi
[ "$HOW" != ends ] || exit 0
psql -X -q -c "SELECT pg_sleep(1000)"
SCRIPT
alive() {
	grep -lsF -- "$1" /proc/[0-9]*/environ || true
	find /proc/[0-9]*/exe -maxdepth 0 -lname "$1/*" 2>/dev/null
}
# gone HOW STATUS [SIGNAL WHOM]
gone() {
	local says=$CLUSTER/says status=0 supervisor worker folder
	rm -f "$says"
	# a job in the background is deaf to Ctrl-C, and one under nohup to HUP, unless it is told to hear
	HOW=$1 SAYS=$says SMARTWF_ROOT=$SMARTWF_ROOT env --default-signal=INT,HUP,TERM bash "$script" &
	supervisor=$!
	for _ in $(seq 300); do [ ! -s "$says" ] || break; sleep 0.1; done
	read -r folder worker <"$says"
	[ -d "$folder" ]
	case ${4:-} in
		worker) kill "-$3" "$worker" ;;
		supervisor) kill "-$3" "$supervisor" ;;
	esac
	for _ in $(seq 300); do kill -0 "$supervisor" 2>/dev/null || break; sleep 0.1; done
	if kill -0 "$supervisor" 2>/dev/null; then echo "$*: does not end"; exit 1; fi
	wait "$supervisor" || status=$?
	# where he who would have waited was killed, the other takes a moment
	for _ in $(seq 100); do [ -d "$folder" ] || break; sleep 0.1; done
	[ "$status" = "$2" ] || { echo "$*: ends with $status"; exit 1; }
	[ ! -e "$folder" ] || { echo "$*: $folder is still there"; exit 1; }
	[ -z "$(alive "$folder")" ] || { echo "$*: still running:"; alive "$folder"; exit 1; }
}
gone ends 0
gone fails 1
gone waits 143 TERM supervisor
gone waits 143 HUP supervisor
gone waits 137 KILL supervisor
gone waits 137 KILL worker
gone waits 130 INT supervisor
