// Lifecycles: built with the mouse, changed with the keyboard alone, compared, simulated, published, and the
// documents migrated; why a document stands where it does, and its last transition undone.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { close, eventually, field, open, sql, wasQuiet } from './screens.mjs';

after(close);

const panel = (page) => page.locator('[data-panel]');
const faults = (page) => page.getByRole('region', { name: 'Faults' });
const settled = (page) => eventually(() => page.getByRole('region', { name: 'Lifecycle', exact: true }).getAttribute('aria-busy'), 'false');
const draft = (workflow) => JSON.parse(sql(`SELECT definition FROM smartwf.workflow_drafts WHERE name = '${workflow}'`) || 'null');
const published = (workflow) => JSON.parse(sql(`SELECT smartwf.workflow_definition('${workflow}')`));
const arcs = (definition) => definition.transitions.flatMap((one) => one.arcs.map((arc) => `${one.name}: ${arc.from} ${arc.to}`));
const at = (page, place) => page.goto(page.url().replace(/#.*/, place));

async function enter(page, label, text) {
	await field(panel(page), label).fill(text);
	await field(panel(page), label).blur();
	await settled(page);
}

test('a lifecycle, built with the mouse: faults come and go, where they are', async () => {
	const page = await open('designer', '#/lifecycles');
	await page.getByRole('button', { name: 'New lifecycle' }).click();
	const dialog = page.getByRole('dialog');
	await field(dialog, 'Name').fill('TICKET');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await dialog.getByText('There is a lifecycle TICKET already.').waitFor();
	await field(dialog, 'Name').fill('BY_MOUSE');
	await field(dialog, 'Label').fill('By mouse');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { name: 'By mouse' }).waitFor();
	await page.getByText('No states yet').waitFor();
	await faults(page).getByText('there must be one initial state, not 0').waitFor();
	assert.equal(await page.getByRole('button', { name: 'Publish' }).isDisabled(), true);

	for (const [name, label] of [['written', 'Written'], ['sent', 'Sent'], ['paid', 'Paid']]) {
		await page.getByRole('button', { name: 'Add state' }).click();
		await field(dialog, 'Name').fill(name);
		await field(dialog, 'Label').fill(label);
		await dialog.getByRole('button', { name: 'Add', exact: true }).click();
		await dialog.waitFor({ state: 'hidden' });
		await panel(page).getByRole('heading', { name: label }).waitFor();
	}
	assert.deepEqual(draft('BY_MOUSE').states.map((one) => [one.name, one.initial]), [['written', true], ['sent', false], ['paid', false]]);
	assert.equal(await faults(page).getByText('there must be one initial state').count(), 0);

	// from one state to another in the graph
	await panel(page).getByRole('button', { name: 'Close' }).click();
	await page.waitForTimeout(300);
	const handle = (name, kind) => page.locator(`.svelte-flow__node[data-id="${name}"] .svelte-flow__handle.${kind}`);
	await handle('written', 'source').hover({ force: true });
	await page.mouse.down();
	const goal = await handle('sent', 'target').boundingBox();
	await page.mouse.move(goal.x + 10, goal.y + 10, { steps: 5 });
	await page.mouse.move(goal.x + 3, goal.y + 3, { steps: 5 });
	await page.mouse.up();
	await dialog.waitFor();
	assert.deepEqual(await Promise.all(['From', 'To'].map((label) => field(dialog, label).inputValue())), ['written', 'sent']);
	await field(dialog, 'Name').fill('send');
	await field(dialog, 'Label').fill('Send');
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	await panel(page).getByRole('heading', { name: 'Send' }).waitFor();
	await page.getByRole('button', { name: 'Add transition' }).click();
	await field(dialog, 'Name').fill('pay');
	await field(dialog, 'Label').fill('Pay');
	await field(dialog, 'From').selectOption('sent');
	await field(dialog, 'To').selectOption('paid');
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	await panel(page).getByRole('heading', { name: 'Pay' }).waitFor();
	assert.deepEqual(arcs(draft('BY_MOUSE')), ['send: written sent', 'pay: sent paid']);

	// one arc more
	await panel(page).getByLabel('From', { exact: true }).selectOption('written');
	await panel(page).getByLabel('To', { exact: true }).selectOption('paid');
	await panel(page).getByRole('button', { name: 'Add the arc' }).click();
	await eventually(() => arcs(draft('BY_MOUSE')), ['send: written sent', 'pay: sent paid', 'pay: written paid']);
	// a parameter that is not complete: said in the list, in the table, in the panel, and beside the parameter
	await panel(page).getByRole('button', { name: 'Add a parameter' }).click();
	await field(panel(page), 'Type').selectOption('enum');
	const fault = faults(page).getByRole('button', { name: /transition pay parameter parameter.*an enum needs/ });
	await fault.waitFor();
	await panel(page).getByText(/an enum needs/).waitFor();
	await page.locator('[data-part="transition pay"]').getByText('has a fault').waitFor({ state: 'attached' });
	await page.locator('.svelte-flow__node[data-id="sent"]').click();
	await panel(page).getByRole('heading', { name: 'Sent' }).waitFor();
	await enter(page, 'Color', 'blue');
	await panel(page).getByText('"blue" is no color').waitFor();
	await enter(page, 'Color', '#3b5bdb');
	await eventually(() => panel(page).getByText('"blue" is no color').count(), 0);
	await enter(page, 'Activity', 'waiting for the money');
	await enter(page, 'Stuck after', '30 days');
	// the list leads there
	await fault.click();
	await eventually(() => page.evaluate(() => document.activeElement.dataset.part), 'transition pay');
	await panel(page).locator('summary', { hasText: 'parameter' }).click();
	await enter(page, 'Values', 'cash\ncard = By card');
	await eventually(() => fault.count(), 0);
	await panel(page).getByText('Refused without it').click();
	await panel(page).getByLabel('Add a role: May pass it').selectOption('boss');
	await eventually(() => draft('BY_MOUSE').transitions[1].grants, [{ role: 'boss' }]);
	await field(panel(page), 'Comment').selectOption('is asked for');
	await eventually(() => draft('BY_MOUSE').transitions[1].askComment, true);
	await panel(page).getByText('More settings').click();
	await panel(page).getByText('Those who may pass it may undo it').click();
	await eventually(() => draft('BY_MOUSE').transitions[1].undo, true);

	await page.getByRole('button', { name: 'Publish' }).click();
	await dialog.getByRole('button', { name: 'Publish' }).click();
	await page.getByText('Version 1 is published').waitFor();
	const built = published('BY_MOUSE');
	assert.deepEqual(arcs(built).sort(), ['pay: sent paid', 'pay: written paid', 'send: written sent']);
	assert.deepEqual(built.states[1], { name: 'sent', label: 'Sent', activity: 'waiting for the money', color: '#3b5bdb', initial: false, staleAfter: '30 days' });
	assert.deepEqual(built.transitions[1].parameters.map(({ name, type, needed, options }) => [name, type, needed, options]), [['parameter', 'enum', true, { values: { card: 'By card', cash: 'cash' } }]]);
	await wasQuiet(page);
});

// The keyboard alone

const focused = (page) => page.evaluate(() => {
	const element = document.activeElement;
	const label = element.labels?.[0]?.querySelector('.label')?.textContent ?? element.labels?.[0]?.textContent;
	return (element.dataset.part ?? element.getAttribute('aria-label') ?? label ?? element.textContent ?? '').trim();
});

/** Tab until what has the focus is called so. */
async function tabTo(page, name, key = 'Tab') {
	const seen = [];
	for (let i = 0; i < 150; i++) {
		await page.keyboard.press(key);
		const now = await focused(page);
		seen.push(now.slice(0, 40));
		if (name instanceof RegExp ? name.test(now) : now === name) return;
	}
	assert.fail(`no way by ${key} to ${name}: ${[...new Set(seen)].join(' | ')}`);
}

test('a lifecycle, changed with the keyboard alone', async () => {
	sql(`SELECT smartwf.define_workflow('{"name": "BY_KEYS", "states": [{"name": "a", "initial": true}, {"name": "b"}, {"name": "c"}],
		"transitions": [{"name": "go", "arcs": [{"from": "a", "to": "b"}]}, {"name": "end", "arcs": [{"from": "b", "to": "c"}]}]}')`);
	const page = await open('keeper', '#/lifecycles/BY_KEYS');
	page.mouse.click = page.mouse.move = page.mouse.down = () => assert.fail('there is no mouse');
	const press = (key) => page.keyboard.press(key);
	const isGone = () => page.getByRole('dialog').waitFor({ state: 'hidden' });
	const names = (list) => draft('BY_KEYS')[list].map((one) => one.name).join(' ');
	await tabTo(page, 'Edit');
	await press('Enter');
	await tabTo(page, 'Add state');
	await press('Enter');
	await page.getByRole('dialog').waitFor();
	await tabTo(page, 'Name');
	await press('Control+a');
	await page.keyboard.type('d');
	await press('Enter');
	await isGone();
	// it is described where the focus is now
	await eventually(() => focused(page), 'Name');
	await tabTo(page, 'Label');
	await press('Control+a');
	await page.keyboard.type('The fourth');
	await press('Tab');
	await eventually(() => draft('BY_KEYS').states[3].label, 'The fourth');

	// up, and the way back; what a screen reader is told
	await tabTo(page, 'state d', 'Shift+Tab');
	await press('Alt+ArrowUp');
	await eventually(() => page.getByRole('status').innerText().then((text) => text.split('.')[0]), 'd: Move up');
	await eventually(() => focused(page), 'state d');
	await eventually(() => names('states'), 'a b d c');
	await press('Control+z');
	await eventually(() => names('states'), 'a b c d');
	await press('Control+y');
	await eventually(() => names('states'), 'a b d c');
	// a new name: what leads there follows
	await tabTo(page, 'state b', 'Shift+Tab');
	await press('Enter');
	await panel(page).getByRole('heading', { name: 'b', exact: true }).waitFor();
	assert.equal(await focused(page), 'state b');
	await tabTo(page, 'Name');
	await press('Control+a');
	await page.keyboard.type('beta');
	await press('Tab');
	await eventually(() => arcs(draft('BY_KEYS')), ['go: a beta', 'end: beta c']);
	await panel(page).getByRole('heading', { name: 'beta' }).waitFor();
	// a transition of its own
	await tabTo(page, 'Add transition', 'Shift+Tab');
	await press('Enter');
	await page.getByRole('dialog').waitFor();
	await tabTo(page, 'Name');
	await press('Control+a');
	await page.keyboard.type('back');
	await tabTo(page, 'From');
	await page.keyboard.type('The fourth');
	await tabTo(page, 'To');
	await page.keyboard.type('a');
	await tabTo(page, 'Add');
	await press('Enter');
	await isGone();
	await eventually(() => arcs(draft('BY_KEYS')), ['go: a beta', 'end: beta c', 'back: d a']);
	// away with the state and what leads there, after a question, and back
	await tabTo(page, 'state d', 'Shift+Tab');
	await press('Delete');
	await page.getByRole('dialog').getByText('Arcs from and to it go as well, of: back').waitFor();
	await tabTo(page, 'Remove');
	await press('Enter');
	await isGone();
	await eventually(() => names('states'), 'a beta c');
	await eventually(() => focused(page), 'state c');
	await tabTo(page, 'transition back');
	await press('Delete');
	await eventually(() => names('transitions'), 'go end');
	// the first one changes
	await tabTo(page, 'state beta', 'Shift+Tab');
	await press('Enter');
	await tabTo(page, 'Initial state');
	await press('Space');
	await eventually(() => draft('BY_KEYS').states.map((one) => one.initial), [false, true, false]);
	await press('Control+z');		// not from a field
	await tabTo(page, 'state beta', 'Shift+Tab');
	await press('Control+z');
	await eventually(() => draft('BY_KEYS').states.map((one) => one.initial), [true, false, false]);

	// labels in another language
	await tabTo(page, /^Lifecycle$/, 'Shift+Tab');
	await press('ArrowRight');
	await tabTo(page, 'Language of the labels');
	await tabTo(page, 'Language');
	await page.keyboard.type('fr');
	await press('Enter');
	await page.getByRole('columnheader', { name: 'French' }).waitFor();
	await tabTo(page, 'Transition go, French');
	await page.keyboard.type('Aller');
	await press('Tab');
	await eventually(() => draft('BY_KEYS').translations.fr.transitions, { go: 'Aller' });
	await tabTo(page, 'Keep attempts that were refused', 'Shift+Tab');
	await press('Space');
	await eventually(() => draft('BY_KEYS').keepRefusals, true);
	await tabTo(page, 'Publish', 'Shift+Tab');
	await press('Enter');
	await page.getByRole('dialog').waitFor();
	await tabTo(page, 'Publish');
	await press('Enter');
	await page.getByText('Version 2 is published').waitFor();
	const built = published('BY_KEYS');
	assert.deepEqual([built.states.map((one) => one.name), arcs(built), built.keepRefusals, built.translations.fr.transitions],
		[['a', 'beta', 'c'], ['go: a beta', 'end: beta c'], true, { go: 'Aller' }]);
	await wasQuiet(page);
});

test('two people on one draft of a lifecycle', async () => {
	sql(`SELECT smartwf.draft_workflow('SHARED'); SELECT smartwf.add_state('SHARED', '{"name": "one", "initial": true}')`);
	const page = await open('designer', '#/lifecycles/SHARED');
	await page.locator('[data-part="state one"]').click();
	await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true, configurable: true }));	// he does not look in between
	sql(`SELECT smartwf.add_state('SHARED', '{"name": "theirs"}')`);
	await field(panel(page), 'Label').fill('First');
	await field(panel(page), 'Label').blur();
	await page.getByText('has changed this draft; you see it as it is now.').first().waitFor();
	await page.getByText('Your change was not applied: Label of one is changed').waitFor();
	await page.locator('[data-part="state theirs"]').waitFor();
	assert.equal(draft('SHARED').states[0].label, undefined);
	await page.getByRole('button', { name: 'Apply again' }).click();
	await eventually(() => draft('SHARED').states.map((one) => one.label ?? null), ['First', null]);
	// renamed by somebody else, it stays selected; discarded, it is gone
	await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => false, configurable: true }));
	sql(`SELECT smartwf.update_state('SHARED', 'one', '{"name": "uno"}')`);
	await page.locator('[data-part="state uno"][aria-pressed="true"]').waitFor();
	await eventually(() => field(panel(page), 'Name').inputValue(), 'uno');
	sql(`SELECT smartwf.discard_workflow('SHARED')`);
	await page.getByText('The draft was published or discarded by somebody else').first().waitFor();
	await page.getByText('There is no lifecycle SHARED.').waitFor();
	await wasQuiet(page);
});

