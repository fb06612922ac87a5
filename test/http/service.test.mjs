// The documented service over HTTP: nginx, PostgREST and PostgreSQL, all real.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { PostgrestClient } from '@supabase/postgrest-js';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ask, description, route, send, sql, token } from './client.mjs';

const clerk = ['clerk', 'claire'];
const editor = ['editor', 'anna'];
const reader = ['reader', 'rémi'];
const stranger = ['stranger', 'zoe'];
const manager = ['manager', 'max'];
const press = (docid, rest = '') => `/api/v2/smart-elements/${encodeURIComponent(docid)}/workflows/${rest}`;

// an answer is a documented failure: status, code, envelope
function assertFailure(answer, status, code, message, userMessage = code === 'WFL0300' ? message : '') {
	assert.equal(answer.status, status, answer.text);
	assert.deepEqual(answer.json, {
		success: false, exceptionMessage: `{${code}} ${message}`, message, data: null, code, uri: '', userMessage,
	});
	assert.deepEqual(Object.keys(answer.json), ['success', 'exceptionMessage', 'message', 'data', 'code', 'uri', 'userMessage']);
}

const stateOf = (docid) => sql("SELECT state FROM press WHERE id = :'docid'", { docid });
const linesOf = (docid) => Number(sql("SELECT count(*) FROM smartwf.history WHERE docid = :'docid'", { docid }));

test('the description of the service is valid OpenAPI 3.1', async () => {
	const validator = new Validator();
	const result = await validator.validate(description);
	assert.ok(result.valid, JSON.stringify(result.errors));
	assert.equal(validator.version, '3.1');
	const broken = await new Validator().validate(readFileSync(description, 'utf8').replace('responses:', 'respones:'));
	assert.ok(!broken.valid, 'the validator sees a fault');
});

test('every sample of the source, over HTTP and through route()', async (t) => {
	const file = new URL('../../../shared/conformance/devbill.cases.json', import.meta.url);
	if (!existsSync(file)) return t.skip('the conformance data is not here');
	const { cases } = JSON.parse(readFileSync(file, 'utf8'));
	const again = () => sql("DELETE FROM devbill; INSERT INTO devbill VALUES ('DEVBILL');");
	const asText = (answer) => JSON.stringify(answer);
	assert.ok(cases.length >= 16);
	for (const { name, request, status, answer } of cases) {
		const got = await ask(request.method, request.uri, { as: clerk, body: request.body ?? undefined });
		assert.equal(got.status, status, name);
		assert.equal(asText(got.json), asText(answer), name);
	}
	again();
	for (const { name, request, status, answer } of cases) {
		const got = route('clerk', request.method, request.uri, request.body);
		assert.equal(got.status, status, name);
		assert.equal(asText(got.json), asText(answer), name);
	}
	again();
});

test('the way of an article, from its birth', async () => {
	let answer = await ask('GET', press('article', 'states/'), { as: editor });
	assert.equal(answer.status, 200);
	assert.match(answer.headers['content-type'], /^application\/json/);
	assert.equal(answer.headers['cache-control'], 'private, no-cache');
	assert.equal(answer.headers['content-range'], undefined);
	assert.deepEqual(answer.json.data.states, [{
		id: 'control', label: 'Écrit', activity: 'Vérification', displayValue: 'Vérification', color: '', uri: press('article', 'states/control'),
		transition: { id: 'check', uri: press('article', 'transitions/check'), label: 'Vérifier', error: null, authorized: true },
	}]);
	answer = await ask('POST', press('article', 'transitions/check'), { as: editor, body: { comment: 'relu — «enfin»' } });
	assert.equal(answer.status, 200, answer.text);
	assert.deepEqual(answer.json.messages.map((m) => m.contentText), ['m2: control', 'm3: anna']);
	assert.deepEqual(answer.json.messages[0], { type: 'message', contentText: 'm2: control', contentHtml: '', code: 'WORKFLOW_TRANSITION', uri: '' });
	answer = await ask('GET', press('article', 'states/control'), { as: reader });
	assert.equal(answer.json.data.state.isCurrentState, true);
	answer = await ask('POST', press('article', 'states/published'), { as: editor });
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.data.state.id, 'published');
	assert.deepEqual(answer.json.data.state.transition, { uri: press('article', 'transitions/publish'), label: 'Publier' });
	answer = await ask('GET', '/api/v2/smart-elements/article/history/', { as: reader });
	assert.deepEqual(answer.json.data.history.map((line) => [line.revision, line.actor, line.transition?.id ?? null, line.fromState?.id ?? null, line.toState.id, line.comment, line.messages]), [
		[2, 'anna', 'publish', 'control', 'published', null, []],
		[1, 'anna', 'check', 'start', 'control', 'relu — «enfin»', ['m2: control', 'm3: anna']],
		[0, 'postgres', null, null, 'start', null, []]]);
});

test('asking m0 leaves nothing behind, even if it writes', async () => {
	sql('TRUNCATE app.asked');
	const answer = await ask('GET', press('untitled', 'states/'), { as: clerk });
	assert.equal(answer.json.data.states[0].transition.error, 'Un article a un "titre".');
	assert.equal(answer.json.data.states[0].transition.authorized, true);
	assert.equal(sql('SELECT count(*) FROM app.asked'), '0');
});

