# Every picture that a page shows is there, and every picture that is there is shown.
for page in README.md docs/*.md; do
	{ grep -oE '!\[[^]]*\]\([^)]+\)' "$page" || true; } | sed -E 's/.*\(([^)]+)\)/\1/' | while read -r picture; do
		[ -s "$(dirname "$page")/$picture" ] || { echo "$page: no $picture"; exit 1; }
	done
done
[ "$(find docs -name '*.png' | wc -l)" -gt 10 ]
for picture in docs/screens/*.png; do
	grep -qF "(screens/$(basename "$picture"))" docs/screens.md || { echo "$picture is not shown"; exit 1; }
done