test('why a document does not get on; its last transition is undone, or not', async () => {
	const page = await open('clerk', '#/documents/T1');
	const why = page.locator('details', { hasText: 'what could move it' });
	await page.getByText('what could move it').click();
	await why.getByText('nothing is in the way').first().waitFor();
	assert.deepEqual(await why.locator('.kind').allInnerTexts(), ['state', 'transition', 'transition']);
	await page.getByRole('button', { name: 'Solve', exact: true }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Solve' }).click();
	await page.getByText('Now: Solved').waitFor();
	await why.getByText('none leads out of the state').waitFor();
	await page.getByRole('button', { name: 'Actions' }).click();
	await page.getByRole('menuitem', { name: 'Undo the last transition' }).click();
	await page.getByRole('dialog').getByLabel('Comment').fill('It was not solved.');
	await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
	await page.getByRole('region', { name: 'History' }).getByText('It was not solved.').waitFor();
	assert.equal(sql('SELECT state FROM ticket WHERE id = 1'), 'open');
	// the last change is no transition now, so that there is nothing to undo
	await page.getByRole('button', { name: 'Actions' }).click();
	await page.getByRole('menuitem').first().waitFor();
	assert.equal(await page.getByRole('menuitem', { name: 'Undo the last transition' }).count(), 0);
	await page.keyboard.press('Escape');
	// one that does not say so
	await page.getByRole('button', { name: 'Park', exact: true }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Park' }).click();
	await page.getByText('Now: Parked').waitFor();
	await page.getByRole('button', { name: 'Actions' }).click();
	await page.getByRole('menuitem', { name: 'Undo the last transition' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
	await page.getByRole('dialog').getByText(/may not undo it/).waitFor();
	assert.equal(sql('SELECT state FROM ticket WHERE id = 1'), 'parked');
	sql('UPDATE ticket SET state = \'open\' WHERE id = 1');
	await wasQuiet(page);
});

test('compared, simulated, published; documents are planned, moved, and moved back', async () => {
	const page = await open('keeper', '#/lifecycles/TICKET');
	const dialog = page.getByRole('dialog');
	await page.getByRole('button', { name: 'Edit' }).click();
	await page.getByRole('button', { name: 'Move parked', exact: true }).click();
	await page.getByRole('menuitem', { name: 'Remove' }).click();
	await dialog.getByRole('button', { name: 'Remove' }).click();
	await faults(page).getByText('transition park').waitFor();
	for (const name of ['park', 'resume']) {
		await page.getByRole('button', { name: `Move ${name}`, exact: true }).click();
		await page.getByRole('menuitem', { name: 'Remove' }).click();
		await page.locator(`[data-part="transition ${name}"]`).waitFor({ state: 'detached' });
	}
	await page.getByRole('button', { name: 'Add state' }).click();
	await field(dialog, 'Name').fill('waiting');
	await field(dialog, 'Label').fill('Waiting');
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	await dialog.waitFor({ state: 'hidden' });
	await page.getByRole('button', { name: 'Add transition' }).click();
	await field(dialog, 'Name').fill('wait');
	await field(dialog, 'Label').fill('Wait');
	await field(dialog, 'From').selectOption('open');
	await field(dialog, 'To').selectOption('waiting');
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	await dialog.waitFor({ state: 'hidden' });
	// an arc more for one that is there
	await page.getByRole('button', { name: 'Add transition' }).click();
	await field(dialog, 'From').selectOption('waiting');
	await field(dialog, 'Transition').selectOption('solve');
	await field(dialog, 'To').selectOption('solved');
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	await dialog.waitFor({ state: 'hidden' });
	assert.deepEqual(arcs(draft('TICKET')), ['solve: open solved', 'solve: waiting solved', 'wait: open waiting']);

	// what has changed, in the graph and in words
	await page.getByRole('tab', { name: 'Changes' }).click();
	for (const text of ['+ Waiting', '− Parked', '+ Wait', '− Park', '+ Solve']) await page.locator('.svelte-flow').getByText(text, { exact: true }).first().waitFor();
	const changes = page.getByRole('list', { name: 'Changes' });
	await changes.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'state parked' }) }).getByText('removed', { exact: true }).first().waitFor();
	await changes.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'transition solve' }) }).getByText('from waiting').waitFor();

	// what the past would have been
	await page.getByRole('tab', { name: 'Simulation' }).click();
	await page.getByRole('button', { name: 'Simulate' }).click();
	const findings = page.getByRole('group', { name: 'Simulation' });
	await findings.getByRole('row').filter({ hasText: 'T45' }).filter({ hasText: 'refused' }).getByText(/there is no (state "parked"|transition "park")/).waitFor();
	await findings.getByRole('row').filter({ hasText: 'T45' }).filter({ hasText: 'stuck' }).waitFor();

	await page.getByRole('button', { name: 'Publish' }).click();
	await dialog.getByRole('button', { name: 'Publish' }).click();
	await page.getByText('Version 2 is published').waitFor();

	// a plan, with a state for those whose own is not there any more
	await page.getByRole('tab', { name: 'Migration' }).click();
	await page.getByText('No structure of this lifecycle has been migrated.').waitFor();
	sql(`SELECT smartwf.lock_element('T41')`);
	await page.getByRole('button', { name: 'Plan' }).click();
	const plan = page.getByRole('group', { name: 'Plan' });
	await plan.getByRole('row').filter({ hasText: '40' }).getByText('follow, in their state').waitFor();
	await plan.getByRole('row').filter({ hasText: 'parked' }).getByText('cannot').first().waitFor();
	const migrate = page.getByRole('button', { name: 'Migrate', exact: true });
	assert.equal(await migrate.isDisabled(), true);
	await page.getByLabel('parked').selectOption('waiting');
	await plan.getByRole('row').filter({ hasText: '19' }).getByText('change their state').waitFor();
	await plan.getByText('somebody has locked the document').waitFor();
	// meanwhile the table has changed
	sql('ALTER TABLE ticket ADD CONSTRAINT sane CHECK (priority > -1)');
	await migrate.click();
	await dialog.getByText('1 documents cannot be moved as things are.').waitFor();
	await dialog.getByRole('button', { name: 'Migrate' }).click();
	await page.getByText('The plan was out of date.').first().waitFor();
	assert.equal(sql('SELECT count(*) FROM smartwf.migrations'), '0');
	await plan.getByRole('row').filter({ hasText: '19' }).getByText('change their state').waitFor();
	await page.waitForTimeout(300);
	await migrate.click();
	await dialog.getByRole('button', { name: 'Migrate' }).click();
	const first = page.getByRole('listitem', { name: 'Migration 1' });
	await first.getByText('failed', { exact: true }).waitFor();
	await first.getByText('19 of 20 documents').waitFor();
	await first.getByText('Documents that could not be moved').click();
	await first.getByRole('link', { name: 'T41' }).waitFor();
	sql(`SELECT smartwf.unlock_element('T41', true)`);
	await first.getByRole('button', { name: 'Try again' }).click();
	await first.getByText('finished').waitFor();
	await first.getByText('20 of 20 documents').waitFor();
	assert.equal(sql(`SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM (SELECT state, count(*) n FROM ticket GROUP BY state) s`), 'open 40, waiting 20');
	const document = await open('keeper', '#/documents/T45');
	await document.getByRole('region', { name: 'History' }).getByText('→ Waiting').waitFor();
	await wasQuiet(document);

	// back again
	await first.getByRole('button', { name: /^Undo/ }).click();
	await dialog.getByText('20 documents: waiting (2) → parked (1)').waitFor();
	await dialog.getByRole('button', { name: 'Undo' }).click();
	await first.getByText('undone').waitFor();
	await page.getByRole('listitem', { name: 'Migration 2' }).getByText('undoes migration 1').waitFor();
	assert.equal(sql(`SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM (SELECT state, count(*) n FROM ticket GROUP BY state) s`), 'open 40, parked 20');
	await wasQuiet(page);
});