test('who may, who may not, who may not even see', async () => {
	let answer = await ask('GET', press('long', 'states/?allStates=1'), { as: reader });
	assert.deepEqual(answer.json.data.states.map((s) => s.transition && [s.transition.id, s.transition.authorized, s.transition.error]),
		[null, null, ['publish', false, 'trop long'], ['reject', false, null]]);
	answer = await ask('GET', press('long', 'states/'), { as: reader });
	assert.deepEqual(answer.json.data.states, []);
	answer = await ask('POST', press('long', 'transitions/publish'), { as: reader });
	assertFailure(answer, 403, 'WFL0300', 'Transition "publish" is refused for document "long": "rémi" does not hold the right');
	for (const as of [stranger, undefined])
		for (const rest of ['states/', 'states/nowhere', 'transitions/', 'transitions/none'])
			assertFailure(await ask('GET', press('long', rest), { as }), 403, 'CRUD0201', 'Access to document "long" is denied');
	assertFailure(await ask('POST', press('long', 'transitions/none'), { as: stranger, body: {} }), 403, 'CRUD0201', 'Access to document "long" is denied');
	// row-level security
	assertFailure(await ask('GET', press('secret', 'states/'), { as: editor }), 403, 'CRUD0201', 'Access to document "secret" is denied');
	// a right by a column that names a person: the author, whatever his role
	answer = await ask('GET', press('long', 'states/'), { as: ['clerk', 'anna'] });
	assert.deepEqual(answer.json.data.states.map((s) => s.id), ['rejected']);
	// an administrator sees all, and goes where he likes
	answer = await ask('GET', press('secret', 'states/'), { as: manager });
	assert.equal(answer.json.data.states.length, 4);
	answer = await ask('POST', press('secret', 'states/rejected'), { as: manager, body: { comment: 'so be it' } });
	assert.equal(answer.status, 200, answer.text);
	assert.equal(stateOf('secret'), 'rejected');
	assert.equal(answer.json.data.state.transition, null);
});

test('a token that is forged, expired, of no role, or of one that may not be taken', async () => {
	const expired = { exp: 1_600_000_000 };
	for (const [bad, status, code] of [[token('editor', 'anna', { secret: 'x'.repeat(40) }), 401, 'PGRST301'], [token('editor', 'anna', { claims: expired }), 401, 'PGRST301'],
		['rubbish', 401, 'PGRST301'], [token('postgres', 'root'), 403, '42501'], [token('nobody', 'x'), 400, '22023']]) {
		const headers = { Authorization: `Bearer ${bad}` };
		for (const method of ['GET', 'POST', 'HEAD']) {
			const answer = await ask(method, press('long', 'transitions/publish'), { headers });
			assert.equal(answer.status, status, answer.text);
			if (method === 'HEAD') continue;
			assert.deepEqual(answer.json, { success: false, exceptionMessage: 'PostgREST has refused the request', data: null, uri: '', userMessage: '', code,
				details: answer.json.details, hint: answer.json.hint, message: answer.json.message });
			assert.ok(answer.json.message.length > 5);
		}
	}
});

test('a refusal says why in the words meant for the user, and leaves nothing behind', async () => {
	const lines = ['long', 'untitled', 'unfit', 'a/b é"%'].map(linesOf);
	assertFailure(await ask('POST', press('long', 'transitions/publish'), { as: editor, body: {} }),
		403, 'WFL0300', 'Transition "publish" is refused for document "long": trop long', 'trop long');
	assertFailure(await ask('POST', press('untitled', 'transitions/check'), { as: editor, body: {} }),
		403, 'WFL0300', 'Transition "check" is refused for document "untitled": Un article a un "titre".', 'Un article a un "titre".');
	assertFailure(await ask('POST', press('a/b é"%', 'states/control'), { as: editor, body: { comment: 'refuse' } }),
		403, 'WFL0300', 'Transition "check" is refused for document "a/b é"%": Pas prêt.', 'Pas prêt.');
	assertFailure(await ask('POST', press('a/b é"%', 'states/control'), { as: editor, body: { comment: 'raise' } }), 403, 'WFL0300', 'Pas le dimanche.', 'Pas le dimanche.');
	assertFailure(await ask('POST', press('unfit', 'transitions/publish'), { as: editor, body: {} }),
		403, 'WFL0300', 'new row for relation "press" violates check constraint "press_check"');
	assert.deepEqual(['long', 'untitled', 'unfit', 'a/b é"%'].map(linesOf), lines);
	assert.equal(sql('SELECT count(*) FROM app.asked'), '0');
});

test('parameters of every type', async () => {
	const path = press('parameters', 'transitions/reject');
	const answer = await ask('GET', path, { as: editor, headers: { 'Accept-Language': 'en' } });
	assert.equal(answer.json.data.transition.askComment, false);
	assert.deepEqual(answer.json.data.transition.askAttributes[0],
		{ id: 'reason', visibility: 'write', label: 'Reason', type: 'enum', logicalOrder: 1, multiple: false, options: { values: { facts: 'Faits', style: 'Style' } }, needed: true });
	assert.deepEqual(answer.json.data.transition.askAttributes.map((a) => a.type), ['enum', 'int', 'double', 'money', 'date', 'time', 'timestamp', 'boolean', 'json', 'text', 'text']);
	const refused = (reason) => [403, 'WFL0300', `Transition "reject" is refused for document "parameters": ${reason}`];
	assertFailure(await ask('POST', path, { as: editor }), ...refused('parameter "reason" is missing'));
	assertFailure(await ask('POST', path, { as: editor, body: { comment: 'x', parameters: { reason: 'style' } } }), ...refused('it takes no comment'));
	for (const [name, value, type] of [['reason', 'taste', 'of type enum'], ['n', 1.5, 'of type int'], ['m', 'much', 'of type money'], ['d', '2026-02-30', 'of type date'],
		['t', '25:00', 'of type time'], ['ts', 'now', 'of type timestamp'], ['b', 'perhaps', 'of type boolean'], ['w', 5, 'of type text'], ['x', 1.5, 'a list of type double']])
		assertFailure(await ask('POST', path, { as: editor, body: { parameters: { reason: 'style', [name]: value } } }), ...refused(`parameter "${name}" must be ${type}, not "${value}"`));
	assertFailure(await ask('POST', path, { as: editor, body: { parameters: { reason: 'style', colour: 'red' } } }), ...refused('parameter "colour" is not asked for'));
	// what an application only shows cannot be given, nor what no transition asks for
	assertFailure(await ask('POST', path, { as: editor, body: { parameters: { reason: 'style', note: 'x' } } }), ...refused('parameter "note" cannot be given: its visibility is "read"'));
	assertFailure(await ask('POST', press('parameters', 'states/start'), { as: manager, body: { parameters: { reason: 'style' } } }),
		403, 'WFL0300', 'State "start" is refused for document "parameters": parameter "reason" is not asked for');
	const good = { reason: 'facts', n: 3, x: [1, 2.5], m: '12.50', d: '2026-11-21', t: '12:30', ts: '2026-11-21T12:30:00Z', b: true, j: { any: [null] }, w: 'é' };
	assert.equal((await ask('POST', path, { as: editor, body: { parameters: good } })).status, 200);
	const history = await ask('GET', '/api/v2/smart-elements/parameters/history/', { as: editor });
	assert.deepEqual(history.json.data.history[0].parameters, good);
});

