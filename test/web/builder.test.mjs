// The visual builder: the invoice flow of docs/flows.md with the mouse, then with the keyboard alone.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { close, eventually, field, open, sql, wasQuiet } from './screens.mjs';

after(close);

const board = (page) => page.getByRole('region', { name: 'Board' });
const definition = (flow) => JSON.parse(sql(`SELECT smartwf.flow_definition('${flow}')`));

/** Names and kinds of a definition, and what their branches have. */
const shape = (steps) => steps.map((step) => [step.name, step.kind, ...(step.else ? [{ else: shape(step.else) }] : []),
	...(step.cases ? [Object.fromEntries(Object.entries(step.cases).map(([value, list]) => [value, shape(list)]))] : [])]);

const wanted = [
	['Review', [['big?', 'if_condition', { else: [['approve at once', 'pass_transition'], ['end', 'finish']] }], ['ask', 'get_user_confirmation']]],
	['Book', [['into the ledger', 'execute_data_flow'], ['save', 'update_model'],
		['by answer', 'switch_case', { no: [['refuse', 'pass_transition']], yes: [['approve', 'pass_transition']] }]]],
];

/** It was published as it was meant, and it works: a clerk starts it, a boss answers, the invoice is approved. */
async function works(flow, docid) {
	const built = definition(flow);
	assert.deepEqual(built.stages.map((stage) => [stage.name, shape(stage.steps)]), wanted);
	assert.deepEqual(built.stages[0].steps[0].settings, { field: 'amount', value: 1000, operator: 'greater' });
	assert.equal(built.restrictAccess, true);
	sql(`INSERT INTO invoice (id, title, amount) VALUES (${docid.slice(1)}, 'Built by hand', 7000)`);

	const clerk = await open('clerk', `#/documents/${docid}`);
	await clerk.getByRole('button', { name: 'Actions' }).click();
	await clerk.getByRole('menuitem', { name: 'Start a flow' }).click();
	await field(clerk.getByRole('dialog'), 'Flow').selectOption(flow);
	await clerk.getByRole('button', { name: 'Start', exact: true }).click();
	await clerk.getByText('waiting').first().waitFor();

	const boss = await open('boss');
	await boss.getByRole('link', { name: new RegExp(`Approve Built by hand.*${docid}`) }).click();
	await boss.getByLabel('Comment').fill('fine');
	await boss.getByRole('button', { name: 'yes', exact: true }).click();
	await boss.getByText('Answered: yes').waitFor();
	await clerk.getByRole('button', { name: 'Refresh' }).click();
	await clerk.getByText('finished').first().waitFor();
	assert.equal(sql(`SELECT state || ' ' || booked FROM invoice WHERE id = ${docid.slice(1)}`), 'approved 7000');
	await wasQuiet(clerk);
	await wasQuiet(boss);
}