test('a migration that runs is paused, goes on, and is cancelled', async () => {
	sql(`CREATE TABLE slow (id int PRIMARY KEY, state text);
		SELECT smartwf.define_workflow('{"name": "SLOW", "states": [{"name": "a", "initial": true}]}');
		SELECT smartwf.attach('slow', 'SLOW', docid_prefix => 'S'); INSERT INTO slow VALUES (1);
		SELECT smartwf.define_workflow('{"name": "SLOW", "states": [{"name": "b", "initial": true}]}')`);
	// there is a migration that has no worker: it is paused at once
	sql(`BEGIN; SELECT smartwf.start_migration('slow', NULL, '{"a": "b"}'); SELECT smartwf.pause_migration(max(id)) FROM smartwf.migrations; COMMIT`);
	const page = await open('keeper', '#/lifecycles/SLOW?tab=migration');
	const line = page.getByRole('region', { name: 'Migrations' }).getByRole('listitem').first();
	await line.getByText('paused').waitFor();
	// the other one may see, but not steer; who may only design is told so
	const chief = await open('chief', '#/lifecycles/SLOW?tab=migration');
	await chief.getByText('Planning and migrating is for administrators.').waitFor();
	await chief.getByRole('region', { name: 'Migrations' }).getByText('paused').waitFor();
	assert.equal(await chief.getByRole('button', { name: /^(Resume|Plan|Cancel it)/ }).count(), 0);
	await at(chief, '#/lifecycles/SLOW?tab=simulation');
	await chief.getByText('For administrators').waitFor();
	await wasQuiet(chief);
	const designer = await open('designer', '#/lifecycles/SLOW?tab=migration');
	await designer.getByText('Those who operate see them here.').waitFor();
	await wasQuiet(designer);

	await line.getByRole('button', { name: /^Cancel it/ }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel it' }).click();
	await line.getByText('cancelled').waitFor();
	assert.equal(sql('SELECT state FROM slow'), 'a');
	await page.getByRole('button', { name: 'Plan' }).click();
	await page.getByLabel('a', { exact: true }).selectOption('b');
	await page.getByRole('button', { name: 'Migrate', exact: true }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Migrate' }).click();
	await line.getByText('finished').waitFor();
	assert.equal(sql('SELECT state FROM slow'), 'b');
	// what is not there is said
	await at(page, '#/lifecycles/NOTHING');
	await page.getByText('There is no lifecycle NOTHING.').waitFor();
	await wasQuiet(page);
});

test('an earlier version becomes the draft; in French', async () => {
	const page = await open('keeper', '#/lifecycles/BY_KEYS?tab=versions', { locale: 'fr-FR' });
	await page.getByRole('button', { name: /^Reprendre en brouillon.*Version 1$/ }).click();
	await page.locator('[data-part="state b"]').waitFor();
	assert.deepEqual(arcs(draft('BY_KEYS')), ['go: a b', 'end: b c']);
	await page.getByRole('tab', { name: 'Changements' }).click();
	await page.getByRole('list', { name: 'Changements' }).getByText('état beta').waitFor();
	await page.getByRole('button', { name: 'Abandonner' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Abandonner' }).click();
	await page.getByText('Version 2').first().waitFor();
	assert.equal(draft('BY_KEYS'), null);
	await wasQuiet(page);
});