test('elements that are unknown, deleted, without workflow, of another structure', async () => {
	const under = (structure, docid) => `/api/v2/smart-structures/${structure}/smart-elements/${docid}/workflows/states/`;
	assertFailure(await ask('GET', press('nobody', 'states/'), { as: editor }), 404, 'CRUD0200', 'Document "nobody" not found');
	// a policy hides rows of "press" from the editor, and which of those that are gone, nobody can tell
	assertFailure(await ask('GET', press('gone', 'states/'), { as: editor }), 403, 'CRUD0201', 'Access to document "gone" is denied');
	assertFailure(await ask('GET', under('DEVBILL', 'GONE'), { as: clerk }), 404, 'CRUD0219', 'Document "GONE" is deleted');
	assertFailure(await ask('GET', press('loose', 'states/'), { as: editor }), 403, 'CRUD0201', 'Access to document "loose" is denied');
	assertFailure(await ask('GET', press('loose', 'states/'), { as: manager }), 404, 'CRUD0227', 'No workflow detected for document "loose"');
	assertFailure(await ask('GET', under('press', 'DEVBILL'), { as: clerk }), 404, 'CRUD0220', 'Document "DEVBILL" is not a document of the family "press"');
	assert.equal((await ask('GET', under('press', 'long'), { as: clerk })).status, 200);
	assertFailure(await ask('GET', press('long', 'states/nowhere'), { as: clerk }), 404, 'CRUD0228', 'State "nowhere" is not available for workflow "PRESS"');
	assertFailure(await ask('GET', press('long', 'transitions/none'), { as: clerk }), 404, 'CRUD0229', 'Transition "none" is not available for workflow "PRESS"');
	assertFailure(await ask('POST', press('long', 'transitions/check'), { as: clerk, body: {} }), 404, 'CRUD0235', 'Destination state is not defined for workflow "PRESS"');
});

test('hostile document ids, each with its exact failure', async () => {
	const unknown = (text) => [404, 'CRUD0200', `Document "${text}" not found`];
	const invalid = (reason) => [400, 'WFL0400', `the address is not valid: ${reason}`];
	const notUtf8 = invalid("it is not UTF-8, or not in the database's encoding");
	for (const [raw, failure] of [
		['a%2Fb', unknown('a/b')], ['%2F', unknown('/')], ['..', unknown('..')], ['%2E%2E', unknown('..')], ['.', unknown('.')], ['%2F..%2F..%2Fetc', unknown('/../../etc')],
		['%22', unknown('"')], ["'", unknown("'")], ["';DROP--", unknown("';DROP--")], ['"x"', unknown('"x"')], ['\\', unknown('\\')], ['%5C', unknown('\\')], ['%0A', unknown('\n')], ['%25', unknown('%')],
		['$1', unknown('$1')], ['%F0%9F%98%80', unknown('😀')], ['x'.repeat(10240), unknown('x'.repeat(10240))],
		['%FF', notUtf8], ['%C3', notUtf8], ['%C0%AF', notUtf8], ['%ED%A0%80', notUtf8]]) {
		const answer = await ask('GET', `/api/v2/smart-elements/${raw}/workflows/states/`, { as: clerk });
		assert.ok(answer.json, `${raw.slice(0, 80)}: ${answer.text}`);
		assertFailure(answer, ...failure);
	}
	// nginx itself refuses these
	for (const raw of ['%00', 'a%00b', '%', '%zz'])
		assertFailure(await ask('GET', `/api/v2/smart-elements/${raw}/workflows/states/`, { as: clerk }), 400, 'WFL0400', 'the request is malformed, perhaps its percent-encoding');
	// and a document of such a name is there for all that
	const answer = await ask('GET', press('a/b é"%', 'states/'), { as: clerk });
	assert.equal(answer.json.data.uri, '/api/v2/smart-elements/a%2Fb%20%C3%A9%22%25/workflows/states/');
});

test('addresses, methods and bodies that are none', async () => {
	for (const nowhere of ['/api/v2/nowhere', '/api/v2', '/api/v2?x=1', '/api/v2/', '/api/v2/smart-elements', '/api/v2/smart-elements/long'])
		assertFailure(await ask('GET', nowhere, { as: clerk }), 404, 'WFL0404', `Address "${nowhere}" is not known`);
	assert.equal((await ask('GET', press('long', 'states/none'), { as: clerk })).headers['x-reason-phrase'], 'State not found');
	for (const method of ['PUT', 'DELETE', 'PATCH']) {
		const answer = await ask(method, press('long', 'states/control'), { as: clerk });
		assertFailure(answer, 405, 'WFL0405', `Method "${method}" is not allowed for this address; allowed: GET, HEAD, POST, OPTIONS`);
		assert.equal(answer.headers.allow, 'GET, HEAD, POST, OPTIONS');
	}
	const answer = await ask('POST', press('long', 'states/'), { as: clerk, body: {} });
	assert.equal(answer.status, 405);
	assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS');
	// too large, too long: for nginx, and for us
	assertFailure(await ask('POST', press('long', 'states/control'), { as: clerk, body: 'x'.repeat(2 ** 21) }), 413, 'WFL0413', 'the body of the request is too large');
	assertFailure(await ask('GET', press('x'.repeat(40000), 'states/'), { as: clerk }), 414, 'WFL0414', 'the address is too long');
	assertFailure(await ask('GET', press('long', 'states/'), { headers: { 'X-Long': 'x'.repeat(40000) } }), 431, 'WFL0431', 'the headers of the request are too large');
	const head = await ask('HEAD', press('long', 'states/'), { as: clerk });
	assert.equal(head.status, 200);
	assert.equal(head.text, '');
	for (const [body, message] of [['[]', 'the body must be a JSON object, not an array'], ['"x"', 'the body must be a JSON object, not a string'],
		['{"comment": 1}', 'member "comment" of the body must be a string, not a number'], ['{"parameters": []}', 'member "parameters" of the body must be an object, not an array'],
		['{', 'the body is not valid JSON: The input string ended unexpectedly.'], ['{"comment": "x"', /^the body is not valid JSON: /], ['x=1&y', /^the body is not valid JSON: /],
		[Buffer.from([0x7b, 0xff]), /^the body is not valid JSON: /], [Buffer.from([0]), /^the body is not valid JSON: /], ['['.repeat(50000), /^the body is not valid JSON: /]]) {
		const answer = await ask('POST', press('by state', 'states/control'), { as: clerk, body, headers: { 'Content-Type': 'text/plain' } });
		assert.equal(answer.status, 400, answer.text);
		assert.equal(answer.json.code, 'WFL0400');
		if (typeof message === 'string') assert.equal(answer.json.message, message);
		else assert.match(answer.json.message, message);
	}
	assertFailure(await ask('GET', press('long', 'states/?allStates=yes'), { as: clerk }), 400, 'WFL0400', 'allStates must be 1, true, 0 or false, not "yes"');
	// no body, an empty one, one that says null
	for (const body of ['', ' \r\n', 'null', '{}', '{"comment": null, "parameters": {}}']) {
		assert.equal((await ask('POST', press('by state', 'states/control'), { as: clerk, body })).status, 200, body);
		sql("UPDATE press SET state = 'start' WHERE id = 'by state'");
	}
});