test('the invoice flow, built with the mouse', async () => {
	const page = await open('chief', '#/flows');
	await page.getByRole('button', { name: 'Flow', exact: true }).dragTo(page.getByRole('region', { name: 'Workspace' }));
	const dialog = page.getByRole('dialog');
	await field(dialog, 'Name').fill('by_mouse');
	await field(dialog, 'Structure').selectOption('invoice');
	assert.equal(await dialog.getByLabel('Restrict access').isChecked(), true);
	await dialog.getByRole('button', { name: 'Create' }).click();

	const name = async (text) => {
		await field(dialog, 'Name').fill(text);
		await dialog.getByRole('button', { name: 'Save' }).click();
		await dialog.waitFor({ state: 'hidden' });
	};
	const panel = page.locator('[data-panel]');
	async function add(list, kind, called, settings) {
		await list.getByRole('button', { name: /^Add step/ }).last().click();
		await dialog.getByText(kind, { exact: true }).click();
		await dialog.getByRole('button', { name: 'Add', exact: true }).click();
		await dialog.waitFor({ state: 'hidden' });
		await field(panel, 'Name').fill(called);
		await field(panel, 'Name').blur();
		await page.locator(`[data-step="${called}"]`).waitFor();
		for (const [label, value] of Object.entries(settings ?? {})) {
			const input = label === 'Add a role' ? panel.getByLabel(label) : field(panel, label);
			if (await input.evaluate((element) => element.tagName === 'SELECT')) await input.selectOption(value);
			else {
				await input.fill(value);
				await input.blur();
			}
			await eventually(() => board(page).getAttribute('aria-busy'), 'false');
		}
	}
	const stage = (called) => page.getByRole('region', { name: `Stage ${called}`, exact: true });
	const branch = (step, called) => page.getByRole('region', { name: `${step}, branch ${called}` });

	await page.getByRole('button', { name: 'Add stage' }).click();
	await name('Review');
	await page.getByRole('button', { name: 'Add a stage after Review' }).click();
	await name('Bokk');
	await page.getByRole('button', { name: 'Rename stage Bokk' }).click();
	await name('Book');

	await add(stage('Review'), 'Get user confirmation', 'ask', { Field: 'decision', Message: 'Approve {{title}} for {{amount}}?', 'Add a role': 'boss' });
	// the list of faults leads to the fault
	await add(stage('Book'), 'If condition', 'big?');
	await page.getByRole('region', { name: 'Faults' }).getByRole('button', { name: /step big\?.*no finish/ }).click();
	await eventually(() => page.evaluate(() => document.activeElement.dataset.step), 'big?');
	await field(panel, 'Field').selectOption('amount');
	await field(panel, 'Operator').selectOption('greater');
	await eventually(() => field(panel, 'Value').getAttribute('type'), 'number');
	await field(panel, 'Value').fill('1000');
	await field(panel, 'Value').blur();
	await add(branch('big?', 'else'), 'Pass transition', 'approve at once', { Transition: 'approve_small' });
	await add(branch('big?', 'else'), 'Finish', 'end');

	// it was put into the wrong stage: dragged before the question
	await drag(page, 'big?', page.locator('[data-step="ask"]'));
	await eventually(() => definition('by_mouse').stages.map((one) => one.steps.map((step) => step.name)), [['big?', 'ask'], []]);

	await add(stage('Book'), 'Update model', 'save');
	await add(stage('Book'), 'Execute data flow', 'into the ledger', { 'Data flow': 'book' });
	await drag(page, 'into the ledger', page.locator('[data-step="save"]'));
	await eventually(() => definition('by_mouse').stages[1].steps.map((step) => step.name), ['into the ledger', 'save']);
	await add(stage('Book'), 'Switch case', 'by answer', { Field: 'decision' });
	await panel.getByLabel('yes').check();
	await branch('by answer', 'yes').waitFor();
	await panel.getByLabel('no', { exact: true }).check();
	await branch('by answer', 'no').waitFor();
	await add(branch('by answer', 'no'), 'Pass transition', 'refuse', { Transition: 'refuse' });
	// into the branch where it does not belong, and by mouse to the one where it does
	await panel.getByText('More settings').click();
	await field(panel, 'With the rights of').selectOption('answerer');
	await add(branch('by answer', 'no'), 'Pass transition', 'approve', { Transition: 'approve' });
	await panel.getByText('More settings').click();
	await field(panel, 'With the rights of').selectOption('answerer');
	await eventually(() => definition('by_mouse').stages[1].steps[2].cases.no.map((step) => step.settings.as), ['answerer', 'answerer']);
	await drag(page, 'approve', branch('by answer', 'yes').getByRole('list'));
	await eventually(() => definition('by_mouse').stages.map((one) => [one.name, shape(one.steps)]), wanted);

	// undo and redo
	await page.getByRole('button', { name: 'Undo' }).click();
	await eventually(() => definition('by_mouse').stages[1].steps[2].cases.yes, []);
	await page.getByRole('button', { name: 'Redo' }).click();
	await eventually(() => definition('by_mouse').stages[1].steps[2].cases.yes.length, 1);

	await page.getByRole('button', { name: 'Publish' }).click();
	await dialog.getByRole('button', { name: 'Publish' }).click();
	await page.getByText('Version 1 is published').waitFor();
	await wasQuiet(page);
	await works('by_mouse', 'I101');
});

