# make dist packs what git knows of the commit, META.json with the version, and the screens as they are built.
packages git unzip python3
. script/gateway
command -v npm >/dev/null || packages nodejs npm
[ -e .git ] || lacking "no git repository here"
mkdir "$CLUSTER/dist"
cd "$CLUSTER/dist"
(cd "$SMARTWF_ROOT" && build_screens)
smartwf_make -f "$SMARTWF_ROOT/Makefile" dist
unzip -q smartwf-*.zip -d unpacked
cd unpacked/smartwf-*/
find . -type f | sed 's|^\./||' | sort >../packed
{ git -C "$SMARTWF_ROOT" ls-tree -r --name-only HEAD; echo META.json; cd "$SMARTWF_ROOT"; find web/dist -type f; } | sort | diff ../packed -
python3 -c 'import json; print(json.load(open("META.json"))["version"])' |
	diff - <(sed -n "s/^default_version = '\(.*\)'/\1/p" smartwf.control)
cd "$SMARTWF_ROOT"
rm -r "$CLUSTER/dist"
