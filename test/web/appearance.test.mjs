// Every screen: without a barrier that axe finds, in both themes; from a phone's width; with hostile names;
// of a modest size; and as a picture, for docs/screens.md (PICTURES=docs/screens script/test web makes them anew).
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import { close, eventually, gateway, open, sql, wasQuiet } from './screens.mjs';

after(close);

const pictures = process.env.PICTURES || `${process.env.WEB}/pictures`;
mkdirSync(pictures, { recursive: true });

const failed = sql(`SELECT id FROM smartwf.runs WHERE flow = 'invoice_approval' AND status = 'failed' ORDER BY id LIMIT 1`);
const click = (role, name) => (page) => page.getByRole(role, { name }).first().click();

// name, who looks, where, what is seen when it is there, what is done then
const screens = [
	['sign-in', null, '', (page) => page.getByLabel('Token')],
	['inbox', 'boss', '#/inbox', (page) => page.getByRole('link', { name: /Approve Printing press/ }), async (page) => {
		await page.getByRole('link', { name: /Approve Printing press/ }).click();
		await page.getByRole('region', { name: 'History' }).getByText('created').waitFor();
	}],
	['inbox-done', 'boss', '#/inbox?tab=done', (page) => page.getByText('We have plenty.')],
	['inbox-empty', 'designer', '#/inbox', (page) => page.getByText('Nothing to do')],
	['documents', 'clerk', '#/documents?structure=article', (page) => page.getByRole('link', { name: 'A1', exact: true })],
	['documents-board', 'clerk', '#/documents?structure=article&view=board', (page) => page.getByRole('link', { name: /A3/ })],
	['documents-none', 'designer', '#/documents', (page) => page.getByText('No documents for you')],
	['document', 'boss', '#/documents/A4', (page) => page.locator('.svelte-flow__edge').first()],
	['document-transition', 'boss', '#/documents/A6', (page) => page.getByRole('button', { name: 'Return to author' }), async (page) => {
		await page.getByRole('button', { name: 'Return to author' }).click();
		await page.getByRole('dialog').getByRole('combobox').waitFor();
	}],
	['runs', 'chief', '#/runs', (page) => page.getByRole('table'), async (page) => page.getByLabel(`Select run ${failed}`).check()],
	['runs-restart', 'chief', '#/runs?status=failed', (page) => page.getByRole('table'), async (page) => {
		await page.getByLabel('Select all').check();
		await page.getByRole('button', { name: 'Restart' }).click();
	}],
	['run', 'chief', `#/runs/${failed}`, (page) => page.getByRole('region', { name: 'Error' })],
	['flows', 'chief', '#/flows', (page) => page.getByRole('link', { name: /Approval of invoices/ })],
	['flows-new', 'chief', '#/flows', (page) => page.getByRole('button', { name: 'New flow' }), click('button', 'New flow')],
	['builder', 'chief', '#/flows/invoice_approval', (page) => page.locator('[data-step="ask the boss"]'), async (page) => {
		await page.locator('[data-step="tell accounting"]').click();
		await page.locator('[data-panel]').waitFor();
	}],
	['builder-add', 'chief', '#/flows/invoice_approval', (page) => page.locator('[data-step="ask the boss"]'), click('button', /^Add step/)],
	['builder-menu', 'chief', '#/flows/invoice_approval', (page) => page.locator('[data-step="ask the boss"]'), click('button', 'Move ask the boss')],
	['flow-settings', 'chief', '#/flows/invoice_approval?tab=settings', (page) => page.getByText('May start the flow')],
	['flow-versions', 'chief', '#/flows/invoice_approval?tab=versions', (page) => page.getByRole('table')],
	['flow-runs', 'chief', '#/flows/invoice_approval?tab=runs', (page) => page.getByRole('table')],
	['flow-published', 'chief', '#/flows/long', (page) => page.getByText('step 30 of 10')],
	['lifecycles', 'keeper', '#/lifecycles', (page) => page.getByRole('link', { name: 'Building permit' })],
	['lifecycles-new', 'keeper', '#/lifecycles', (page) => page.getByRole('button', { name: 'New lifecycle' }), click('button', 'New lifecycle')],
	['lifecycle', 'keeper', '#/lifecycles/PERMIT', (page) => page.locator('.svelte-flow__edge').first(), async (page) => {
		await page.locator('.svelte-flow__edge-label').getByText('Grant').first().click();
		await page.locator('[data-panel]').waitFor();
		await page.waitForTimeout(300);		// the graph makes room
	}],
	['lifecycle-state', 'keeper', '#/lifecycles/PERMIT', (page) => page.locator('.svelte-flow__edge').first(), async (page) => {
		await page.locator('[data-part="state site"]').click();
		await page.locator('[data-panel]').getByText('In other languages').click();
		await page.waitForTimeout(300);
	}],
	['lifecycle-published', 'chief', '#/lifecycles/ARTICLE', (page) => page.locator('.svelte-flow__edge').first()],
	['lifecycle-settings', 'keeper', '#/lifecycles/PERMIT?tab=settings', (page) => page.getByLabel('State Asked for, French')],
	['lifecycle-changes', 'keeper', '#/lifecycles/PERMIT?tab=changes&from=1&to=2', (page) => page.locator('.svelte-flow__edge').first()],
	['lifecycle-simulation', 'keeper', '#/lifecycles/PERMIT?tab=simulation', (page) => page.getByRole('button', { name: 'Simulate' }), async (page) => {
		await page.getByLabel('Version').selectOption('2');
		await page.getByRole('button', { name: 'Simulate' }).click();
		await page.getByRole('link', { name: 'PB1', exact: true }).first().waitFor();
	}],
	['lifecycle-migration', 'keeper', '#/lifecycles/PERMIT?tab=migration', (page) => page.getByRole('button', { name: 'Plan' }), async (page) => {
		await page.getByRole('button', { name: 'Plan' }).click();
		await page.getByLabel('examined').waitFor();
	}],
	['lifecycle-versions', 'keeper', '#/lifecycles/PERMIT?tab=versions', (page) => page.getByRole('table')],
	['document-why', 'boss', '#/documents/A1', (page) => page.locator('.svelte-flow__edge').first(), async (page) => {
		await page.getByText('what could move it').click();
		await page.getByText('An article needs a hundred words.').nth(1).waitFor();
	}],
	['dialog-transition', 'keeper', '#/lifecycles/PERMIT', (page) => page.getByRole('button', { name: 'Add transition' }), click('button', 'Add transition')],
	['dialog-undo', 'clerk', '#/documents/A5', (page) => page.locator('.svelte-flow__edge').first(), async (page) => {
		await page.getByRole('button', { name: 'Actions' }).click();
		await page.getByRole('menuitem', { name: 'Undo the last transition' }).click();
		await page.getByRole('dialog').waitFor();
	}],
	['dialog-told', 'chief', '#/lifecycles/PERMIT?tab=migration', (page) => page.getByText('Planning and migrating is for administrators.')],
	['operations', 'chief', '#/operations', (page) => page.getByRole('region', { name: 'Workers' }).getByText('idle').first()],
	['operations-timers', 'chief', '#/operations?tab=timers', (page) => page.getByRole('link', { name: 'F1' })],
	['dialog-delegate', 'boss', '#/inbox', (page) => page.getByRole('link', { name: /Approve Printing press/ }), async (page) => {
		await page.getByRole('link', { name: /Approve Printing press/ }).click();
		await page.getByRole('button', { name: 'Delegate' }).click();
		await page.getByRole('dialog').waitFor();
	}],
	['dialog-move', 'chief', '#/flows/invoice_approval', (page) => page.locator('[data-step="ask the boss"]'), async (page) => {
		await page.getByRole('button', { name: 'Move ask the boss', exact: true }).click();
		await page.getByRole('menuitem', { name: 'Move to…' }).click();
		await page.getByRole('dialog').waitFor();
	}],
	['dialog-conflict', 'chief', '#/flows/invoice_approval', (page) => page.locator('[data-step="ask the boss"]'), async (page) => {
		sql(`SELECT smartwf.rename_stage('invoice_approval', 'Review', 'Review')`);
		await page.getByText('has changed this draft').first().waitFor();
	}],
	['dialog-model', 'chief', `#/runs/${failed}`, (page) => page.getByRole('region', { name: 'Error' }), async (page) => {
		await page.getByRole('button', { name: 'Actions' }).click();
		await page.getByRole('menuitem', { name: 'Edit the model' }).click();
		await page.getByRole('dialog').waitFor();
	}],
	['operations-deliveries', 'chief', '#/operations?tab=deliveries', (page) => page.getByText('could not connect')],
];

