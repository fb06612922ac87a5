# The types that clients are given: what is right compiles, and what is wrong does not.
. script/gateway
gateway_tools
createdb types
sql types <<'SQL'
CREATE EXTENSION smartwf;
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "draft", "initial": true}, {"name": "sent:out"}, {"name": "paid"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent:out"}]},
  {"name": "pay", "askComment": false, "arcs": [{"from": "sent:out", "to": "paid"}, {"from": "draft", "to": "paid"}],
   "parameters": [{"name": "how", "type": "enum", "needed": true, "options": {"values": {"cash": "Cash", "a \"card\"": "Card"}}}, {"name": "amount", "type": "money", "needed": true},
    {"name": "times", "type": "timestamp", "multiple": true}, {"name": "count", "type": "int"}, {"name": "shown", "visibility": "read"}, {"name": "any", "type": "json"}]},
  {"name": "note", "arcs": [{"from": "paid", "to": "draft"}], "parameters": [{"name": "text"}]}]}');
CREATE TABLE bill (id int PRIMARY KEY, state text);
SELECT smartwf.attach('bill', 'W', structure => '2 new-bills');
SQL
sql types -c "SELECT smartwf.define_workflow('{\"name\": \"ONE\", \"states\": [{\"name\": \"only\", \"initial\": true}]}')" \
	-c "CREATE TABLE one (id int PRIMARY KEY, state text)" -c "SELECT smartwf.attach('one', 'ONE', structure => U&'one\2028evil', docid_prefix => 'one')"
folder=$CLUSTER/types
mkdir "$folder"
sql types -At -c "SELECT smartwf.typescript('2 new-bills')" >"$folder/bills.ts"
cat "$folder/bills.ts"
sql types -At -c "SELECT smartwf.typescript(U&'one\2028evil')" >"$folder/one.ts"
tsc="$PWD/test/http/node_modules/.bin/tsc --strict --noEmit --target es2022"
# uses LINE...: a module that has it compiles
uses() { printf '%s\n' "import type { Structure2NewBillsCall as Call, Structure2NewBillsState as State, Structure2NewBillsTransition as Transition, Structure2NewBillsArcs as Arcs } from './bills';" "$@" >"$folder/use.ts"; $tsc "$folder/use.ts"; }
$tsc "$folder/one.ts"
uses "export const a: Call[] = [{ docid: '1', transition: 'send' }, { docid: '1', transition: 'send', comment: 'c', parameters: {} }," \
	" { docid: '1', transition: 'pay', parameters: { how: 'a \"card\"', amount: '12.50', times: ['2026-11-29T10:00:00Z'], count: 3, any: { x: [1] } } }," \
	" { docid: '1', transition: 'note', parameters: { text: 't' } }, { docid: '1', transition: 'note' }];" \
	"export const s: State[] = ['draft', 'sent:out', 'paid']; export const t: Transition[] = ['send', 'pay', 'note']; export const to: Arcs['send']['to'] = 'sent:out';"
for wrong in "export const a: Call = { docid: '1', transition: 'sent' };" "export const a: Call = { docid: '1', transition: 'pay' };" \
	"export const a: Call = { docid: '1', transition: 'pay', parameters: { how: 'cheque', amount: 1 } };" "export const a: Call = { docid: '1', transition: 'pay', parameters: { how: 'cash' } };" \
	"export const a: Call = { docid: '1', transition: 'pay', comment: 'c', parameters: { how: 'cash', amount: 1 } };" "export const a: Call = { docid: '1', transition: 'pay', parameters: { how: 'cash', amount: 1, shown: 's' } };" \
	"export const a: Call = { docid: '1', transition: 'pay', parameters: { how: 'cash', amount: 1, times: 'now' } };" "export const a: Call = { docid: '1', transition: 'pay', parameters: { how: 'cash', amount: 1, count: '3' } };" \
	"export const a: Call = { docid: '1', transition: 'send', parameters: { text: 't' } };" "export const s: State = 'open';" "export const to: Arcs['send']['to'] = 'paid';"; do
	if uses "$wrong" >"$CLUSTER/tsc.log"; then echo "compiles: $wrong"; exit 1; fi
	grep -q 'error TS2' "$CLUSTER/tsc.log"
done
dropdb types
