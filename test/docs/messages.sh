# Every message that is to be localized has its French, with the same places
# for the same values; and none is there that nobody says.
sources=$(find src -name "*.c")
quoted='"([^"\\]|\\.)*"'
said() {
	# localized("..."), and the formats of failures, which error.c localizes
	tr '\n' ' ' <src/base/error.c | sed 's/.*smartwf_failures\[NUMBER_OF_FAILURES\] = {//; s/}; .*//' | grep -oE "$quoted\}" | sed 's/}$//' | grep -v '^"%s"$'
	# shellcheck disable=SC2086
	grep -hoE "localized\($quoted" $sources | sed 's/^localized(//'
}
translated() { sed -n '/^}			messages\[\] = {/,/^};/p' src/base/message.c | tr '\n' ' ' | grep -oE "\{$quoted,[[:space:]]*$quoted\}"; }
said | sort -u >"$CLUSTER/said"
translated | sed -E "s/^\{($quoted),.*/\1/" | sort -u >"$CLUSTER/translated"
[ "$(wc -l <"$CLUSTER/said")" -gt 40 ]
diff "$CLUSTER/said" "$CLUSTER/translated"
# the same places, in the same order
translated | while IFS= read -r pair; do
	english=$(sed -E "s/^\{($quoted),.*/\1/" <<<"$pair" | grep -oE '%[a-z]' || true)
	french=$(sed -E "s/^\{$quoted,[[:space:]]*($quoted)\}/\2/" <<<"$pair" | grep -oE '%[a-z]' || true)
	[ "$english" = "$french" ] || { echo "not the same places: $pair"; exit 1; }
done
