# Bitcode needs the clang that PostgreSQL was built with; without it, there is none, and no error.
mkdir "$CLUSTER/bitcode"
copy_checkout "$CLUSTER/bitcode"
commands() { make -n -C "$CLUSTER/bitcode" PG_CONFIG="$PG_CONFIG" "$@"; }
[ "$(commands CLANG=/no/clang | grep -c emit-llvm)" = 0 ]
commands CLANG=/no/clang | grep 'smartwf\.so' >/dev/null
if [ -x "$(clang_of_postgresql)" ] && grep -q '^with_llvm.*yes' "$PG_PGXS/../Makefile.global"; then
	commands | grep emit-llvm >/dev/null
fi
rm -r "$CLUSTER/bitcode"
