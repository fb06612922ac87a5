// Pages in a real browser: of an origin whose pages may read answers, and of one whose may not.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { parse } from 'yaml';
import { ask, description, send, sql, token } from './client.mjs';

const { GATEWAY: gateway, PAGES: configured, WEB: web } = process.env;
const element = (docid, rest) => `${gateway}/api/v2/smart-elements/${docid}/workflows/${rest}`;
const bearer = (role, sub) => ({ Authorization: `Bearer ${token(role, sub)}` });
const json = { 'Content-Type': 'application/json' };

const stateOf = (docid) => sql("SELECT state FROM press WHERE id = :'docid'", { docid });
const linesOf = (docid) => sql("SELECT concat_ws(' ', actor, transition) FROM smartwf.history WHERE docid = :'docid' ORDER BY revision", { docid }).split('\n');

// both origins serve an empty page, Swagger UI for the description that is named behind the question mark, and ours
const dist = (name) => readFileSync(new URL(`node_modules/swagger-ui-dist/${name}`, import.meta.url));
const served = {
	'/': ['text/html', '<!doctype html><title>a page</title>'],
	'/ui': ['text/html', `<!doctype html><link rel="stylesheet" href="swagger-ui.css"><div id="ui"></div><script src="swagger-ui-bundle.js"></script>
		<script>SwaggerUIBundle({ url: location.search.slice(1), dom_id: '#ui', docExpansion: 'list' });</script>`],
	'/swagger-ui.css': ['text/css', dist('swagger-ui.css')],
	'/swagger-ui-bundle.js': ['text/javascript', dist('swagger-ui-bundle.js')],
	'/openapi.yaml': ['application/yaml', readFileSync(description)],
};
function serve(port) {
	const server = http.createServer((request, response) => {
		const [type, content] = served[request.url.replace(/\?.*/, '')] ?? ['text/plain', ''];
		response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(content);
	});
	return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

let servers, other, browser;
before(async () => {
	servers = [await serve(new URL(configured).port), await serve(0)];
	other = `http://localhost:${servers[1].address().port}`;
	browser = await chromium.launch({ executablePath: '/usr/bin/chromium' });
});
after(async () => {
	await browser?.close();
	servers?.forEach((server) => server.close());
});

// a page that shares nothing with those before, of which nginx has seen nothing
async function open(address) {
	const context = await browser.newContext();
	context.setDefaultTimeout(60000);
	const page = await context.newPage();
	await page.goto(address);
	await seen();
	return page;
}

// a request by the page itself: what it can read of the answer
function fetchIn(page, address, options = {}) {
	return page.evaluate(async ([address, options]) => {
		try {
			const answer = await fetch(address, options);
			const text = await answer.text();
			return { status: answer.status, etag: answer.headers.get('ETag'), json: text && JSON.parse(text) };
		} catch (error) {
			return { rejected: error.name };
		}
	}, [address, options]);
}

// What nginx has seen of pages since it was last asked: method and status. It writes
// the line of a request before it takes the next one.
let known = 0;
async function seen() {
	await send({ path: '/' });
	const lines = readFileSync(`${web}/access.log`, 'utf8').split('\n').filter((line) => line.includes('http://localhost:'));
	return lines.slice(known, (known = lines.length)).map((line) => line.replace(/ http.*/, ''));
}

test('a page of a configured origin reads, changes, and reads why not', async () => {
	const page = await open(configured);
	const editor = bearer('editor', 'anna');
	const read = () => fetchIn(page, element('page', 'states/?allStates=1'), { headers: editor });
	const first = await read();
	assert.deepEqual([first.status, first.json?.data.states[0].id], [200, 'start'], JSON.stringify(first));
	assert.match(first.etag, /"0-[0-9a-f]{16}"$/);
	assert.deepEqual(await seen(), ['OPTIONS 204', 'GET 200']);
	// the browser has kept the answer, and asks whether it is still right
	assert.deepEqual(await read(), first);
	assert.deepEqual(await seen(), ['GET 304']);

	const pass = () => fetchIn(page, element('page', 'transitions/check'),
		{ method: 'POST', headers: { ...editor, ...json, 'If-Match': first.etag }, body: JSON.stringify({ comment: 'seen — by a page' }) });
	const passed = await pass();
	assert.deepEqual([passed.status, passed.json?.data?.state.id], [200, 'control'], JSON.stringify(passed));
	assert.match(passed.etag, /"1-/);
	assert.deepEqual(await seen(), ['OPTIONS 204', 'POST 200']);
	const refused = await pass();
	assert.deepEqual([refused.status, refused.json?.code, refused.json?.message], [412, 'WFL0412', 'Document "page" has changed: it is at revision 1 now']);
	const second = await read();
	assert.notEqual(second.etag, first.etag);
	assert.equal(second.json.data.states.find((state) => state.transition?.id === 'publish').id, 'published');
	assert.equal((await seen()).at(-1), 'GET 200');
	assert.deepEqual(linesOf('page'), ['postgres', 'anna check']);

	for (const [address, headers, status, code] of [
		[element('nobody', 'states/'), editor, 404, 'CRUD0200'], [element('page', 'states/'), bearer('stranger', 'zoe'), 403, 'CRUD0201'],
		[element('page', 'states/'), {}, 403, 'CRUD0201'], [element('page', 'states/'), { Authorization: 'Bearer rubbish' }, 401, 'PGRST301']]) {
		const failure = await fetchIn(page, address, { headers });
		assert.deepEqual([failure.status, failure.json?.success, failure.json?.code], [status, false, code], JSON.stringify(failure));
	}
});

test('a page of any other origin reads nothing, and changes nothing', async () => {
	const page = await open(other);
	const editor = bearer('editor', 'anna');
	for (const options of [{}, { headers: editor }, { method: 'POST', headers: { ...editor, ...json }, body: '{}' }, { method: 'POST', headers: json, body: '{}' }])
		assert.deepEqual(await fetchIn(page, element('foreign', 'states/control'), options), { rejected: 'TypeError' });
	// what must be asked for was not sent
	assert.deepEqual(await seen(), ['GET 403', 'OPTIONS 204', 'OPTIONS 204', 'OPTIONS 204']);
	assert.deepEqual([stateOf('foreign'), linesOf('foreign')], ['start', ['postgres']]);
});

test('what a page sends without asking first, it sends as nobody', async () => {
	const page = await open(other);
	const plain = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{}' };
	const form = { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'docid=foreign&transition=check' };
	for (const mode of ['cors', 'no-cors']) {
		const unread = mode === 'cors' ? { rejected: 'TypeError' } : { status: 0, etag: null, json: '' };
		assert.deepEqual(await fetchIn(page, element('foreign', 'transitions/check'), { ...plain, mode, credentials: 'include' }), unread);
		assert.deepEqual(await fetchIn(page, `${gateway}/rest/rpc/pass_transition`, { ...form, mode, credentials: 'include' }), unread);
	}
	assert.deepEqual(await seen(), ['POST 403', 'POST 403', 'POST 403', 'POST 403']);
	assert.deepEqual([stateOf('foreign'), linesOf('foreign')], ['start', ['postgres']]);
	// it would be web_anonymous, if that role might
	sql("INSERT INTO devbill VALUES ('OPEN'); GRANT SELECT, UPDATE ON devbill TO web_anonymous");
	await fetchIn(page, element('OPEN', 'states/wfam_bill_e2'), plain);
	sql('REVOKE ALL ON devbill FROM web_anonymous');
	assert.deepEqual(linesOf('OPEN'), ['postgres', 'web_anonymous t_wfam_bill_e1_e2']);
});

// Swagger UI lists every operation, and shows those that the selector names, with all that they refer to
// Of a hundred operations and more, only those in sight are drawn: the names of those that were, until one is called so.
async function scrollThrough(page, name) {
	const seen = new Set();
	for (let isAtEnd = false, y = 0; !isAtEnd && !seen.has(name); y += 400) {
		isAtEnd = await page.evaluate((y) => { scrollTo(0, y); return y > document.body.scrollHeight; }, y);
		await page.waitForTimeout(30);
		for (const id of await page.locator('.opblock').evaluateAll((blocks) => blocks.map((block) => block.id))) seen.add(id);
	}
	return seen;
}

async function openDescription(address, { paths }, opened) {
	const page = await open('about:blank');
	const errors = [];
	page.on('pageerror', (error) => errors.push(error.message));
	page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
	await page.goto(`${configured}/ui?${address}`);
	const operations = Object.values(paths).flatMap((path) => Object.keys(path).filter((key) => key !== 'parameters'));
	await page.locator('.opblock').first().waitFor();
	assert.equal((await scrollThrough(page)).size, operations.length);
	await scrollThrough(page, /id=([\w-]+)\]/.exec(opened)?.[1]);
	const count = await page.locator(opened).evaluateAll((blocks) => blocks.map((block) => block.querySelector('.opblock-summary-control').click()).length);
	await page.locator(`${opened} .responses-table`).nth(count - 1).waitFor();
	assert.deepEqual([await page.locator('.errors-wrapper').allInnerTexts(), errors], [[], []]);
	return page;
}

test('Swagger UI shows the description of the service', async () => {
	// those below smart-structures are the same, and each takes almost a second
	const page = await openDescription('openapi.yaml', parse(readFileSync(description, 'utf8')), '.opblock[id*=v2_smart_elements]');
	assert.equal(await page.locator('.version-stamp').innerText(), 'OAS 3.1');
});

test("Swagger UI shows PostgREST's description, and asks by it", async () => {
	const { json: described } = await ask('GET', '/rest/');
	const page = await openDescription(`${gateway}/rest/`, described, '.opblock[id=operations-element_states-get_element_states]');
	assert.equal(await page.locator('.base-url').innerText(), `[ Base URL: ${new URL(gateway).host}/rest ]`);
	assert.deepEqual(await page.locator('.schemes option').allInnerTexts(), ['http']);

	const states = page.locator('#operations-element_states-get_element_states');
	async function execute(answer) {
		await scrollThrough(page, 'operations-element_states-get_element_states');
		if (!(await states.locator('.responses-table').count())) await states.locator('.opblock-summary-control').click();
		const tryOut = states.getByRole('button', { name: 'Try it out' });
		if (await tryOut.count()) await tryOut.click();
		await states.locator('[data-param-name=docid] input').fill('eq.article');
		await states.getByRole('button', { name: 'Execute' }).click();
		await states.locator('.live-responses-table tr.response', { hasText: answer }).waitFor();
	}
	await execute(/^200.*Download\[\]Response headers/);
	await page.evaluate(() => scrollTo(0, 0));
	await page.getByRole('button', { name: 'Authorize', exact: true }).click();
	const dialog = page.locator('.auth-container');
	await dialog.locator('input').fill(bearer('clerk', 'claire').Authorization);
	await dialog.getByRole('button', { name: 'Apply' }).click();
	await dialog.getByRole('button', { name: 'Close' }).click();
	await execute(/^200.*Download\[\s*\{\s*"docid": "article",\s*"structure": "press",\s*"data": \{\s*"success": true,/);
});
