// Those who are asked, who look after documents, and who operate.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { close, eventually, field, open, sql, token, wasQuiet } from './screens.mjs';

after(close);

test('a token that is refused, and one that is accepted; out and in again', async () => {
	const page = await open(null);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByText('Enter a token.').waitFor();
	await page.getByLabel('Token').fill('no.token.atall');
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByText(/The token was refused:/).waitFor();
	await page.getByLabel('Token').fill(token(undefined, 'anybody'));
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByText('The token names no role.').waitFor();
	await page.context().close();

	const boss = await open('boss');
	await boss.getByText('bob', { exact: true }).waitFor();
	// what the role may not do is not offered
	assert.deepEqual(await boss.getByRole('navigation').getByRole('link').allInnerTexts().then((names) => names.map((name) => name.split('\n')[0])), ['Inbox', 'Documents', 'Runs']);
	await boss.evaluate(() => sessionStorage.setItem('left', '1'));
	await boss.getByRole('button', { name: 'Sign out' }).click();
	await boss.getByLabel('Token').waitFor();
	await boss.reload();
	await boss.getByLabel('Token').waitFor();
	await wasQuiet(boss);
	const chief = await open('chief');
	await chief.getByRole('link', { name: 'Operations' }).waitFor();
	await wasQuiet(chief);
});