test('every failure of a document, at every address', async () => {
	const all = [['GET', 'states/'], ['GET', 'states/x'], ['POST', 'states/x'], ['GET', 'transitions/'], ['GET', 'transitions/x'], ['POST', 'transitions/x']];
	const family = (structure, docid, rest) => `/api/v2/smart-structures/${structure}/smart-elements/${docid}/workflows/${rest}`;
	for (const [method, rest] of all) {
		const at = (path, as = clerk) => ask(method, path, { as, body: method === 'POST' ? {} : undefined });
		assertFailure(await at(press('nobody', rest)), 404, 'CRUD0200', 'Document "nobody" not found');
		assertFailure(await at(press('never', rest)), 404, 'CRUD0200', 'Document "never" not found');		// a row of a table that was never attached
		assertFailure(await at(press('long', rest), stranger), 403, 'CRUD0201', 'Access to document "long" is denied');
		assertFailure(await at(press('GONE', rest)), 404, 'CRUD0219', 'Document "GONE" is deleted');
		assertFailure(await at(family('press', 'DEVBILL', rest)), 404, 'CRUD0220', 'Document "DEVBILL" is not a document of the family "press"');
		assertFailure(await at(press('loose', rest), manager), 404, 'CRUD0227', 'No workflow detected for document "loose"');
		if (rest === 'states/x') assertFailure(await at(press('long', rest)), 404, 'CRUD0228', 'State "x" is not available for workflow "PRESS"');
		if (rest === 'transitions/x') assertFailure(await at(press('long', rest)), 404, 'CRUD0229', 'Transition "x" is not available for workflow "PRESS"');
		for (const other of rest.endsWith('/') ? ['POST', 'PUT', 'DELETE'] : ['PUT', 'DELETE'])
			assert.equal((await ask(other, press('long', rest), { as: clerk, body: {} })).status, 405);
	}
	// what is sent with a GET is not read
	for (const [method, rest] of all.filter(([name]) => name === 'GET').slice(0, 3))
		assert.equal((await ask(method, press('long', rest.replace('x', 'control')), { as: clerk, body: '[1', headers: { 'Content-Type': 'application/json' } })).status, 200);
});

test('a change at states/<state>, and under a structure: comment, parameters, labels', async () => {
	const en = { 'Accept-Language': 'en' };
	const family = (docid, rest) => `/api/v2/smart-structures/press/smart-elements/${docid}/workflows/${rest}`;
	let answer = await ask('POST', press('corners', 'states/control'), { as: editor, headers: en, body: { comment: 'by the state' } });
	assert.deepEqual(answer.json.data.state, { id: 'control', isCurrentState: true, label: 'Written', activity: 'Vérification', displayValue: 'Vérification', color: '',
		transition: { uri: press('corners', 'transitions/check'), label: 'Check' } });
	answer = await ask('POST', press('corners', 'states/rejected'), { as: editor, body: { parameters: { reason: 'style', n: 7 } } });
	assert.equal(answer.status, 200, answer.text);
	const { history } = (await ask('GET', '/api/v2/smart-elements/corners/history/', { as: editor })).json.data;
	assert.deepEqual(history.slice(0, 2).map((line) => [line.transition.id, line.comment, line.parameters]), [['reject', null, { n: 7, reason: 'style' }], ['check', 'by the state', {}]]);
	assert.deepEqual((await ask('GET', press('by state', 'states/start'), { as: clerk, headers: en })).json.data.state.activity, 'Writing');
	assert.deepEqual((await ask('GET', press('by state', 'states/'), { as: clerk, headers: en })).json.data.states.map((s) => [s.label, s.displayValue, s.transition.label]), [['Written', 'Vérification', 'Check']]);
	assert.deepEqual((await ask('GET', press('by state', 'transitions/'), { as: clerk, headers: en })).json.data.transitions[0].label, 'Check');
	// under the structure
	answer = await ask('GET', family('family', 'transitions/check'), { as: clerk, headers: en });
	assert.deepEqual([answer.json.data.transition.beginState.activity, answer.json.data.transition.endState.label], ['Writing', 'Written']);
	answer = await ask('GET', family('family', 'states/'), { as: clerk });
	assert.deepEqual(answer.json.data.states.map((s) => [s.id, s.uri]), [['control', press('family', 'states/control')]]);
	answer = await ask('POST', family('family', 'transitions/check'), { as: clerk, headers: en, body: {} });
	assert.deepEqual([answer.json.data.uri, answer.json.data.state.label], [press('family', 'transitions/check'), 'Written']);
	assertFailure(await ask('POST', family('family', 'transitions/check'), { as: clerk, body: {} }), 404, 'CRUD0235', 'Destination state is not defined for workflow "PRESS"');
	// refused at states/<state>, as at transitions/<transition>
	assertFailure(await ask('POST', press('untitled', 'states/control'), { as: clerk, body: {} }),
		403, 'WFL0300', 'Transition "check" is refused for document "untitled": Un article a un "titre".', 'Un article a un "titre".');
	assertFailure(await ask('POST', press('family', 'states/published'), { as: clerk, body: {} }),
		403, 'WFL0300', 'Transition "publish" is refused for document "family": "claire" does not hold the right');
	// from a state to itself
	answer = await ask('GET', '/api/v2/smart-elements/circle/workflows/transitions/again', { as: clerk });
	assert.deepEqual([answer.json.data.transition.beginState.isCurrentState, answer.json.data.transition.endState.isCurrentState], [true, true]);
});

