# docs/http/statements.md names tests that are there.
missing=
while read -r file name; do
	[ "$name" != "every sample" ] || name="every sample of the source, over HTTP and through route()"
	grep -qF "test('$name'" "$file" || grep -qF "test(\"$name\"" "$file" || missing+=$'\n'"$file: $name"
done < <(grep -oE '`test/http/service.test.mjs`: (\*[^*]+\*(, |; )?)+' docs/http/statements.md | grep -oE '\*[^*]+\*' | sort -u |
	sed 's/^\*\(.*\)\*$/test\/http\/service.test.mjs \1/; s/&lt;/</g')
while read -r file name; do
	grep -qF -- "-- $name" "$file" || missing+=$'\n'"$file: $name"
done < <(perl -ne 'while (/`(sql\/\w+\.sql)`: ((?:\*[^*]+\*(?:, |; )?)+)/g) { my ($f, $n) = ($1, $2); print "$f $1\n" while $n =~ /\*([^*]+)\*/g }' docs/http/statements.md |
	sed 's/ *…$//; s/&lt;/</g' | sort -u)
[ -z "$missing" ] || { echo "not there:$missing"; exit 1; }
if grep -n 'not tested' docs/http/statements.md; then exit 1; fi
[ "$(grep -cE '^\| [0-9]+ \|' docs/http/statements.md)" -ge 126 ]