/** What axe objects to. */
async function barriers(page) {
	await page.evaluate(axe.source);
	const { violations } = await page.evaluate(() => globalThis.axe.run());
	return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.failureSummary + node.html.slice(0, 200))]);
}

for (const [name, role, place, there, act] of screens) {
	test(`${name}: no barrier in either theme nor on a phone, and nothing beside it`, async () => {
		for (const [form, options] of [['', {}], ['-dark', { colorScheme: 'dark' }], ['-phone', { width: 360, height: 740 }]]) {
			const page = await open(role, place, options);
			await there(page).first().waitFor();
			if (form === '-phone') assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), true);
			await act?.(page);
			assert.deepEqual(await barriers(page), [], form);
			await page.mouse.move(options.width ?? 640, 799);
			const isShown = !name.startsWith('dialog') && (form === '' || (form === '-dark' && ['builder', 'operations', 'lifecycle'].includes(name)));
			await page.screenshot({ path: `${isShown ? pictures : process.env.WEB}/${name}${form}.png` });
			await wasQuiet(page);
		}
	});
}

test('hostile names are shown as they are, everywhere', async () => {
	execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', 'test/web/hostile.sql']);
	const [evil, long] = JSON.parse(sql(`SELECT jsonb_build_array(label, (SELECT label FROM smartwf.states WHERE workflow_id = w.id AND name = 'two')) FROM smartwf.workflows w WHERE name = 'EVIL'`));
	const run = sql(`SELECT id FROM smartwf.runs WHERE flow = 'evil' AND docid = '${evil.replaceAll("'", "''")}'`);
	sql(`SELECT smartwf.draft_flow('evil')`);
	const places = [['boss', '#/inbox', evil], ['clerk', '#/documents?structure=evil', evil], ['clerk', '#/documents?structure=evil&view=board', evil], ['clerk', `#/documents/${encodeURIComponent(evil)}`, evil],
		['boss', `#/documents/${encodeURIComponent(evil)}`, evil], ['boss', `#/documents/${encodeURIComponent('a/b?c#d%20e')}`, evil], ['chief', `#/runs/${run}`, evil.slice(0, 90)], ['chief', '#/runs?flow=evil', evil],
		['chief', '#/flows', evil], ['chief', '#/flows/evil', evil.slice(0, 90)], ['chief', '#/flows/evil?tab=settings', evil], ['chief', '#/operations', evil],
		['chief', '#/lifecycles', evil], ['chief', '#/lifecycles/EVIL', long], ['clerk', `#/documents/${encodeURIComponent(long)}`, long]];
	for (const [role, place, text] of places)
		for (const width of [360, 1280]) {
			const page = await open(role, place, { width });
			await page.getByText(text).first().waitFor({ state: 'attached' });
			assert.equal(await page.locator('img').count(), 0, place);
			assert.notEqual(await page.title(), 'owned');
			assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), true, `${place} ${width}`);
			await wasQuiet(page);
		}
	// asked and answered, too
	const page = await open('boss');
	await page.getByRole('link', { name: /img/ }).first().click();
	await page.getByRole('button', { name: evil }).click();
	await page.getByText('Answered: ').waitFor();
	await page.getByRole('tab', { name: 'Done' }).click();
	await page.getByText(evil).first().waitFor();
	await wasQuiet(page);
	const draft = await open('chief', '#/flows/evil');
	await draft.locator('[data-step]').first().click();
	await draft.locator('[data-panel]').getByText('Get user confirmation').waitFor();
	await wasQuiet(draft);
	sql(`SELECT smartwf.draft_workflow('EVIL'); SELECT smartwf.update_workflow('EVIL', '{"translations": {"fr": {"states": {"one": "<img src=x>"}}}}')`);
	const lifecycle = await open('chief', '#/lifecycles/EVIL');
	for (const part of ['state one', 'state two', 'transition go']) {
		await lifecycle.locator(`[data-part="${part}"]`).click();
		await lifecycle.locator('[data-panel]').getByRole('heading', { name: part === 'state two' ? long : evil }).waitFor();
	}
	for (const tab of ['settings', 'changes', 'versions']) {
		await lifecycle.goto(lifecycle.url().replace(/#.*/, `#/lifecycles/EVIL?tab=${tab}`));
		await lifecycle.getByText(tab === 'versions' ? 'published' : tab === 'changes' ? '<img src=x>' : evil).first().waitFor();
	}
	assert.equal(await lifecycle.locator('img').count(), 0);
	await wasQuiet(lifecycle);
});