test('headers meant for PostgREST change nothing', async () => {
	for (const headers of [{ Prefer: 'return=minimal, tx=rollback' }, { 'Content-Profile': 'smartwf' }, { 'Accept-Profile': 'smartwf' }, { Range: '5-10' }, { Accept: 'text/csv' }, { 'X-Original-URI': '/forged', 'X-Original-Method': 'PUT' }]) {
		const answer = await ask('GET', press('long', 'states/?select=x&allStates=1&limit=0'), { as: clerk, headers });
		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.json.data.states.length, 4);
	}
});

test('languages', async () => {
	const label = async (language) => {
		const headers = language === undefined ? {} : { 'Accept-Language': language };
		const answer = await ask('GET', press('by state', 'states/start'), { as: clerk, headers });
		const failure = await ask('GET', press('nobody', 'states/'), { as: clerk, headers });
		return [answer.json.data.state.label, failure.json.message];
	};
	const french = 'Le document "nobody" est introuvable';
	const english = 'Document "nobody" not found';
	assert.deepEqual(await label('en'), ['Draft', english]);
	assert.deepEqual(await label('en-GB,en;q=0.5'), ['Draft', english]);
	assert.deepEqual(await label('fr-CH, fr;q=0.9, en;q=0.8'), ['Début', french]);
	assert.deepEqual(await label('de, en;q=0.3, fr;q=0.4'), ['Début', french]);
	assert.deepEqual(await label('tlh'), ['Début', english]);
	assert.deepEqual(await label(undefined), ['Début', english]);
});

test("PostgREST's own addresses: views and functions, documented codes and status", async () => {
	const rest = (path, options = {}) => ask(options.body === undefined ? 'GET' : 'POST', `/rest/${path}`, { as: clerk, ...options });
	let answer = await rest('element_states?docid=eq.long');
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.length, 1);
	assert.deepEqual(answer.json[0].data, (await ask('GET', press('long', 'states/'), { as: clerk })).json);
	answer = await rest('element_state?docid=eq.long&state=eq.control&select=data');
	assert.equal(answer.json[0].data.data.state.isCurrentState, true);
	answer = await rest('element_transitions?structure=eq.press&select=docid&order=docid&limit=2');
	assert.deepEqual(answer.json, [{ docid: 'a/b é"%' }, { docid: 'article' }]);
	answer = await rest('element_transition?docid=eq.long&transition=eq.publish');
	assert.equal(answer.json[0].data.data.transition.id, 'publish');
	assert.equal((await rest('element_history?docid=eq.long')).json[0].data.data.history.length, 2);
	assert.deepEqual((await rest('element_states?docid=eq.secret')).json, []);
	assert.deepEqual((await rest('element_states', { as: undefined })).json, []);
	answer = await rest('rpc/get_states?docid=long&all_states=true');
	assert.equal(answer.json.data.states.length, 4);
	answer = await rest('rpc/blockers', { body: { docid: 'long', transition: 'publish' } });
	assert.deepEqual(answer.json.map((b) => b.message), ['"claire" does not hold the right', 'trop long']);
	answer = await rest('rpc/pass_transition', { body: { docid: 'by state', transition: 'check', comment: 'by rpc' } });
	assert.equal(answer.json.state.id, 'control');
	answer = await rest('rpc/set_state', { as: manager, body: { docid: 'by state', state: 'start' } });
	assert.equal(answer.json.state.id, 'start');
	for (const [call, body, status, code] of [
		['get_states', { docid: 'nobody' }, 404, 'CRUD0200'], ['get_states', { docid: 'secret' }, 403, 'CRUD0201'], ['get_states', { docid: 'GONE' }, 404, 'CRUD0219'],
		['get_states', { docid: 'long', structure: 'DEVBILL' }, 404, 'CRUD0220'], ['get_states', { docid: 'loose' }, 403, 'CRUD0201'], ['set_state', { docid: 'long', state: 'x' }, 404, 'CRUD0228'],
		['pass_transition', { docid: 'long', transition: 'x' }, 404, 'CRUD0229'], ['pass_transition', { docid: 'long', transition: 'check' }, 404, 'CRUD0235'],
		['pass_transition', { docid: 'long', transition: 'publish' }, 403, 'WFL0300'], ['pass_transition', { docid: null, transition: 'publish' }, 400, 'WFL0400']]) {
		const failed = await rest(`rpc/${call}`, { body });
		assert.deepEqual([failed.status, failed.json.code], [status, code], failed.text);
	}
	assert.equal(JSON.parse((await rest('rpc/pass_transition', { as: editor, body: { docid: 'long', transition: 'publish' } })).json.details).userMessage, 'trop long');
});

