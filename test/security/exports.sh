# The library shows PostgreSQL's entry points, each of them named by the catalogue, and nothing else.
createdb exports
sql exports -c "CREATE EXTENSION smartwf"
library=$(pg_config --pkglibdir)/smartwf.so
packages binutils
nm -D --defined-only "$library" | awk '{print $3}' | sort >"$CLUSTER/exported"
{
	printf '%s\n' Pg_magic_func _PG_init smartwf_launcher_main smartwf_worker_main
	sql exports -At -c "SELECT unnest(ARRAY[p.prosrc, 'pg_finfo_' || p.prosrc]) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE l.lanname = 'c' AND p.probin = '\$libdir/smartwf'"
} | sort -u >"$CLUSTER/looked_up"
diff "$CLUSTER/looked_up" "$CLUSTER/exported"
# nor does it call a function of another library that happens to have a name of ours
cat >"$CLUSTER/impostor.c" <<'C'
#include <stdbool.h>
bool is_administrator(void) { return true; }
bool holds_role(const char *role) { return true; }
C
cc -shared -fPIC -o "$CLUSTER/impostor.so" "$CLUSTER/impostor.c"
nm -D --undefined-only "$library" | awk '{print $2}' | { ! grep -qE '^(is_administrator|holds_role|smartwf_)'; }
chmod 644 "$CLUSTER/impostor.so"
LD_PRELOAD=$CLUSTER/impostor.so server restart
sql exports -c "CREATE ROLE nobody_special"
[ "$(sql exports -At -c "SET ROLE nobody_special" -c "SELECT smartwf.is_administrator()")" = f ]
server restart
dropdb exports
sql -c "DROP ROLE nobody_special"
