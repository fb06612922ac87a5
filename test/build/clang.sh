# The same with clang: the one that PostgreSQL was built with, or any other.
compiler=$(clang_of_postgresql)
if [ ! -x "$compiler" ]; then packages clang; compiler=clang; fi
# PostgreSQL hands on flags that only gcc knows
allowed="-Wno-ignored-attributes -Wno-ignored-optimization-argument -Wno-unknown-warning-option"
. test/build/gcc.sh