test('views with columns: filtered, sorted, paged, embedded in tables of one\'s own', async () => {
	const rest = async (path, as = clerk, headers = {}) => (await ask('GET', `/rest/${path}`, { as, headers })).json;
	assert.deepEqual(await rest('documents?docid=eq.o-7&select=docid,structure,workflow,version,state,label,color,actor,locked_by'),
		[{ docid: 'o-7', structure: 'orders', workflow: 'WDOC_BILL', version: 1, state: 'wfam_bill_e1', label: 'Initial', color: '#00CE01', actor: 'postgres', locked_by: null }]);
	assert.deepEqual(await rest('documents?structure=eq.orders&order=docid.desc&limit=3&offset=1&select=docid'), [{ docid: 'o-8' }, { docid: 'o-7' }, { docid: 'o-6' }]);
	assert.deepEqual(await rest('next_states?docid=eq.o-7&select=state,transition,error'), [{ state: 'wfam_bill_e2', transition: 't_wfam_bill_e1_e2', error: null }]);
	assert.deepEqual(await rest('transitions?docid=eq.o-7&select=transition,valid,to_state'), [{ transition: 't_wfam_bill_e1_e2', valid: true, to_state: 'wfam_bill_e2' }]);
	assert.equal((await ask('POST', '/rest/rpc/pass_transition', { as: clerk, body: { docid: 'o-7', transition: 't_wfam_bill_e1_e2', comment: 'gone' } })).status, 200);
	assert.deepEqual(await rest('documents?state=eq.wfam_bill_e2&structure=eq.orders&select=docid,actor'), [{ docid: 'o-7', actor: 'claire' }]);
	assert.deepEqual(await rest('history?docid=eq.o-7&order=revision.desc&select=revision,actor,to_state,comment'),
		[{ revision: 1, actor: 'claire', to_state: 'wfam_bill_e2', comment: 'gone' }, { revision: 0, actor: 'postgres', to_state: 'wfam_bill_e1', comment: null }]);
	// from one to the other
	assert.deepEqual(await rest('documents?docid=eq.o-7&select=docid,history(revision),next_states(state),transitions(transition)'),
		[{ docid: 'o-7', history: [{ revision: 1 }, { revision: 0 }], next_states: [], transitions: [{ transition: 't_wfam_bill_e1_e2' }] }]);
	const shop = { 'Accept-Profile': 'shop' };
	assert.deepEqual(await rest('orders?number=in.(6,7)&order=number&select=number,customer,documents(state,label),next_states(transition)', clerk, shop), [
		{ number: 6, customer: 'c6', documents: { state: 'wfam_bill_e1', label: 'Initial' }, next_states: [{ transition: 't_wfam_bill_e1_e2' }] },
		{ number: 7, customer: 'c7', documents: { state: 'wfam_bill_e2', label: 'Final' }, next_states: [] }]);
	assert.deepEqual(await rest('returns?order=code&select=code,documents(docid)', clerk, shop), [{ code: 'o-1', documents: { docid: 'r-o-1' } }, { code: 'x y', documents: { docid: 'r-x y' } }]);
	// and those who see none of the rows
	for (const as of [stranger, null])
		for (const path of ['documents', 'next_states', 'transitions', 'history', 'documents?docid=eq.o-7', 'history?docid=eq.o-7']) assert.deepEqual(await rest(path, as), [], path);
});

test('by postgrest-js, as the page for it says', async () => {
	const client = new PostgrestClient(`${process.env.GATEWAY}/rest`, { headers: { Authorization: `Bearer ${token(...clerk)}` } });
	const { data, error } = await client.from('documents').select('docid,state,next_states(transition,transition_label,error)').eq('structure', 'orders').order('docid').range(0, 1);
	assert.equal(error, null);
	assert.deepEqual(data, ['o-1', 'o-10'].map((docid) => ({ docid, state: 'wfam_bill_e1', next_states: [{ transition: 't_wfam_bill_e1_e2', transition_label: 'Transition initial final', error: null }] })));
	const call = { docid: 'o-10', transition: 't_wfam_bill_e1_e2', comment: 'by a client' };
	const passed = await client.rpc('pass_transition', call);
	assert.deepEqual([passed.error, passed.data.state.id], [null, 'wfam_bill_e2']);
	const again = await client.rpc('pass_transition', call);
	assert.equal(again.status, 404);
	assert.equal(again.error.code, 'CRUD0235');
	const orders = await client.schema('shop').from('orders').select('number,documents(state)').eq('number', 10).single();
	assert.deepEqual(orders.data, { number: 10, documents: { state: 'wfam_bill_e2' } });
});

test('what is not meant for the world is not there', async () => {
	for (const path of ['elements', 'workflows', 'states', 'press', 'rpc/route', 'rpc/define_workflow', 'rpc/attach', 'rpc/create_relationships'])
		assert.equal((await ask('GET', `/rest/${path}`, { as: manager })).status, 404, path);
	assert.equal((await ask('GET', '/rest/elements', { as: manager, headers: { 'Accept-Profile': 'smartwf' } })).status, 406);
});

test('a lifecycle changes under way, over HTTP: planned, moved, undone, each with its status', async () => {
	const rest = (path, as, body) => ask(body === undefined ? 'GET' : 'POST', `/rest/${path}`, { as, body });
	sql(`SELECT smartwf.define_workflow('{"name": "MOVING", "keepRefusals": true, "states": [{"name": "a", "initial": true}, {"name": "b"}],
		"transitions": [{"name": "go", "undo": true, "arcs": [{"from": "a", "to": "b"}], "grants": [{"role": "clerk"}]}]}');
		CREATE TABLE moving (id text PRIMARY KEY, state text); GRANT SELECT, INSERT ON moving TO clerk;
		SELECT smartwf.attach('moving', 'MOVING'); INSERT INTO moving VALUES ('m1'), ('m2');
		SELECT smartwf.define_workflow('{"name": "MOVING", "states": [{"name": "a", "initial": true}, {"name": "c"}], "transitions": []}')`);
	assert.equal((await rest('rpc/pass_transition', clerk, { docid: 'm1', transition: 'go' })).status, 200);
	assert.equal((await rest('rpc/migration_plan', clerk, { structure: 'moving' })).status, 403);
	const states = { b: 'c' };
	const plan = (await rest('rpc/migration_plan', manager, { structure: 'moving', states })).json;
	assert.deepEqual(plan.map((row) => [row.from_version, row.state, row.elements, row.to_state, row.verdict]), [[1, 'a', 1, 'a', 'follows'], [1, 'b', 1, 'c', 'changes']]);
	const homeless = await rest('rpc/start_migration', manager, { structure: 'moving' });
	assert.match(homeless.json.details, /CRUD0228 m1: state "b"/);
	assert.equal((await rest('rpc/start_migration', manager, { structure: 'moving', states, plan: 'another' })).status, 412);
	const migration = (await rest('rpc/start_migration', manager, { structure: 'moving', states, plan: plan[0].plan })).json;
	assert.equal(typeof migration, 'number');
	sql(`CALL smartwf.work_migration(${migration})`);
	assert.deepEqual((await rest(`migrations?migration=eq.${migration}&select=status,documents,done`, manager)).json, [{ status: 'finished', documents: 1, done: 1 }]);
	assert.deepEqual((await rest('migrations', clerk)).json, []);
	const why = (await rest('rpc/why', clerk, { docid: 'm1' })).json;
	assert.deepEqual(why.map((row) => [row.kind, row.object]), [['state', 'c'], ['transition', null]]);
	assert.equal((await rest('rpc/why', clerk, { docid: 'nobody' })).status, 404);
	assert.deepEqual((await rest('documents_by_state?structure=eq.moving&select=version,state,documents&order=state', manager)).json,
		[{ version: 2, state: 'a', documents: 1 }, { version: 2, state: 'c', documents: 1 }]);
	const undo = (await rest('rpc/undo_migration', manager, { migration })).json;
	sql(`CALL smartwf.work_migration(${undo})`);
	assert.equal((await rest('rpc/undo_transition', clerk, { docid: 'm1' })).json.code, 'CRUD0235');
	assert.deepEqual((await rest('rpc/compare_workflows', manager, { name: 'MOVING', from_version: 1, to_version: 2 })).status, 403);
	const [{ state, version }] = (await rest('documents?docid=eq.m1&select=state,version', clerk)).json;
	assert.deepEqual([state, version], ['b', 1]);
	sql('DROP TABLE moving');
});

