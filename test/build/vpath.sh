# Built in a directory of its own, as PGXS has it; the tests are found from there.
mkdir "$CLUSTER/source"
copy_checkout "$CLUSTER/source"
mkdir "$CLUSTER/source/b"
cd "$CLUSTER/source/b"
smartwf_make -f ../Makefile
smartwf_make -f ../Makefile DESTDIR="$PWD/installed" install
[ "$(find installed -name smartwf.so -o -name smartwf.control -o -name "$(echo smartwf--*.sql)" | wc -l)" = 3 ]
[ -z "$(find ../src -name '*.o')" ]
smartwf_make -f ../Makefile REGRESS=definition ISOLATION= installcheck
smartwf_make -f ../Makefile clean
rm -r installed
[ -z "$(find . -name '*.o' -o -name 'smartwf--*')" ]
cd "$SMARTWF_ROOT"
rm -r "$CLUSTER/source"
