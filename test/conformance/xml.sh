# The XML samples of the original: what is exported is imported again without a change.
samples=../shared/conformance
ls "$samples"/*.graph.xml >/dev/null 2>&1 || lacking "the conformance data is not here"
createdb xml
sql xml -c "CREATE EXTENSION smartwf"
for sample in "$samples"/*.graph.xml; do
	name=$(sed -nE 's/.*<workflow:(config|graph) .*name="([^"]*)".*/\2/p' "$sample" | tail -n 1)
	sql xml -v definition="$(cat "$sample")" -v name="$name" >/dev/null <<-'SQL'
		SELECT smartwf.import_workflow(:'definition') AS version \gset
		SELECT 1 / (smartwf.import_workflow(smartwf.export_workflow(:'name')) = :version)::int;
		SELECT 1 / (smartwf.import_workflow(:'definition') = :version)::int;
	SQL
done
dropdb xml