test("PostgREST's description of the schema is readable", async () => {
	const { json } = await ask('GET', '/rest/', { as: clerk });
	assert.equal(json.info.title, 'Lifecycles of documents');
	assert.match(json.info.description, /check the privileges of the caller/);
	const operations = Object.entries(json.paths).filter(([path]) => path !== '/');
	assert.equal(operations.length, 117);
	for (const [path, methods] of operations)
		for (const [method, operation] of Object.entries(methods))
			assert.ok(operation.summary?.length > 30, `${method} ${path} has no summary`);
	for (const [name, definition] of Object.entries(json.definitions))
		for (const [column, property] of Object.entries(definition.properties))
			assert.ok(property.description?.length > 5, `${name}.${column} has no description`);
});

test('a flow, over HTTP: started, asked about, answered', async () => {
	sql(`SELECT smartwf.define_flow('{"name": "decision", "start": [{"role": "clerk"}], "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation",
		"settings": {"field": "answer", "options": ["yes", "no"], "users": ["anna"], "message": "Shall we {{what}}?"}}]}]}')`);
	const rest = (path, as, body) => ask(body === undefined ? 'GET' : 'POST', `/rest/${path}`, { as, body });
	const run = (await rest('rpc/start_flow', clerk, { flow: 'decision', model: { what: 'go' } })).json;
	assert.equal(typeof run, 'number');
	assert.deepEqual((await rest(`runs?run=eq.${run}&select=status,actor`, clerk)).json, [{ status: 'waiting', actor: 'claire' }]);
	// who is not asked sees nothing, and may not answer
	assert.deepEqual((await rest(`runs?run=eq.${run}`, reader)).json, []);
	assert.deepEqual((await rest('inbox', reader)).json, []);
	const [question] = (await rest('inbox?confirmation=not.is.null', editor)).json;
	assert.equal(question.body, 'Shall we go?');
	assert.deepEqual(question.options, ['yes', 'no']);
	const { confirmation } = question;
	assert.notEqual((await rest('rpc/answer_confirmation', reader, { confirmation, choice: 'yes' })).status, 200);
	assert.equal((await rest('rpc/answer_confirmation', editor, { confirmation, choice: 'perhaps' })).status, 400);
	assert.equal((await rest('rpc/answer_confirmation', editor, { confirmation, choice: 'yes' })).json, 'finished');
	const again = await rest('rpc/answer_confirmation', editor, { confirmation, choice: 'no' });
	assert.deepEqual([again.status, again.json.code], [409, 'WFL0410']);
	const document = (await rest(`rpc/run_document?run=${run}`, clerk)).json;
	assert.equal(document.stages[0].steps[0].status, 'done');
	assert.deepEqual((await rest(`confirmations?run=eq.${run}&select=status,choice`, editor)).json, [{ status: 'answered', choice: 'yes' }]);
});

test('a conflict with another transaction ends, with a status that says try again', async () => {
	sql(`CREATE FUNCTION app.conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$;
		CREATE TRIGGER conflict BEFORE UPDATE ON other EXECUTE FUNCTION app.conflict(); INSERT INTO other VALUES ('1');`);
	const answer = await ask('POST', '/api/v2/smart-elements/other1/workflows/states/wfam_bill_e2', { as: clerk });
	assert.equal(answer.status, 503, answer.text);
	assert.equal((await ask('POST', '/rest/rpc/set_state', { as: clerk, body: { docid: 'other1', state: 'wfam_bill_e2' } })).status, 503);
});

