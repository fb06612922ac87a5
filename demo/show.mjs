// Shows what curl answered: the status line if there is one, and readable JSON.
import { readFileSync } from 'node:fs';
const text = readFileSync(0, 'utf8');
const gap = text.indexOf('\r\n\r\n');
if (gap >= 0) console.log(`     ${text.split('\r\n')[0]}`);
const json = JSON.stringify(JSON.parse(text.slice(gap < 0 ? 0 : gap + 4)), null, 2);
console.log(json.replace(/^/gm, '     '));
