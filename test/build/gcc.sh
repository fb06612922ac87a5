# Every file compiles without a warning; the three kinds that are off come with PostgreSQL's headers and customs.
compiler=${compiler:-gcc}
rm -rf "$CLUSTER/strict"
mkdir "$CLUSTER/strict"
copy_checkout "$CLUSTER/strict"
smartwf_make -C "$CLUSTER/strict" CC="$compiler" \
	COPT="-Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers ${allowed:-}"
rm -r "$CLUSTER/strict"