/** With the mouse, as a hand does it: down, a little, then there. */
async function drag(page, step, target) {
	const card = page.locator(`[data-step="${step}"]`);
	await card.scrollIntoViewIfNeeded();
	const from = await card.boundingBox();
	await page.mouse.move(from.x + 20, from.y + 15);
	await page.mouse.down();
	await page.mouse.move(from.x + 26, from.y + 18, { steps: 3 });
	// lists make room, and the target moves
	for (let i = 0; i < 3; i++) {
		const to = await target.boundingBox();
		await page.mouse.move(to.x + 20, to.y + 8, { steps: 8 });
		await page.waitForTimeout(250);
	}
	await page.mouse.up();
}

// The keyboard alone

const focused = (page) => page.evaluate(() => {
	const element = document.activeElement;
	const label = element.labels?.[0]?.querySelector('.label')?.textContent ?? element.labels?.[0]?.textContent;
	return (element.getAttribute('aria-label') ?? label ?? element.dataset.step ?? element.textContent ?? '').trim();
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

test('the invoice flow, built with the keyboard alone', async () => {
	const page = await open('chief', '#/flows');
	page.mouse.click = page.mouse.move = page.mouse.down = () => assert.fail('there is no mouse');
	const press = (key) => page.keyboard.press(key);
	const type = (text) => page.keyboard.type(text);
	const settled = () => eventually(() => board(page).getAttribute('aria-busy'), 'false');
	const isGone = () => page.getByRole('dialog').waitFor({ state: 'hidden' });

	async function rename(text) {
		await page.getByRole('dialog').waitFor();
		await tabTo(page, 'Name');
		await press('Control+a');
		await type(text);
		await press('Enter');
		await isGone();
	}

	/** Choose of a list by what its line begins with. */
	async function choose(label, text) {
		await tabTo(page, label);
		await type(text);
		await page.keyboard.press('Tab');
		await settled();
	}

	async function enter(label, text) {
		await tabTo(page, label);
		await press('Control+a');
		await type(text);
		await press('Tab');
		await settled();
	}

	/** Add a step to the list whose button is called so; the focus is then in its settings. */
	async function add(list, kind, called) {
		await tabTo(page, `Add step${list}`);
		await press('Enter');
		await page.getByRole('dialog').waitFor();
		await tabTo(page, /^Send notification/);
		for (let i = 0; i < 12 && !(await focused(page)).startsWith(kind); i++) await press('ArrowDown');
		await press('Enter');
		await isGone();
		await page.locator('[data-panel]').waitFor();
		await eventually(() => focused(page), 'Name');
		await press('Control+a');
		await type(called);
		await press('Tab');
		await page.locator(`[data-step="${called}"]`).waitFor();
		await settled();
	}

	await tabTo(page, 'Flow');
	await press('Enter');
	await page.getByRole('dialog').waitFor();
	await tabTo(page, 'Name');
	await type('by_keys');
	await tabTo(page, 'Structure');
	await type('invoice');
	await tabTo(page, 'Create');
	await press('Enter');
	await page.getByText('An empty flow').waitFor();

	await tabTo(page, 'Add stage');
	await press('Enter');
	await rename('Review');
	await tabTo(page, 'Add a stage after Review');
	await press('Enter');
	await rename('Book');

	await add('Stage Review', 'Get user confirmation', 'ask');
	await choose('Field', 'decision');
	await enter('Message', 'Approve {{title}} for {{amount}}?');
	await choose('Add a role', 'boss');
	await add('Stage Book', 'If condition', 'big?');
	await choose('Field', 'amount');
	await choose('Operator', 'is greater');
	await enter('Value', '1000');
	await add('big?, branch else', 'Pass transition', 'approve at once');
	await choose('Transition', 'Approve a small');
	await add('big?, branch else', 'Finish', 'end');

	// to the stage before, and up; what a screen reader is told
	await tabTo(page, 'big?');
	await press('Alt+ArrowLeft');
	await eventually(() => page.getByRole('status').innerText(), 'big? is at position 1 of Stage Review. Faults: 1');
	await eventually(() => focused(page), 'big?');
	assert.deepEqual(definition('by_keys').stages.map((one) => one.steps.map((step) => step.name)), [['big?', 'ask'], []]);
	await press('Alt+ArrowDown');
	await eventually(() => page.getByRole('status').innerText(), 'big? is at position 2 of Stage Review. Faults: 1');
	await eventually(() => focused(page), 'big?');
	await press('Alt+ArrowUp');
	await eventually(() => definition('by_keys').stages[0].steps.map((step) => step.name), ['big?', 'ask']);

	await add('Stage Book', 'Execute data flow', 'into the ledger');
	await choose('Data flow', 'book');
	await add('Stage Book', 'Update model', 'save');
	await add('Stage Book', 'Switch case', 'by answer');
	await choose('Field', 'decision');
	for (const value of ['yes', 'no']) {
		await tabTo(page, value);
		await press('Space');
		await page.getByRole('region', { name: `by answer, branch ${value}` }).waitFor();
		await settled();
	}
	for (const [value, called, words] of [['no', 'refuse', 'Refuse'], ['no', 'approve', 'Approve (a']]) {
		await add(`by answer, branch ${value}`, 'Pass transition', called);
		await choose('Transition', words);
		await tabTo(page, 'More settings');
		await press('Enter');
		await choose('With the rights of', 'whoever');
	}
	// by the menu of the step, to any place there is
	await tabTo(page, 'Move approve');
	await press('Enter');
	await page.getByRole('menu').waitFor();
	for (let i = 0; i < 4 && (await focused(page)) !== 'Move to…'; i++) await press('ArrowDown');
	await press('Enter');
	await page.getByRole('dialog').waitFor();
	await tabTo(page, 'List');
	for (let i = 0; i < 9 && (await page.evaluate(() => document.activeElement.selectedOptions[0].text)) !== 'Book › by answer › yes'; i++) await press('ArrowDown');
	await tabTo(page, 'Move');
	await press('Enter');
	await isGone();
	await eventually(() => definition('by_keys').stages.map((one) => [one.name, shape(one.steps)]), wanted);

	// its settings, by Enter, and away again; a step stays where it is
	await tabTo(page, 'ask');
	for (const key of ['Enter', 'Space']) {
		await press(key);
		await page.locator('[data-panel]').getByText('Get user confirmation').waitFor();
		assert.equal(await focused(page), 'ask');
		await press(key);
		await eventually(() => page.locator('[data-panel]').count(), 0);
	}
	// undone and done again
	await tabTo(page, 'big?');
	await press('Delete');
	await page.getByRole('dialog').waitFor();
	await tabTo(page, 'Remove');
	await press('Enter');
	await isGone();
	await eventually(() => definition('by_keys').stages[0].steps.map((step) => step.name), ['ask']);
	await press('Control+z');
	await eventually(() => definition('by_keys').stages[0].steps.map((step) => step.name), ['big?', 'ask']);
	// stages, too
	await tabTo(page, 'Review');
	await press('Alt+ArrowRight');
	await eventually(() => definition('by_keys').stages.map((one) => one.name), ['Book', 'Review']);
	await press('Control+z');
	await eventually(() => definition('by_keys').stages.map((one) => one.name), ['Review', 'Book']);

	await tabTo(page, 'Publish');
	await press('Enter');
	await page.getByRole('dialog').waitFor();
	await tabTo(page, 'Publish');
	await press('Enter');
	await page.getByText('Version 1 is published').waitFor();
	await wasQuiet(page);
	await works('by_keys', 'I102');
});

test('two people on one draft: the second is told, and nothing is lost', async () => {
	sql(`SELECT smartwf.draft_flow('shared')`);
	sql(`SELECT smartwf.add_stage('shared', 'One')`);
	const [ada, dan] = [await open('chief', '#/flows/shared'), await open('designer', '#/flows/shared')];
	for (const page of [ada, dan]) await page.getByRole('region', { name: 'Stage One' }).waitFor();
	await dan.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true, configurable: true }));	// he does not look in between
	await ada.getByRole('button', { name: 'Add a stage after One' }).click();
	await ada.getByRole('dialog').getByRole('textbox').fill('Hers');
	await ada.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
	await eventually(() => definition('shared').stages.map((one) => one.name), ['One', 'Hers']);

	await dan.getByRole('button', { name: 'Rename stage One' }).click();
	await dan.getByRole('dialog').getByRole('textbox').fill('His');
	await dan.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
	await dan.getByText('ada has changed this draft; you see it as it is now.').first().waitFor();
	await dan.getByText('Your change was not applied: The stage is called His now').waitFor();
	await dan.getByRole('region', { name: 'Stage Hers' }).waitFor();
	await dan.getByRole('button', { name: 'Apply again' }).click();
	await eventually(() => definition('shared').stages.map((one) => one.name), ['His', 'Hers']);
	// she looks every few seconds
	await ada.getByRole('region', { name: 'Stage His' }).waitFor();
	await ada.getByText('dan has changed this draft').first().waitFor();
	// undo goes no further back than that, and does not undo what he did
	await eventually(() => ada.getByRole('button', { name: 'Undo' }).isDisabled(), true);
	await ada.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true, configurable: true }));
	await ada.getByRole('button', { name: 'Remove stage Hers' }).click();
	await eventually(() => definition('shared').stages.length, 1);
	sql(`SELECT smartwf.add_stage('shared', 'Theirs')`);
	await ada.getByRole('button', { name: 'Undo' }).click();
	await ada.getByRole('region', { name: 'Stage Theirs' }).waitFor();
	assert.equal(await ada.getByRole('button', { name: 'Apply again' }).count(), 0);
	assert.deepEqual(definition('shared').stages.map((one) => one.name), ['His', 'Theirs']);
	// two settings in a hurry, and another step selected meanwhile: each gets its own
	sql(`SELECT smartwf.add_step('shared', 'His', '{"name": "a", "kind": "update_model_field"}'); SELECT smartwf.add_step('shared', 'His', '{"name": "b", "kind": "update_model_field"}')`);
	await ada.reload();
	await ada.route('**/rpc/update_step', async (route) => { await new Promise((done) => setTimeout(done, 400)); await route.continue(); });
	await ada.locator('[data-step="a"]').click();
	const panel = ada.locator('[data-panel]');
	await field(panel, 'Field').fill('x');
	await field(panel, 'Value').fill('1');
	await ada.locator('[data-step="b"]').click();
	await eventually(() => definition('shared').stages[0].steps.map((step) => step.settings), [{ field: 'x', value: 1 }, {}]);
	await ada.unroute('**/rpc/update_step');
	await ada.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => false, configurable: true }));
	await dan.reload();
	// and is told when it is gone
	await dan.getByRole('button', { name: 'Discard' }).click();
	await dan.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
	await ada.getByText('The draft was published or discarded by somebody else').first().waitFor();
	await wasQuiet(ada);
	await wasQuiet(dan);
});

