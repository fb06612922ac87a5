// Requests that a generator makes from docs/http/openapi.yaml, right ones and wrong ones: whatever
// is asked, the answer is one that is described, no wrong request succeeds, and no right one fails.
//	REQUESTS=30000 SEED=2 script/test http		more of them, and others
//	REQUEST=17 SEED=2 script/test http		that one alone
// A request depends on seed and number alone, but for the tags that earlier answers had.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import net from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Described, described, send, sendBytes, sql, token } from './client.mjs';

const seed = Number(process.env.SEED ?? 1);
const numbers = process.env.REQUEST === undefined ? Array.from({ length: Number(process.env.REQUESTS ?? 1500) }, (_, i) => i + 1) : [Number(process.env.REQUEST)];
const lanes = 4;	// so many at once: what waits for each other is met, too

// Chance

class Dice {
	constructor(...seeds) { this.state = createHash('sha256').update(seeds.join()).digest().readInt32LE(); }
	roll() {	// mulberry32
		this.state = (this.state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	}
	chance(p) { return this.roll() < p; }
	below(n) { return Math.floor(this.roll() * n); }
	pick(list) { return list[this.below(list.length)]; }
	times(n, make) { return Array.from({ length: this.below(n + 1) }, make); }
}

// What there is: the documents of fixture.sql, and some of our own, whose ids and values are hard

const ids = ['plain', 'été', 'a b', 'a/b', '/', '..', '.', '%2F', '%', '?x=1', '#', '&', '+', ';', '\\', '"', "'; DROP TABLE press; --", '😀', 'e\u0301', '\u202eabc', '\t\n\u0001\u007f', '{docid}', 'null', 'x'.repeat(2000)];
const columns = [['n', 'int', 'smallint'], ['w', 'text', 'varchar(5)'], ['m', 'money', 'numeric(5,2)'], ['d', 'date', 'date'], ['t', 'time', 'time'], ['ts', 'timestamp', 'timestamptz'],
	['x', 'double', 'real'], ['b', 'boolean', 'boolean'], ['j', 'json', 'jsonb'], ['e', 'enum', 'text'], ['u', 'text', 'uuid'], ['list', 'int', 'smallint[]']];
const definition = {
	name: 'DRAWN', states: [{ name: 'a', label: 'Ä "é"', activity: '\\', initial: true }, { name: 'to:b' }, { name: 'c', color: '#00CE01' }],
	transitions: [
		{ name: 'go', arcs: [{ from: 'a', to: 'to:b' }, { from: 'c', to: 'to:b' }], m1: 'drawn.m1', m2: 'app.m2',
			parameters: columns.map(([name, type]) => ({ name, type, multiple: name === 'list', options: type === 'enum' ? { values: { style: 'Style' } } : {} })) },
		{ name: 'back:1', arcs: [{ from: 'to:b', to: 'a' }], m1: 'drawn.m1' },
		{ name: 'end', arcs: [{ from: 'a', to: 'c' }, { from: 'to:b', to: 'c' }], guard: 'n IS NULL OR n < 100', guardMessage: 'too \'many\' "é"', m1: 'drawn.m1', grants: [{ role: 'editor' }] }],
};
sql(`SET client_min_messages = error;
	CREATE SCHEMA drawn;
	GRANT USAGE ON SCHEMA drawn TO PUBLIC;
	CREATE FUNCTION drawn.m1(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		IF e.comment = 'conflict' THEN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END IF;
		IF e.comment = 'raise' THEN RAISE EXCEPTION 'Pas "le" dimanche.'; END IF;
		RETURN CASE WHEN e.comment = 'refuse' THEN '' END;
	END $$;
	SELECT smartwf.define_workflow(:'definition');
	CREATE TABLE drawn.paper (id text PRIMARY KEY, state text, ${columns.map(([name, , type]) => `${name} ${type}`)});
	SELECT smartwf.attach('drawn.paper', 'DRAWN', structure => 'pa/per é');
	INSERT INTO drawn.paper SELECT * FROM jsonb_array_elements_text(:'ids') UNION ALL SELECT 'thrown away';
	DELETE FROM drawn.paper WHERE id = 'thrown away';
	GRANT SELECT, UPDATE ON drawn.paper TO editor, clerk;
	GRANT SELECT ON drawn.paper TO reader;
	-- the manager sees every document, so that it is known what he is answered
	SELECT format('GRANT USAGE ON SCHEMA %I TO manager; GRANT SELECT, UPDATE ON %I.%I TO manager', relation_schema, relation_schema, relation_name) FROM smartwf.structures \\gexec
`, { definition: JSON.stringify(definition), ids: JSON.stringify(ids) });
const world = JSON.parse(sql(`SELECT json_build_object('documents', (SELECT json_agg(json_build_object('docid', docid, 'structure', e.structure, 'workflow', e.workflow_id::text,
		'there', deleted_at IS NULL AND s.name IS NOT NULL) ORDER BY docid) FROM smartwf.elements e LEFT JOIN smartwf.structures s ON s.name = e.structure),
	'structures', (SELECT json_agg(name ORDER BY name) FROM smartwf.structures),
	'states', (SELECT json_object_agg(workflow_id, names) FROM (SELECT workflow_id, json_agg(name ORDER BY name) AS names FROM smartwf.states GROUP BY 1) s),
	'transitions', (SELECT json_object_agg(workflow_id, names) FROM (SELECT workflow_id, json_agg(json_build_object('name', t.name, 'parameters',
		(SELECT json_agg(p ORDER BY p.position, p.name) FROM smartwf.transition_parameters p WHERE p.workflow_id = t.workflow_id AND p.transition = t.name)) ORDER BY name) AS names
		FROM smartwf.transitions t GROUP BY 1) s))`));
const lines = () => Number(sql('SELECT count(*) FROM smartwf.history'));
const atFirst = lines();

// Texts

const awkward = ['"', "'", '\\', '%', '%2F', '&', '=', '+', ';', ' ', '\t', '\n', '\r', '\u0001', '\u007f', '\u0085', '<', '>', '{', '}', '^', '`', '|', '$', '*', '@', ':', '~', '/', '?', '#', 'é', 'ß', '\u0301', '\u200b', '\u202e', '\ufeff', '\uffff', '😀', '𝒳', '漢'];
const sayings = ["' OR ''=''; --", '../etc/passwd', '${jndi:ldap://x}', '{{7*7}}', '<script>alert(1)</script>', '%s%n%d', 'null', 'NaN', '-1', '1e999', 'refuse', 'raise', 'conflict', '{"code":"x"}', 'W/"0-x"', 'constructor', '__proto__'];
const strange = (dice) => dice.pick([() => dice.pick(sayings), () => [dice.pick(awkward), ...dice.times(12, () => dice.chance(0.5) ? dice.pick(awkward) : dice.pick('aZ09_'))].join(''),
	() => dice.pick(awkward).repeat(1 + dice.below(300))])();
const latin1 = (text) => Buffer.from(text).toString('latin1');	// node sends a character as a byte
// A text in an address: bytes as they are, where HTTP lets them, or encoded, in either case.
function encoded(dice, text) {
	const style = dice.pick(['usual', 'all', 'some', 'bare']);
	if (style === 'usual') return encodeURIComponent(text);
	return [...text].map((character) => {
		if (!/[\0- /?#%\x7f]/.test(character) && style !== 'all' && (style === 'bare' || dice.chance(0.5))) return latin1(character);
		return Buffer.from(character).toString('hex').replace(/../g, (digits) => `%${dice.chance(0.5) ? digits : digits.toUpperCase()}`);
	}).join('');
}
const notEncoded = ['%', '%%', '%z', '%zz', '%2', '%u00e9', 'a%', '%-1', '%00', 'a%00b'];
const notUtf8 = ['%FF', '%c3', '%C0%AF', '%ED%A0%80', '%F4%90%80%80', 'a%80', '\xff', '\xc3(', '\xc0\xaf', '\xed\xa0\x80', '\xf5\x80\x80\x80', 'é'];

// The parts of a request.  A wrong one adds to the faults of the request with which status it is
// answered; EARLY ones are found whatever the method is.

const early = (...statuses) => ({ statuses, early: true });
const late = (...statuses) => ({ statuses });

// part of a path that stands for something that there is, or not
function part(dice, request, there, isThere = true) {
	if (there !== undefined && dice.chance(0.9)) {
		if (!isThere) request.faults.push(late(403, 404));	// which of them, not everybody is told
		return encoded(dice, there);
	}
	const [text, fault] = dice.pick([
		() => [dice.pick(notEncoded), early(400)], () => [dice.pick(notUtf8), early(400)],
		() => ['x'.repeat(21000 + dice.below(20000)), late(404)], () => [encoded(dice, 'é'.repeat(500 + dice.below(400))), late(404)],
		() => [encoded(dice, `unknown ${strange(dice)}`), late(404)], () => [encoded(dice, `${strange(dice)}?`), late(404)], () => [dice.pick(['nobody', '%C3%A9', 'NULL', '0']), late(404)]])();
	request.faults.push(fault);
	return text;
}
const parts = {
	docid: (dice, request, document) => part(dice, request, document.docid, document.there),
	structure: (dice, request, document) => {
		const name = dice.chance(0.9) ? document.structure : dice.pick(world.structures);
		return part(dice, request, name, name === document.structure && world.structures.includes(name));
	},
	state: (dice, request, document) => {
		request.parameters = dice.pick(world.transitions[document.workflow]).parameters ?? [];
		return part(dice, request, dice.pick(world.states[document.workflow]));
	},
	transition: (dice, request, document) => {
		const transition = dice.pick(world.transitions[document.workflow]);
		request.parameters = transition.parameters ?? [];
		return part(dice, request, transition.name);
	},
};

const unknown = ['select=*', 'limit=0', 'order=x', 'columns=docid', 'on_conflict=x', 'and=(a.eq.1)', '', '=', '?', '%00', '%', 'a=%zz', '&&&', 'allstates=x', '%61llStates=x'];
// query: what is described, right or wrong or often, and what nobody knows
function query(dice, request, known) {
	const given = [];
	if (known.length > 0 && dice.chance(0.5))
		given.push(...dice.times(3, () => {
			const { name, schema } = dice.pick(known);
			const [text, wrong] = dice.chance(0.5) ? [encoded(dice, dice.pick(schema.enum))] : dice.pick([
				() => [encoded(dice, strange(dice)), 'value'], () => ['', 'value'], () => [dice.pick([...notEncoded, ...notUtf8.slice(0, 6)]), 'encoding']])();
			return { text: `${name}${text === '' && dice.chance(0.5) ? '' : '='}${text}`, name, wrong };
		}));
	// the last one counts, and the first name if there are two
	for (const { name } of known) {
		const named = given.filter((one) => one.name === name);
		if (named.length === 0) continue;
		if (named.at(-1).wrong || named.some((one) => one.wrong === 'encoding')) request.faults.push(late(400));
		break;
	}
	if (dice.chance(0.15)) given.splice(dice.below(given.length + 1), 0, { text: dice.pick([...unknown, encodeURIComponent(strange(dice))]) });
	if (dice.chance(0.01)) {
		given.push({ text: '\xe9=1' });
		request.faults.push(early(400));
	}
	if (given.length > 0) request.path += `?${given.map((one) => one.text).join('&')}`;
}

// headers: those described, and those that mean something to nginx or to PostgREST
const tags = new Map();
const revisions = new Map();
const headers = {
	'Accept-Language': (dice) => dice.pick(['en', 'fr', 'fr-CH, fr;q=0.9, en;q=0.8', 'tlh', '*', '', 'fr;q=x', 'en;q=1e999, fr;q=-1', ',,;;q', 'x'.repeat(3000), 'fr,'.repeat(1000), 'en\tfr', "'; --", latin1('é')]),
	'If-None-Match': (dice, request) => dice.pick([tags.get(request.path) ?? '"0-0"', tags.get(request.path) ?? '*', '*', '"x"', 'x', '', '"', 'W/', '"0-0", "1', '"x",'.repeat(500), latin1('"é"')]),
	'If-Match': (dice, request, document) => {
		if (dice.chance(0.7)) return dice.pick([revisions.get(document.docid) ?? '*', `"x", ${revisions.get(document.docid) ?? '*'}`, '*', ' *']);
		if (request.method === 'POST') request.faults.push(late(403, 404, 412, 503));	// compared once the change has begun, which may find another fault
		return dice.pick(['"x"', 'x', '', '"', '"-1-0"', '"99999-0"', '"99999999999999999999-0"', '"0x0-0"', 'W/"x-1"', '"1', latin1('"é"')]);
	},
};
const others = [['Prefer', 'return=minimal, tx=rollback'], ['Prefer', 'params=single-object'], ['Content-Profile', 'smartwf'], ['Accept-Profile', 'smartwf'], ['Range', 'bytes=0-5'], ['Range', 'items=5-1'], ['Range-Unit', 'items'],
	['Accept', 'text/csv'], ['Accept', 'application/vnd.pgrst.object+json'], ['Accept', '"'], ['Accept-Encoding', 'gzip'], ['Accept-Encoding', 'br;q=1, *;q=0'], ['Accept-Charset', 'utf-7'], ['Content-Encoding', 'gzip'], ['Content-Type', 'text/csv'],
	['X-Original-URI', '/forged'], ['X-Original-Method', 'PUT'], ['X_Original_Method', 'PUT'], ['X-HTTP-Method-Override', 'DELETE'], ['X-Forwarded-Host', 'evil.example'], ['Forwarded', 'for="'], ['Host', 'evil.example'],
	['Cookie', ';;=;a="'], ['X-Any', 'x'.repeat(3000)], ['If-Modified-Since', 'Sat, 01 Jan 2050 00:00:00 GMT'], ['If-Unmodified-Since', 'Sat, 01 Jan 2000 00:00:00 GMT'],
	['If-Range', '"x"'], ['TE', 'trailers'], ['Upgrade', 'websocket'], ['Referer', "javascript:'"], ['Max-Forwards', '0'], ['Via', '1.0 x'], ['Transfer-Encoding', 'chunked']];

function addHeaders(dice, request, known, document) {
	for (const { name } of known)
		if (dice.chance(0.3)) request.headers[name] = headers[name] ? headers[name](dice, request, document) : dice.pick(sayings);
	for (const [name, value] of dice.times(2, () => dice.pick(others))) if (dice.chance(0.3)) request.headers[name] = value;
	if (dice.chance(request.method === 'OPTIONS' ? 0.6 : 0.15)) {
		request.headers.Origin = dice.pick([process.env.PAGES, process.env.PAGES, 'http://evil.example', 'null', `${process.env.PAGES}.evil.example`, '', '\xff', '*']);
		request.headers['Access-Control-Request-Method'] = dice.pick(['GET', 'POST', 'PUT', 'x', '']);
		request.headers['Access-Control-Request-Headers'] = dice.pick(['authorization,content-type', '*', '', 'x'.repeat(1000)]);
	}
	// not UTF-8, in a header that nginx looks at (PostgREST answers 500 to others); and too large
	if (dice.chance(0.01)) {
		request.headers[dice.pick(['Accept-Language', 'If-None-Match', 'If-Match', 'Authorization', 'User-Agent', 'Referer', 'Cookie'])] = dice.pick(['\xff', 'a\xc3(', '\xed\xa0\x80']);
		request.faults.push(early(400));
	}
	if (dice.chance(0.02)) {
		const [names, length] = dice.pick([[['X-Any'], 40000], [['Authorization'], 40000], [['If-None-Match'], 40000], [['Cookie', 'X-Any', 'X-Other'], 19000]]);
		for (const name of names) request.headers[name] = 'x'.repeat(length);
		request.faults.push(early(431));
	}
}

// who asks
function addToken(dice, request) {
	const sub = dice.chance(0.2) ? strange(dice).replaceAll(':', '') : dice.pick(['anna', 'claire', 'rémi', '']);
	const bearer = (text) => { request.headers.Authorization = `Bearer ${text}`; };
	request.manages = dice.chance(0.6);
	if (request.manages) return bearer(token('manager', sub));
	if (dice.chance(0.6)) return bearer(token(dice.pick(['clerk', 'editor', 'reader', 'stranger', 'web_anonymous', 'authenticator', 'none']), sub));
	if (dice.chance(0.3)) return dice.chance(0.5) ? undefined : request.headers.Authorization = dice.pick(['Basic eDp5', '', 'Bearer', 'Bearer ', 'x']);
	const right = token('manager', sub);
	const [text, status] = dice.pick([
		() => [token('manager', sub, { secret: 'x'.repeat(40) }), 401], () => [right.replace(/[^.]+$/, ''), 401], () => [right.slice(5), 401],
		() => [right.replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url')), 401],
		() => [token('manager', sub, { claims: dice.pick([{ exp: 1_600_000_000 }, { nbf: 4_000_000_000 }, { exp: 'x' }]) }), 401], () => [token('manager', { a: 1 }), 401],
		() => [dice.pick(['rubbish', 'a.b.c', '..', '.', 'e30.e30.', '"', "' --", latin1('é')]), 401],
		() => [token(dice.pick(['nobody', '', 'MANAGER', 'x'.repeat(70), 5, null, ['manager'], { role: 'manager' }, "manager'; --", 'é']), sub), 400],
		...Array(3).fill(() => [token(dice.pick(['postgres', 'pg_read_all_data']), sub), 403])])();
	bearer(text);
	request.faults.push({ ...early(status), ofToken: true });
}

// bodies: by their schema, and against it, and against JSON
const types = ['object', 'array', 'string', 'number', 'boolean', 'null'];
function any(dice, type = dice.pick(types), depth = 0) {
	switch (type) {
		case 'object': return Object.fromEntries(dice.times(depth < 3 ? 3 : 0, () => [strange(dice), any(dice, undefined, depth + 1)]));
		case 'array': return dice.times(depth < 3 ? 3 : 0, () => any(dice, undefined, depth + 1));
		case 'string': return strange(dice);
		case 'number': return dice.pick([0, 1, -1, 1.5, 99999, 2 ** 31, 2 ** 53, -1e300, 1e-300]);
		case 'boolean': return dice.chance(0.5);
		default: return null;
	}
}
const allowed = (schema) => [schema.type].flat();
function fitting(dice, schema, special, type = dice.pick(allowed(schema))) {
	if (type !== 'object' || schema.properties === undefined) return any(dice, type);
	const members = Object.entries(schema.properties).filter(() => dice.chance(0.6)).map(([name, property]) => [name, special[name] && dice.chance(0.9) ? special[name]() : fitting(dice, property, special)]);
	return Object.fromEntries(dice.chance(0.1) ? [...members, [`x${strange(dice)}`, any(dice)]] : members);
}
function unfitting(dice, schema, special) {
	const other = (of) => any(dice, dice.pick(types.filter((type) => !allowed(of).includes(type))));
	if (dice.chance(0.5)) return other(schema);
	const [name, property] = dice.pick(Object.entries(schema.properties));
	return { ...fitting(dice, schema, special, 'object'), [name]: other(property) };
}
// by the type of a parameter: two that are right, and others
const values = {
	int: [1, 5, 200, 99999, -1, '7', 1.5, 'x', 2 ** 53], double: [1, 1.5, 1e300, '2', 'x', -1], money: [1, '12.50', 12.345, 1e6, 'much'],
	date: ['2026-11-21', '2024-02-29', '2026-02-30', 'now', 'infinity', 5], time: ['12:30', '24:00', '25:00', ''], timestamp: ['2026-11-21T12:30:00Z', '2026-11-21 12:30', '2026-11-21 12:30+99', 'epoch', 0],
	boolean: [true, false, 'perhaps', 'yes'], enum: ['style', 'facts', 'taste', ''], text: ['é', '6f1c7a30-0000-4000-8000-000000000000', 'abcdef', 5],
};
function valuesFor(dice, parameters) {
	const given = parameters.filter((p) => dice.chance(p.needed ? 0.9 : 0.15)).map((p) => {
		const one = () => p.type === 'json' ? any(dice) : dice.chance(0.8) ? values[p.type][dice.below(2)] : dice.pick([...values[p.type], strange(dice)]);
		return [p.name, p.multiple === dice.chance(0.95) ? dice.times(3, one) : one()];
	});
	return Object.fromEntries(dice.chance(0.05) ? [...given, [strange(dice), any(dice)]] : given);
}
const deep = (n) => `{"a": ${'['.repeat(n)}${']'.repeat(n)}}`;
const broken = [
	(text) => text.slice(0, -1), (text) => `${text}}`, (text) => `\ufeff${text}`, (text) => `${text}\0`, () => "{'a': 1}", () => '{"a": 1,}', () => '{"a": NaN}', () => '{"a": 01}', () => '{a: 1}', () => 'x=1&y', () => '/* */ {}',
	() => '{"comment": "\\u0000"}', () => '{"comment": "\\ud800"}', () => '{"comment": "\x01"}', () => '{"comment": "x", "comment": 5}', () => '{"a": 1e999999}', () => `{"a": ${'9'.repeat(200000)}}`,
	() => '['.repeat(50000), () => '{"a":'.repeat(20000), () => deep(20000), () => Buffer.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), () => Buffer.from([0]), () => Buffer.from('{"comment": "\xff"}', 'latin1')];
const odd = ['', ' \r\n\t', 'null', '{}', '{"comment": 5, "comment": "x"}', deep(500), `{"padding": "${'x'.repeat(900000)}"}`, '{"a": 1e400}', '{"a": 1, "a": {"a": []}}'];
function addBody(dice, request, schema) {
	if (dice.chance(0.02)) {
		request.body = 'x'.repeat(2 ** 21);
		request.faults.push(early(413));
		return;
	}
	if (dice.chance(request.method === 'POST' ? 0.1 : 0.95)) return;
	const special = { parameters: () => valuesFor(dice, request.parameters), comment: () => dice.pick(['', 'relu — «enfin»', 'raise', 'refuse', 'conflict', 'x'.repeat(1000)]) };
	const right = JSON.stringify(fitting(dice, schema, special));
	request.headers['Content-Type'] ??= 'application/json';
	request.body = dice.chance(0.8) ? right : dice.pick(odd);
	if (dice.chance(0.9)) return;
	request.body = dice.chance(0.4) ? JSON.stringify(unfitting(dice, schema, special)) : dice.pick(broken)(right === 'null' ? '{}' : right);
	if (request.method === 'POST') request.faults.push(late(400));
}

// what is hardly HTTP: changes of the bytes, and the status if it is another for that
const rough = [
	(r) => { r.method = r.method.toLowerCase(); return 400; }, (r) => { r.method += '\x01'; return 400; }, (r) => { r.method = `\r\n${r.method}`; }, (r, request) => { r.method = request.method = 'CONNECT'; },
	(r) => { r.version = 'HTTP/1.0'; }, (r) => { r.version = 'HTTP/2.0'; return 400; }, (r) => { r.version = 'HTTP/x'; return 400; }, (r) => { r.end = '\n'; },
	(r) => { r.path += '\x01'; return 400; }, (r) => { r.path += ' x'; return 400; }, (r) => { r.path += '#x'; }, (r) => { r.path = `http://evil.example${r.path}`; },
	(r) => { r.lines[0] = 'Host: \xff'; return 400; }, (r) => { r.lines[0] = 'Host: a/b c'; return 400; }, (r) => { r.lines.push('Host: b'); return 400; }, (r) => { r.lines.shift(); return 400; },
	(r) => { r.lines.push('X-Any: a\0b'); return 400; }, (r) => { r.lines.push('X-Any: a', ' b'); return 400; }, (r) => { r.lines.push('X Any: x'); return 400; }, (r) => { r.lines.push(': x'); return 400; },
	(r) => { r.lines.push('X-\xff: x', 'X_Any: x', 'Expect: x'); }, (r) => { r.lines.push('Expect: 100-continue'); }, (r) => { r.lines.push('X-Any: a\x01\x7fb'); },
	(r) => { r.lines.push('Content-Length: x'); return 400; }, (r) => { r.lines.push('Content-Length: -1'); return 400; }, (r) => { r.lines.push('Content-Length: 0', 'Content-Length: 0'); return 400; },
	(r) => { r.lines.push('Transfer-Encoding: gzip'); return 400; }, (r) => { r.lines.push('Transfer-Encoding: chunked', 'Content-Length: 5'); return 400; },
	(r) => { r.lines = r.lines.filter((line) => !line.startsWith('Content-L')).concat('Transfer-Encoding: chunked'); r.body = 'zz\r\n\r\n'; return 400; }];
function roughen(dice, request) {
	delete request.headers['Transfer-Encoding'];
	if (request.method === 'HEAD') request.method = 'GET';
	const body = Buffer.from(request.body ?? '');
	const lines = Object.entries({ Host: 'localhost', Connection: 'close', ...request.headers }).map((header) => header.join(': '));
	const r = { method: request.method, path: request.path, version: 'HTTP/1.1', lines, body, end: '\r\n' };
	if (body.length > 0) r.lines.push(`Content-Length: ${body.length}`);
	const status = dice.pick(rough)(r, request);
	if (status !== undefined) request.faults.push(early(status));
	request.bytes = Buffer.concat([Buffer.from([`${r.method} ${r.path} ${r.version}`, ...r.lines, '', ''].join(r.end), 'latin1'), Buffer.from(r.body)]);
}

// Requests

const resolved = (object) => object.$ref === undefined ? object : object.$ref.split('/').slice(1).reduce((at, name) => at[name], described.openapi);
const templates = Object.entries(described.openapi.paths);
const bodySchema = Object.values(described.openapi.components.requestBodies)[0].content['application/json'].schema;
const foreign = ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'M-SEARCH', 'X'.repeat(300), 'POST'];
const misspelt = [(path) => path.replace('workflows', 'workflow'), (path) => path.replace('smart-elements/', 'smart-elements//'), (path) => path.replace('smart-elements', 'Smart-Elements'), (path) => `${path}${path.endsWith('/') ? '' : '/'}x/y`,
	(path) => `${path}//`, (path) => path.replace(/\/$/, ''), (path) => `${path}/`, () => '/api/v2/', () => '/api/v2/smart-structures/', (path) => path.replace('/workflows', ''), (path) => path.replace('smart-elements', '..')];

function make(number) {
	const dice = new Dice(seed, number);
	const [template, item] = dice.pick(templates);
	const methods = Object.keys(item).filter((name) => name !== 'parameters').map((name) => name.toUpperCase());
	const request = { number, method: dice.chance(0.75) ? dice.pick(methods.filter((name) => name !== 'OPTIONS')) : dice.pick(['OPTIONS', 'OPTIONS', 'HEAD', dice.pick(foreign)]), headers: {}, faults: [], parameters: [] };
	const document = dice.pick(world.documents.filter((one) => one.there || dice.chance(0.3)));
	request.path = template.replace(/\{(.*?)\}/g, (all, name) => parts[name](dice, request, document));
	if (dice.chance(0.04)) request.path = dice.pick(misspelt)(request.path);
	const operation = described.operation(request.method, request.path);
	if (operation === null) request.faults.push(early(404));
	const known = operation === null ? [] : (described.openapi.paths[operation[0]][operation[1]].parameters ?? []).map(resolved);
	query(dice, request, known.filter((parameter) => parameter.in === 'query'));
	if (request.method.length + request.path.length > 20400) request.faults.push(early(414));
	addToken(dice, request);
	addBody(dice, request, bodySchema);
	addHeaders(dice, request, known.filter((parameter) => parameter.in === 'header'), document);
	if (dice.chance(0.05) && !(request.body?.length > 1000)) roughen(dice, request);
	request.isForeign = operation !== null && !methods.includes(request.method) && request.method !== 'HEAD';
	request.document = document.docid;
	return request;
}

// the statuses with which it may be answered
function expected({ method, faults, isForeign, manages, headers, body }) {
	const statuses = (list) => list.flatMap((fault) => fault.statuses);
	const first = statuses(faults.filter((fault) => fault.early));
	// PostgREST refuses a token before it has read a long body, and closes the connection; nginx may see that first
	if (body?.length > 8192 && faults.some((fault) => fault.ofToken)) first.push(502);
	if (method === 'TRACE' || method === 'CONNECT') return [...first, 405];	// nginx's own, before most else
	if (first.length > 0) return first;
	if (isForeign) return [405];
	if (method === 'OPTIONS') return [204];
	const hidden = manages ? [] : [403];
	const moved = method === 'POST' && headers['If-Match'] !== undefined ? [412] : [];
	if (faults.length > 0) return [...statuses(faults), ...hidden, ...moved];
	if (method === 'POST') return [200, 403, 404, 503, ...moved];
	return [200, ...hidden, ...(headers['If-None-Match'] === undefined ? [] : [304])];
}

const examples = described.openapi.components.schemas.Failure.properties.code.examples;
const leak = /\/(usr|tmp|var|home|root|proc|opt|work)\/|\.[ch]:\d|\.(hs|sql|mjs|conf)\b|PL\/pgSQL|CONTEXT|CallStack|HINT:|Traceback|\bat \S+:\d+:\d+|nginx\/\d/;
function check(request, answer) {
	const { status, text } = answer;
	described.assertDescribed(request.method, request.path, answer);
	assert.ok(status < 500 || [...expected(request), 503].includes(status), `status ${status}`);
	assert.ok(expected(request).includes(status), `status ${status}, not ${expected(request).join(' or ')}: ${text}`);
	const origin = request.headers.Origin;
	// nginx may have stopped reading before it came to this header
	if (origin !== process.env.PAGES || ![400, 414, 431].includes(status))
		assert.equal(answer.headers['access-control-allow-origin'], origin === process.env.PAGES ? origin : undefined);
	if (status < 400 || text === '') return;
	assert.doesNotMatch(text, leak);
	const { code, message, exceptionMessage } = JSON.parse(text);
	if (status === 503) assert.equal(code, '40001');
	if (exceptionMessage === 'PostgREST has refused the request') return;
	assert.equal(exceptionMessage, `{${code}} ${message}`);
	assert.ok(examples.includes(code), `code ${code} is not described`);
}

// All of them

const seen = new Map();	// statuses by operation
const counts = {};
const answers = [];
let changes = 0;
function note(request, answer) {
	const operation = described.operation(request.method, request.path)?.join(' ') ?? 'elsewhere';
	seen.set(operation, (seen.get(operation) ?? new Set()).add(answer.status));
	counts[answer.status] = (counts[answer.status] ?? 0) + 1;
	if (answers.length < 3000) answers.push([request.method, request.path, answer]);
	if (request.method === 'POST' && answer.status === 200) changes++;
	if (answer.headers.etag === undefined) return;
	tags.set(request.path, answer.headers.etag);
	revisions.set(request.document, answer.headers.etag);
}

// the request as it was, but for what is long in it: with seed and number it can be repeated
function shown({ number, method, path, headers, body, bytes }) {
	const text = JSON.stringify(bytes ? { bytes: bytes.toString('latin1') } : { method, path, headers, body: body?.toString('latin1') });
	return `SEED=${seed} REQUEST=${number}: ${text.replace(/(.{1,6}?)\1{50,}/g, (all, part) => `${part}...(${all.length / part.length} times)`)}`;
}

test('requests that the description allows, and others', async (t) => {
	const failures = [];
	const rest = numbers.values();
	await Promise.all(Array.from({ length: lanes }, async () => {
		for (const number of rest) {
			if (failures.length >= 10) return;
			const request = make(number);
			try {
				const answer = await (request.bytes ? sendBytes(request.bytes) : send(request));
				note(request, answer);
				check(request, answer);
			} catch (error) {
				failures.push(`${error.message}\n\t${shown(request)}`);
			}
		}
	}));
	t.diagnostic(`noted: seed ${seed}, ${numbers.length} requests: ${Object.entries(counts).map(([status, count]) => `${count} with ${status}`).join(', ')}`);
	assert.ok(failures.length === 0, failures.join('\n'));
	assert.equal(lines() - atFirst, changes, 'each change that was answered is a line of history, and there are no others');
});

// what no request can bring about here, by method and status
function isBeyondRequests(method, status) {
	return [500, 502, 504].includes(status)	// a broken hook, PostgREST away, or late
		|| (status === 503 && method !== 'post')	// conflicts are of changes
		|| (status === 405 && method === 'post')	// a server that may only be read; other methods count as GET
		|| (status === 404 && method === 'options')	// of an address that is not described
		|| status === 429;	// too many at once: see below
}

test('the requests were of every kind', { skip: numbers.length < 1000 && 'too few of them' }, () => {
	assert.ok(Object.keys(counts).length >= 10, `only ${Object.keys(counts)}`);
	const missing = templates.flatMap(([template, item]) => Object.entries(item).filter(([method]) => method !== 'parameters').flatMap(([method, { responses }]) => {
		const statuses = Object.keys(responses).map(Number).filter((status) => !isBeyondRequests(method, status) && !seen.get(`${template} ${method}`)?.has(status));
		assert.ok(seen.get(`${template} ${method}`)?.size >= (method === 'options' ? 1 : 3), `${method} ${template}: only ${[...(seen.get(`${template} ${method}`) ?? [])]}`);
		return statuses.map((status) => `${method} ${template}: ${status}`);
	}));
	if (numbers.length >= 30000) assert.deepEqual(missing, []);
});

test('more requests at once than one client may have', async () => {
	const { hostname, port } = new URL(process.env.GATEWAY);
	const address = (template) => template.replace(/\{.*?\}/g, 'x');
	const ask = async (method, template) => {
		const answer = await send({ method, path: address(template) });
		described.assertDescribed(method, address(template), answer);
		return answer.status;
	};
	const held = [];
	const hold = () => {
		held.push(net.connect(port, hostname).on('error', () => {}));
		held.at(-1).write(`POST ${address(templates[0][0])} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n`);	// nginx waits for the body
	};
	for (let i = 0; i < 100; i++) hold();
	try {
		// one of them may have come while we asked, and have been refused
		for (; await ask('GET', templates[0][0]) !== 429; await setTimeout(50)) {
			assert.ok(held.length < 200, 'there is no limit');
			hold();
		}
		for (const [template, item] of templates)
			for (const method of Object.keys(item).filter((name) => name !== 'parameters')) assert.equal(await ask(method.toUpperCase(), template), 429);
	} finally {
		for (const socket of held) socket.destroy();
	}
});

test('a description that is not true is found out', { skip: numbers.length < 1000 && 'too few answers' }, () => {
	const state = '/api/v2/smart-elements/{docid}/workflows/states/{state}';
	const isTrue = (change) => {
		const openapi = structuredClone(described.openapi);
		change(openapi, openapi.components.schemas, openapi.components.responses);
		const other = new Described(JSON.stringify(openapi));
		return answers.every(([method, path, answer]) => {
			try { other.assertDescribed(method, path, answer); } catch { return false; }
			return true;
		});
	};
	assert.ok(isTrue(() => {}), 'that of the service is true');
	for (const change of [
		(openapi) => { delete openapi.paths[state].post.responses[404]; }, (openapi) => { delete openapi.paths[state].get.responses[401]; }, (openapi) => { delete openapi.paths[state].options.responses[204]; },
		(openapi) => { openapi.paths['/api/v2/nowhere'] = openapi.paths[state]; delete openapi.paths[state]; },
		(openapi, schemas) => { schemas.Uri.pattern = '^/api/v3/'; }, (openapi, schemas) => { schemas.StatesAnswer.properties.data.required.push('total'); }, (openapi, schemas) => { delete schemas.PassedAnswer.properties.data.properties.state; },
		(openapi, schemas) => { schemas.HistoryAnswer.properties.data.properties.history.items.properties.revision.minimum = 1; }, (openapi, schemas) => { schemas.Labels.properties.color.pattern = '^$'; }, (openapi, schemas) => { schemas.Failure.properties.success.const = true; },
		(openapi, schemas) => { delete schemas.PostgrestFailure.properties.hint; }, (openapi, schemas, responses) => { responses.wrongMethod.headers.Link = {}; }, (openapi, schemas, responses) => { responses.methods.content = responses.state.content; },
	]) assert.ok(!isTrue(change), `not found out: ${change}`);
});
