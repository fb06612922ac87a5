// Signing in at a provider of OpenID Connect, in a real browser.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { close, eventually, gateway, open, sql, wasQuiet } from './screens.mjs';

const provider = process.env.PROVIDER;
before(() => sql("INSERT INTO invoice (id, title, amount) VALUES (9001, 'A new door', 9000); SET ROLE clerk; SELECT smartwf.start_flow('invoice_approval', 'I9001')"));
after(close);

const signIn = (page) => page.getByRole('button', { name: `Sign in with ${new URL(provider).host}` });
const person = (page) => page.locator('.person').innerText().then((text) => text.split('\n').filter(Boolean));
const placeOf = (page) => page.url().replace(`${gateway}/app/`, '');
const question = (page) => page.getByRole('link', { name: /Approve A new door for 9000/ });
/** What the browser keeps that can sign somebody in. */
const kept = (page) => page.evaluate(() => Object.keys(sessionStorage).sort());
const tokenOf = (page) => page.evaluate(() => sessionStorage.getItem('smartwf-token'));

/** The provider's own page, on the way to a place. */
async function toProvider(place = '') {
	const page = await open(null, place);
	page.asked = [];
	page.on('response', (response) => page.asked.push([response.url(), response.request().postData() ?? '', response.status()]));
	await signIn(page).click();
	await page.waitForURL(`${provider}/login/**`);
	return page;
}
async function logIn(page, name) {
	await page.getByLabel('Name').fill(name);
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.waitForURL(`${gateway}/app/**`);
}
async function signedIn(name, place) {
	const page = await toProvider(place);
	await logIn(page, name);
	await page.getByRole('navigation').waitFor();
	return page;
}
const refusal = (page) => page.getByRole('alert').innerText();

test('who has logged in at the provider comes back to where they were going', async () => {
	const page = await toProvider('#/documents');
	const asked = new URL(page.asked.find(([url]) => url.startsWith(`${provider}/auth?`))[0]).searchParams;
	assert.equal(asked.get('response_type'), 'code');
	assert.equal(asked.get('code_challenge_method'), 'S256');
	await logIn(page, 'bob');
	await page.getByRole('heading', { name: 'Documents', exact: true }).waitFor();
	assert.equal(placeOf(page), '#/documents');
	assert.deepEqual(await person(page), ['bob', 'boss']);
	assert.match(page.asked.find(([url]) => url === `${provider}/token`)[1], /code_verifier=/);

	const [head, claims] = (await tokenOf(page)).split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
	assert.deepEqual([head.alg, claims.iss, claims.sub, claims.role], ['RS256', provider, 'bob', 'boss']);

	await page.getByRole('link', { name: /^Inbox/ }).click();
	await question(page).waitFor();
	await page.reload();
	await page.getByRole('navigation').waitFor();
	assert.deepEqual(await person(page), ['bob', 'boss']);
	await wasQuiet(page);
});

test('who signs out stays out, and the provider asks who comes next', async () => {
	const page = await signedIn('bob');
	const signOut = page.getByRole('button', { name: 'Sign out' });
	await signOut.click();
	await eventually(() => kept(page), []);
	await signIn(page).click();
	await page.waitForURL(`${provider}/login/**`);
	await logIn(page, 'bob');
	await signOut.click();
	await signIn(page).waitFor();
	await page.reload();
	await signIn(page).waitFor();
	assert.deepEqual(await kept(page), []);
	await wasQuiet(page);
});

test('a role that nobody may have over HTTP is refused, and one can log in as somebody else', async () => {
	const page = await toProvider();
	await logIn(page, 'mallory');
	await signIn(page).waitFor();
	assert.match(await refusal(page), /permission denied to set role "postgres"/);
	assert.deepEqual([placeOf(page), await kept(page)], ['', []]);
	await signIn(page).click();
	await page.waitForURL(`${provider}/login/**`);
	await logIn(page, 'bob');
	await page.getByRole('navigation').waitFor();
	assert.deepEqual(await person(page), ['bob', 'boss']);
	await wasQuiet(page);
});

test('a login that was cancelled can be tried again', async () => {
	const page = await toProvider('#/documents');
	await page.getByRole('button', { name: 'Cancel' }).click();
	await signIn(page).waitFor();
	assert.match(await refusal(page), /the login was cancelled/);
	assert.equal(placeOf(page), '#/documents');
	await signIn(page).click();
	await logIn(page, 'bob');
	await page.getByRole('heading', { name: 'Documents', exact: true }).waitFor();
	await wasQuiet(page);
});

describe('a token that ends', { concurrency: true }, () => {
	test('ends the session, in words', async () => {
		const page = await signedIn('claire');
		await page.getByText('Your session has ended. Sign in again.').waitFor();
		await signIn(page).waitFor();
		page.errors = page.errors.filter((error) => !/status of 401/.test(error));
		await wasQuiet(page);
	});

	test('is renewed, if the provider does that, and nobody notices', async () => {
		const page = await signedIn('ada');
		const first = await tokenOf(page);
		await question(page).click();
		await page.getByLabel('Comment').fill('half a');
		await page.waitForTimeout(16000);
		assert.notEqual(await tokenOf(page), first);
		assert.equal(await page.getByLabel('Comment').inputValue(), 'half a');
		assert.deepEqual(await person(page), ['ada', 'chief']);
		const renewals = page.asked.filter(([, body]) => /grant_type=refresh_token/.test(body)).map(([, , status]) => status);
		// shortly before the end, and once each time
		assert.ok(renewals.length > 1 && renewals.length < 9 && renewals.every((status) => status === 200), renewals.join());
		await page.reload();
		await question(page).waitFor();
		await wasQuiet(page);
	});
});