test('what the network loses is said, in words, and nothing is done twice', async () => {
	sql(`SELECT smartwf.draft_flow('lossy'); SELECT smartwf.add_stage('lossy', 'One')`);
	const page = await open('chief', '#/flows/lossy');
	await page.getByRole('region', { name: 'Stage One' }).waitFor();
	const add = async (name) => {
		await page.getByRole('button', { name: 'Add a stage after One' }).click();
		const dialog = page.getByRole('dialog');
		if (name) {
			await dialog.getByRole('textbox').fill(name);
			await dialog.getByRole('button', { name: 'Save' }).click();
			await dialog.waitFor({ state: 'hidden' });
		}
	};
	// the change is made, but its answer is lost
	await page.route('**/rpc/add_stage', async (route) => { await route.fetch(); await route.abort(); }, { times: 1 });
	await add();
	await page.getByText('The server cannot be reached.').first().waitFor();
	await eventually(() => page.getByRole('region', { name: /^Stage / }).count(), 2);
	assert.equal(await page.getByText('has changed this draft').count(), 0);
	await add('Two');
	await eventually(() => definition('lossy').stages.map((one) => one.name), ['One', 'Two', 'Stage']);
	// a rename that is refused says why in the dialog, and a step that somebody else renames stays selected
	await page.getByRole('button', { name: 'Rename stage Two' }).click();
	await page.getByRole('dialog').getByRole('textbox').fill('One');
	await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
	await page.getByRole('dialog').getByText('the flow has a stage "One" already').waitFor();
	await page.keyboard.press('Escape');
	sql(`SELECT smartwf.add_step('lossy', 'One', '{"name": "mine", "kind": "update_model"}')`);
	await page.locator('[data-step="mine"]').click();
	sql(`SELECT smartwf.update_step('lossy', 'mine', '{"name": "theirs"}')`);
	await page.locator('[data-step="theirs"][aria-pressed="true"]').waitFor();
	await page.locator('[data-panel]').waitFor();
	page.errors = page.errors.filter((text) => !/ERR_FAILED/.test(text));
	await wasQuiet(page);
});