test('conditional requests: an answer that the client has, and a change of what has moved on', async () => {
	const path = press('conditional', 'states/');
	const first = await ask('GET', path, { as: clerk });
	assert.match(first.headers.etag, /^(W\/)?"0-[0-9a-f]{16}"$/);
	assert.equal(first.headers['cache-control'], 'private, no-cache');
	assert.ok(first.headers.vary.includes('Accept-Language'));
	for (const tags of [first.headers.etag, `"x", ${first.headers.etag}`, '*']) {
		const same = await ask('GET', path, { as: clerk, headers: { 'If-None-Match': tags } });
		assert.equal(same.status, 304);
		assert.equal(same.headers.etag, first.headers.etag);
	}
	// another reader, another language: another answer
	assert.equal((await ask('GET', path, { as: manager, headers: { 'If-None-Match': first.headers.etag } })).status, 200);
	assert.equal((await ask('GET', path, { as: clerk, headers: { 'If-None-Match': first.headers.etag, 'Accept-Language': 'en' } })).status, 200);
	// what was seen may be changed, once
	const passed = await ask('POST', press('conditional', 'transitions/check'), { as: clerk, headers: { 'If-Match': first.headers.etag } });
	assert.equal(passed.status, 200, passed.text);
	assert.match(passed.headers.etag, /"1-/);
	for (const [tags, rest] of [[first.headers.etag, 'transitions/publish'], [first.headers.etag, 'states/published'], ['"rubbish"', 'transitions/publish'], ['', 'transitions/publish'], ['"0-x", "7-y"', 'transitions/check']])
		assertFailure(await ask('POST', press('conditional', rest), { as: editor, headers: { 'If-Match': tags } }), 412, 'WFL0412', 'Document "conditional" has changed: it is at revision 1 now');
	assert.equal(linesOf('conditional'), 2);
	// whatever is in the way comes first only if the document is not there
	assertFailure(await ask('POST', press('nobody', 'transitions/check'), { as: editor, headers: { 'If-Match': '"0-x"' } }), 404, 'CRUD0200', 'Document "nobody" not found');
	assert.equal((await ask('POST', press('conditional', 'transitions/publish'), { as: editor, headers: { 'If-Match': '"0-x", W/"1-y"' } })).status, 200);
	assert.equal((await ask('POST', press('conditional', 'states/rejected'), { as: manager, headers: { 'If-Match': '*' }, body: { parameters: { reason: 'style' } } })).status, 200);
});

test('pages of other origins: those that are configured, and no others', async () => {
	const page = process.env.PAGES;
	const path = press('long', 'states/control');
	const preflight = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type,if-match' };
	let answer = await ask('OPTIONS', path, { headers: { ...preflight, Origin: page } });
	assert.equal(answer.status, 204);
	assert.equal(answer.headers['access-control-allow-origin'], page);
	assert.equal(answer.headers['access-control-allow-methods'], 'GET, HEAD, POST, OPTIONS');
	for (const header of ['Authorization', 'Content-Type', 'If-Match', 'If-None-Match', 'Accept-Language']) assert.ok(answer.headers['access-control-allow-headers'].includes(header), header);
	assert.equal((await ask('OPTIONS', press('long', 'states/'), { headers: { ...preflight, Origin: page } })).headers['access-control-allow-methods'], 'GET, HEAD, OPTIONS');
	assert.equal((await ask('OPTIONS', '/api/v2/nowhere', { headers: { ...preflight, Origin: page } })).status, 404);
	answer = await ask('OPTIONS', '/rest/rpc/pass_transition', { headers: { ...preflight, Origin: page } });
	assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [204, page]);
	assert.match(answer.headers['access-control-allow-methods'], /POST/);
	// answers, failures too, and nginx's own
	for (const [method, address] of [['GET', path], ['GET', press('nobody', 'states/')], ['POST', press('long', 'states/control')], ['GET', '/rest/element_states?docid=eq.long']]) {
		answer = await ask(method, address, { as: clerk, headers: { Origin: page }, body: method === 'POST' ? 'x'.repeat(2 ** 21) : undefined });
		assert.equal(answer.headers['access-control-allow-origin'], page, address);
		assert.ok(answer.headers['access-control-expose-headers'].includes('ETag'));
		assert.ok(answer.headers.vary.includes('Origin'));
	}
	for (const other of ['http://evil.example', 'null', `${page}.evil.example`, undefined]) {
		const headers = other === undefined ? {} : { Origin: other };
		for (const [method, address] of [['OPTIONS', path], ['GET', path], ['GET', '/rest/element_states?docid=eq.long'], ['OPTIONS', '/rest/element_states']]) {
			answer = await ask(method, address, { as: clerk, headers: { ...headers, ...(method === 'OPTIONS' ? preflight : {}) } });
			assert.deepEqual(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-allow-')), [], `${method} ${address} ${other}`);
		}
	}
});

test('compressed answers, and heads', async () => {
	const path = press('long', 'states/?allStates=1');
	const plain = await ask('GET', path, { as: clerk });
	const packed = await send({ path, headers: { Authorization: `Bearer ${token(...clerk)}`, 'Accept-Encoding': 'gzip' } });
	assert.equal(packed.headers['content-encoding'], 'gzip');
	assert.equal(gunzipSync(packed.bytes).toString(), plain.text);
	assert.ok(packed.bytes.length < plain.text.length / 2);
	const head = await ask('HEAD', path, { as: clerk });
	assert.deepEqual([head.status, head.text, head.headers.etag], [200, '', plain.headers.etag]);
	assert.equal((await ask('HEAD', press('nobody', 'states/'), { as: clerk })).status, 404);
	// one spelling more
	assert.deepEqual((await ask('GET', press('long', 'states/?allState=1'), { as: clerk })).json, plain.json);
});

test('a list of states tells of a lock', async () => {
	sql("SET smartwf.actor = 'anna'; SELECT smartwf.lock_element('locked');");
	const errorsFor = async (as) => (await ask('GET', press('locked', 'states/?allStates=1'), { as })).json.data.states.map((s) => s.transition && s.transition.error);
	const holder = sql("SELECT locked_by FROM smartwf.elements WHERE docid = 'locked'");
	assert.deepEqual(await errorsFor(clerk), [null, `it is locked by "${holder}"`, null, null]);
	assertFailure(await ask('POST', press('locked', 'transitions/check'), { as: clerk }), 403, 'WFL0300', `Transition "check" is refused for document "locked": it is locked by "${holder}"`);
	sql("SELECT smartwf.unlock_element('locked', force => true)");
	assert.deepEqual(await errorsFor(clerk), [null, null, null, null]);
});

test("what the hooks have said is in the answer of PostgREST's functions, too", async () => {
	const { json } = await ask('POST', '/rest/rpc/pass_transition', { as: clerk, body: { docid: 'locked', transition: 'check' } });
	assert.deepEqual(json.messages.map((m) => m.contentText), ['m2: control', 'm3: claire']);
	assert.equal(json.state.id, 'control');
	const back = await ask('POST', '/rest/rpc/set_state', { as: manager, body: { docid: 'locked', state: 'start' } });
	assert.deepEqual(back.json.messages, []);
});