test('the inbox: what is asked, by several filters, answered, handed over, told', async () => {
	sql(`SET smartwf.actor_claim = 'sub'; SELECT set_config('request.jwt.claims', '{"role": "clerk", "sub": "claire"}', false); SET ROLE clerk;
		INSERT INTO invoice (id, title, amount) VALUES (201, 'Chairs', 2100), (202, 'Tables', 2200), (203, 'Lamps', 2300);
		SELECT smartwf.start_flow('invoice_approval', 'I' || n) FROM generate_series(201, 203) n`);
	const page = await open('boss');
	const list = page.getByRole('region', { name: 'Inbox' }).getByRole('listitem');
	await page.getByRole('button', { name: 'With a due date' }).click();
	await page.getByRole('button', { name: 'Questions' }).click();
	await page.getByLabel('Search').fill('chairs');
	await eventually(() => list.count(), 1);
	await page.getByRole('button', { name: 'Asked me' }).click();
	await page.getByText('Nothing matches the filters').waitFor();
	await page.getByRole('button', { name: 'Asked me' }).click();
	await page.getByRole('button', { name: 'Asked my roles' }).click();
	await list.getByRole('link').click();
	// the document and its history beside the question
	await page.getByRole('region', { name: 'Document' }).getByText('Chairs').waitFor();
	await page.getByRole('region', { name: 'History' }).getByText('created').waitFor();
	await page.getByLabel('Comment').fill('no more chairs');
	await page.getByRole('button', { name: 'no', exact: true }).click();
	await page.getByText('Answered: no').waitFor();
	assert.equal(sql(`SELECT state || ' ' || (SELECT comment FROM smartwf.answers ORDER BY answered_at DESC LIMIT 1) FROM invoice WHERE id = 201`), 'refused no more chairs');

	await page.goto(page.url().replace(/#.*/, '#/inbox'));
	await page.getByLabel('Search').fill('tables');
	await list.getByRole('link').click();
	await page.getByRole('button', { name: 'Delegate' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Role or person').fill('nobody at all');
	await dialog.getByRole('button', { name: 'Delegate' }).click();
	await dialog.getByRole('alert').waitFor();		// why not, in words
	await dialog.getByLabel('Role or person').fill('chief');
	await dialog.getByRole('button', { name: 'Delegate' }).click();
	await page.getByText('Handed over to chief').waitFor();
	await page.getByRole('tab', { name: 'Done' }).click();
	await page.getByText('no more chairs').waitFor();
	await wasQuiet(page);

	// it comes by itself, without anybody looking
	const clerk = await open('clerk');
	await clerk.getByRole('link', { name: /Chairs was refused/ }).waitFor();
	sql(`SET smartwf.actor_claim = 'sub'; SELECT set_config('request.jwt.claims', '{"role": "boss", "sub": "bob"}', false); SET ROLE boss;
		SELECT smartwf.answer_confirmation(confirmation, 'no') FROM smartwf_api.inbox WHERE docid = 'I203'`);
	const lamps = clerk.getByRole('link', { name: /Lamps was refused/ });
	await lamps.waitFor();
	const read = () => sql(`SELECT read_at IS NOT NULL FROM smartwf.notifications WHERE subject = 'Lamps was refused'`);
	assert.equal(read(), 'f');
	await lamps.click();
	await eventually(read, 't');
	await clerk.getByRole('button', { name: 'Mark as unread' }).click();
	await eventually(read, 'f');
	await clerk.getByRole('button', { name: 'Delete', exact: true }).click();
	await eventually(() => sql(`SELECT count(*) FROM smartwf.notifications WHERE subject = 'Lamps was refused'`), '0');
	// what one looks at stays, though it no longer matches
	await clerk.goto(clerk.url().replace(/#.*/, '#/inbox?show=unread'));
	await clerk.getByRole('link', { name: /Chairs was refused/ }).click();
	await eventually(() => clerk.getByRole('link', { name: /Chairs was refused/ }).count(), 0);
	await clerk.getByRole('heading', { name: 'Chairs was refused' }).waitFor();
	await wasQuiet(clerk);

	// somebody else answers: said, and the comment is still there
	sql(`SET smartwf.actor_claim = 'sub'; SELECT set_config('request.jwt.claims', '{"role": "clerk", "sub": "claire"}', false); SET ROLE clerk;
		INSERT INTO invoice (id, title, amount) VALUES (204, 'Curtains', 2400); SELECT smartwf.start_flow('invoice_approval', 'I204')`);
	const other = await open('boss');
	await other.getByRole('link', { name: /Curtains/ }).click();
	await other.getByLabel('Comment').fill('half a thought');
	sql(`SET smartwf.actor_claim = 'sub'; SELECT set_config('request.jwt.claims', '{"role": "boss", "sub": "bea"}', false); SET ROLE boss;
		SELECT smartwf.answer_confirmation(confirmation, 'no') FROM smartwf_api.inbox WHERE docid = 'I204'`);
	await other.getByText('This question is no longer open.').waitFor();
	assert.equal(await other.getByLabel('Comment').inputValue(), 'half a thought');
	await wasQuiet(other);
});

test('documents: table, board, and one with its ways out', async () => {
	const page = await open('clerk', '#/documents?structure=article');
	await page.getByRole('link', { name: 'A1', exact: true }).waitFor();
	await page.getByLabel('State').selectOption('review');
	await eventually(async () => (await page.getByRole('table').getByRole('link').allInnerTexts()).includes('A1'), false);
	await page.getByRole('button', { name: 'Board' }).click();
	await page.getByRole('region', { name: 'Published' }).getByRole('link', { name: /A3/ }).waitFor();
	// why not, in words
	await page.getByLabel('Open by name').fill('A1');
	await page.keyboard.press('Enter');
	await page.getByText('An article needs a hundred words.').waitFor();
	assert.equal(await page.getByRole('button', { name: 'Submit' }).isDisabled(), true);
	await page.goto(page.url().replace(/#.*/, '#/documents/A2'));
	await page.getByText('There are ways out of this state, but not for you.').waitFor();
	await page.goto(page.url().replace(/#.*/, '#/documents/nothing'));
	await page.getByText('There is no document nothing, or you may not see it.').waitFor();
	await wasQuiet(page);

	const boss = await open('boss', '#/documents/A5');
	await boss.getByRole('button', { name: 'Return to author' }).click();
	const dialog = boss.getByRole('dialog');
	await dialog.getByRole('button', { name: 'Return to author' }).click();
	assert.equal(await dialog.isVisible(), true);		// a reason is needed
	await dialog.getByRole('combobox').selectOption('style');
	await dialog.getByLabel('Comment').fill('Shorter, please.');
	await dialog.getByRole('button', { name: 'Return to author' }).click();
	await boss.getByText('Now: Draft').waitFor();
	await boss.getByRole('region', { name: 'History' }).getByText('Shorter, please.').waitFor();
	await boss.getByRole('region', { name: 'Lifecycle' }).locator('.svelte-flow').getByText('In review').waitFor();
	// locked, and open again
	await boss.getByRole('button', { name: 'Actions' }).click();
	await boss.getByRole('menuitem', { name: 'Lock' }).click();
	await boss.getByText('Locked by bob').first().waitFor();
	await boss.getByRole('button', { name: 'Actions' }).click();
	await boss.getByRole('menuitem', { name: 'Unlock' }).click();
	await eventually(() => boss.getByText('Locked by bob').count(), 0);
	await wasQuiet(boss);
});

test('a form for every type of parameter', async () => {
	const page = await open('clerk', '#/documents/F1');
	await page.getByRole('button', { name: 'Close', exact: true }).click();
	const dialog = page.getByRole('dialog');
	const fill = (name, text) => field(dialog, name).fill(text);
	await fill('a_text', 'words');
	await fill('an_int', '42');
	await fill('a_double', '1.5');
	await fill('some_money', '12.34');
	await fill('a_date', '2026-12-24');
	await fill('a_time', '13:05');
	await fill('a_timestamp', '2026-12-24T18:00');
	await field(dialog, 'an_enum').selectOption('blue');
	await dialog.getByRole('group', { name: 'a_boolean' }).getByLabel('No').check();
	await fill('a_json', '{"a": [1, 2]}');
	await fill('many', '1\n2\n3');
	await dialog.getByRole('group', { name: 'colors' }).getByLabel('Fire red').check();
	await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
	await page.getByText('Now: closed').waitFor();
	const { a_timestamp, ...given } = JSON.parse(sql(`SELECT parameters FROM smartwf.history WHERE docid = 'F1' AND transition = 'close'`));
	assert.equal(new Date(a_timestamp).getFullYear(), 2026);
	assert.deepEqual(given, { a_text: 'words', an_int: 42, a_double: 1.5, some_money: '12.34', a_date: '2026-12-24', a_time: '13:05', an_enum: 'blue', a_boolean: false, a_json: { a: [1, 2] }, many: [1, 2, 3], colors: ['red'] });
	await wasQuiet(page);
});

test('runs that have failed are restarted in bulk, after a list of what is touched', async () => {
	const page = await open('chief', '#/runs?status=failed&flow=switched');
	const rows = page.getByRole('table').getByRole('row');
	await eventually(() => rows.count(), 4);
	await page.getByLabel('Select all').check();
	sql('UPDATE app.switch SET is_on = true');
	await page.getByRole('button', { name: 'Restart' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByText('Restart (3)').waitFor();
	assert.equal(await dialog.getByRole('listitem').count(), 3);
	assert.equal(sql(`SELECT count(*) FROM smartwf.runs WHERE flow = 'switched' AND status = 'failed'`), '3');
	await dialog.getByRole('button', { name: 'Restart' }).click();
	await page.getByText('3 of 3 runs done').waitFor();
	assert.equal(sql(`SELECT string_agg(DISTINCT status, ',') FROM smartwf.runs WHERE flow = 'switched'`), 'finished');
	await wasQuiet(page);
});

test('a run on the board of its flow: what failed and why; its model is mended, and it goes on', async () => {
	const page = await open('chief', '#/runs?status=failed&words=ledger');
	await page.getByRole('table').getByRole('link').first().click();
	await page.getByRole('region', { name: 'Error' }).getByText('the ledger is closed for this account').waitFor();
	await page.getByRole('region', { name: 'Book' }).getByText('failed').waitFor();
	await page.getByRole('button', { name: 'Actions' }).click();
	await page.getByRole('menuitem', { name: 'Edit the model' }).click();
	const model = page.getByRole('dialog').getByLabel('Model');
	await model.fill('no json');
	await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
	await page.getByRole('dialog').getByRole('alert').waitFor();
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
	// what the ledger does not take is left out
	await page.getByRole('button', { name: 'Skip the step' }).click();
	await page.getByText(/^Run \d+: (finished|failed)$/).waitFor();
	await wasQuiet(page);
});

test('operations: metrics, workers, timers, deliveries; a flow is paused and goes on', async () => {
	const page = await open('chief', '#/operations');
	await page.getByRole('region', { name: 'Workers' }).getByText('runs and timers').first().waitFor();
	await page.getByRole('link', { name: 'Failed deliveries' }).click();
	await page.getByText('could not connect to the mail server').waitFor();
	await page.getByRole('button', { name: 'Deliver again' }).click();
	await page.getByRole('dialog').getByRole('listitem').first().waitFor();
	await page.getByRole('dialog').getByRole('button', { name: 'Deliver again' }).click();
	await page.getByText('Queued again: 1').waitFor();
	await page.getByRole('tab', { name: 'Timers' }).click();
	await page.getByRole('link', { name: 'F2' }).waitFor();
	await page.getByRole('tab', { name: 'Overview' }).click();
	await page.getByRole('button', { name: 'Pause switched' }).click();
	await eventually(() => sql(`SELECT bool_and(is_paused) FROM smartwf.flows WHERE name = 'switched'`), 't');
	await page.getByRole('button', { name: 'Resume switched' }).click();
	await eventually(() => sql(`SELECT bool_or(is_paused) FROM smartwf.flows WHERE name = 'switched'`), 'f');
	await wasQuiet(page);
});

test('a server that is away: said, and tried again', async () => {
	const page = await open('boss', '#/documents/A4');
	await page.route('**/rest/**', (route) => route.abort());
	await page.reload();
	await page.getByText('The server cannot be reached.').waitFor();
	await page.unroute('**/rest/**');
	await page.getByRole('button', { name: 'Try again' }).click();
	await page.getByRole('heading', { name: 'A4' }).waitFor();
	await page.route('**/rest/**', (route) => route.abort());
	await page.getByRole('link', { name: 'Runs' }).click();
	await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
	await page.unroute('**/rest/**');
	await page.getByRole('button', { name: 'Try again' }).first().click();
	await page.getByRole('table').waitFor();
	page.errors = page.errors.filter((text) => !/ERR_FAILED/.test(text));
	await wasQuiet(page);
	// an address that leads nowhere says so, and a run that is none
	const lost = await open('clerk', '#/flows');
	await lost.getByText('There is nothing here').waitFor();
	await lost.goto(lost.url().replace(/#.*/, '#/runs/abc'));
	await lost.getByText('There is no run abc, or you may not see it.').waitFor();
	await wasQuiet(lost);
});

test('in French, by the language of the browser', async () => {
	const page = await open('chief', '#/flows/invoice_approval', { locale: 'fr-CA' });
	await page.getByRole('link', { name: 'Exploitation' }).waitFor();
	await page.getByText('amount est supérieur à 1000').waitFor();
	await page.getByText('étape tell accounting').waitFor();
	await page.getByText(/^aucun destinataire/).first().waitFor();
	assert.equal(await page.evaluate(() => document.documentElement.lang), 'fr');
	await page.goto(page.url().replace(/#.*/, '#/documents/A2'));
	await page.getByText('En relecture').first().waitFor();
	await wasQuiet(page);
});