test('how large, and how fast', async (context) => {
	const noted = (text) => context.diagnostic(`noted: ${text}`);
	const page = await open('boss', '#/inbox');
	await page.getByRole('link', { name: /Approve Printing press/ }).waitFor();
	const loaded = await page.evaluate(() => performance.getEntriesByType('resource').filter((entry) => /\/app\/(assets|$)/.test(entry.name)).map((entry) => entry.name.replace(/.*\/app\//, '')));
	const built = 'web/dist';
	const size = [...new Set(['index.html', ...loaded])].reduce((all, name) => all + gzipSync(readFileSync(`${built}/${name}`), { level: 9 }).length, 0);
	noted(`first load: ${Math.round(size / 1000)} kB compressed, of ${loaded.length + 1} files`);
	assert.ok(size < 100000);
	const transferred = await page.evaluate(() => performance.getEntriesByType('resource').filter((entry) => /\/app\/assets/.test(entry.name)).reduce((all, entry) => all + entry.transferSize, 0));
	noted(`and ${Math.round(transferred / 1000)} kB as nginx sent it`);
	assert.ok(transferred < 130000);
	assert.ok(!loaded.some((name) => /Graph|Flows|Lifecycle|oidc/.test(name)), 'what is heavy comes later');
	await wasQuiet(page);

	// nothing from elsewhere, and nothing inline: the policy forbids it, and the page was quiet about it
	const answer = await fetch(`${gateway}/app/`);
	assert.match(answer.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self'; style-src 'self';/);
	assert.doesNotMatch(await answer.text(), /<script(?![^>]*src)|<style/);
	assert.equal(readdirSync(built).includes('index.html'), true);

	sql(`SELECT smartwf.draft_flow('long')`);
	const flow = await open('chief', '#/inbox');
	await flow.getByText('smartwf').first().waitFor();
	await flow.evaluate(() => { location.hash = '#/flows'; });
	await flow.getByRole('link', { name: /Three hundred steps/ }).waitFor();
	const times = [];
	for (let i = 0; i < 3; i++) {
		times.push(await flow.evaluate(() => new Promise((done) => {
			const begun = performance.now();
			const look = () => (document.querySelectorAll('[data-step]').length === 300 ? done(performance.now() - begun) : requestAnimationFrame(look));
			location.hash = '#/flows/long';
			requestAnimationFrame(look);
		})));
		await flow.evaluate(() => { location.hash = '#/flows'; });
		await flow.getByRole('link', { name: /Three hundred steps/ }).waitFor();
	}
	noted(`a flow of 300 steps opens in ${times.map(Math.round).join(', ')} ms (goal: 500)`);
	await flow.evaluate(() => { location.hash = '#/flows/long'; });
	const card = flow.locator('[data-step="step 1 of 1"]');
	await card.waitFor();
	const box = await card.boundingBox();
	await flow.mouse.move(box.x + 20, box.y + 15);
	await flow.mouse.down();
	const answered = flow.evaluate(() => new Promise((done) => {
		addEventListener('mousemove', () => {
			const begun = performance.now();
			const look = () => (document.querySelector('#dnd-action-dragged-el') ? done(performance.now() - begun) : requestAnimationFrame(look));
			look();
		}, { once: true, capture: true });
	}));
	await flow.mouse.move(box.x + 30, box.y + 25, { steps: 4 });
	noted(`and answers a drag in ${Math.round(await answered)} ms (goal: 100)`);
	await flow.mouse.up();
	await flow.evaluate(() => document.querySelector('[data-step="step 2 of 1"]').focus());
	const moved = await flow.evaluate(() => new Promise((done) => {
		const begun = performance.now();
		const first = () => document.querySelector('[data-step]').dataset.step;
		const look = () => (first() === 'step 2 of 1' ? done(performance.now() - begun) : requestAnimationFrame(look));
		document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', altKey: true, bubbles: true }));
		look();
	}));
	noted(`a step is moved and drawn, as the server answers, in ${Math.round(moved)} ms`);
	await wasQuiet(flow);

	const parcels = await open('clerk', '#/documents?structure=parcel');
	await parcels.getByRole('link', { name: 'P10001' }).waitFor();
	const begun = Date.now();
	const scroller = parcels.locator('.scroll');
	await eventually(async () => {
		await scroller.evaluate((element) => { element.scrollTop = element.scrollHeight; });
		return parcels.getByRole('link', { name: 'P20000' }).count();
	}, 1, 60);
	noted(`10,000 documents scrolled through in ${((Date.now() - begun) / 1000).toFixed(1)} s, ${await parcels.getByRole('row').count()} rows drawn`);
	assert.ok(await parcels.getByRole('row').count() < 150);
	await wasQuiet(parcels);
});