test('in a hurry, on a slow network: each key counts, what is typed stays, what is refused is shown as it is stored', async () => {
	sql(`SELECT smartwf.draft_flow('hurry'); SELECT smartwf.add_stage('hurry', 'One')`);
	for (const name of 'abcd') sql(`SELECT smartwf.add_step('hurry', 'One', '{"name": "${name}", "kind": "update_model_field"}')`);
	const order = () => definition('hurry').stages[0].steps.map((step) => step.name).join('');
	const page = await open('chief', '#/flows/hurry');
	await page.route('**/rpc/*_step', async (route) => { await new Promise((done) => setTimeout(done, 300)); await route.continue(); });
	await page.locator('[data-step="a"]').focus();
	await page.keyboard.press('Alt+ArrowDown');
	await page.keyboard.press('Alt+ArrowDown');
	await eventually(order, 'bcad');
	// there and back
	await page.locator('[data-step="b"]').focus();
	await page.keyboard.press('Alt+ArrowDown');
	await page.keyboard.press('Alt+ArrowUp');
	await eventually(() => page.getByRole('status').innerText().then((text) => text.split('.')[0]), 'b is at position 1 of Stage One');
	assert.equal(order(), 'bcad');
	// a new name, and a move before it is known
	await page.locator('[data-step="d"]').click();
	const panel = page.locator('[data-panel]');
	await field(panel, 'Name').fill('z');
	await page.locator('[data-step="d"]').focus();
	await page.keyboard.press('Alt+ArrowUp');
	await eventually(order, 'bcza');
	// a name that is taken: said, and the field shows what is stored
	await field(panel, 'Name').fill('a');
	await field(panel, 'Name').blur();
	await page.getByText('the flow has a step "a" already').first().waitFor();
	await eventually(() => field(panel, 'Name').inputValue(), 'z');
	// somebody else changes what is being typed: it stays, until it is left
	await field(panel, 'Value').fill('half a sen');
	sql(`SELECT smartwf.update_step('hurry', 'z', '{"settings": {"value": "theirs"}}')`);
	await page.getByText('has changed this draft').first().waitFor();
	assert.equal(await field(panel, 'Value').inputValue(), 'half a sen');
	// the focus is never lost
	await page.getByRole('button', { name: 'Close' }).first().click();
	await page.locator('[data-step="z"]').focus();
	await page.keyboard.press('Delete');
	await eventually(order, 'bca');
	await eventually(() => page.evaluate(() => document.activeElement !== document.body), true);
	await wasQuiet(page);
});

test('an earlier version becomes the draft', async () => {
	const first = sql(`SELECT smartwf.flow_definition('old', 1)`);
	const page = await open('chief', '#/flows/old');
	await page.getByRole('button', { name: 'Edit' }).click();
	await page.getByRole('button', { name: 'Remove stage Lost' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
	await page.getByRole('button', { name: 'Publish' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
	await page.getByText('Version 2 is published').waitFor();
	await page.getByRole('tab', { name: 'Versions' }).click();
	await page.getByRole('button', { name: /^Restore as draft.*Version 1$/ }).click();
	await page.getByRole('region', { name: 'Stage Lost' }).waitFor();
	assert.equal(sql(`SELECT smartwf.flow_definition('old')`), first);
	await page.getByRole('button', { name: 'Publish' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
	await page.getByText('Version 3 is published').waitFor();
	await wasQuiet(page);
});
