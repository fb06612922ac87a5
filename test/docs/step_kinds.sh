# The kinds of steps that can be defined are those that can be performed.
createdb step_kinds
sql step_kinds -c "CREATE EXTENSION smartwf"
sql step_kinds -At -c "SELECT DISTINCT kind FROM smartwf.flow_settings()" | sort >"$CLUSTER/defined"
sed -nE 's/^const StepKind \w+ = \{"(\w+)".*/\1/p' src/flow/steps/*.c | sort >"$CLUSTER/performed"
grep -oE '&\w+_step' src/flow/steps/steps.c | sed 's/^&//; s/_step$//' | sort >"$CLUSTER/registered"
[ "$(wc -l <"$CLUSTER/defined")" -ge 12 ]
diff "$CLUSTER/defined" "$CLUSTER/performed"
diff "$CLUSTER/defined" "$CLUSTER/registered"
dropdb step_kinds
