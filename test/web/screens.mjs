// A browser before the screens: who has signed in, and what went wrong on the page.
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import assert from 'node:assert/strict';

export const gateway = process.env.GATEWAY;
const people = { clerk: 'claire', boss: 'bob', chief: 'ada', designer: 'dan', keeper: 'kim' };

export function token(role, sub = people[role]) {
	const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
	const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ role, sub })}`;
	return `${text}.${createHmac('sha256', Buffer.from(process.env.JWT_SECRET)).update(text).digest('base64url')}`;
}

/** What the database says, as its owner. */
export const sql = (query) => execFileSync('psql', ['-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-c', query], { encoding: 'utf8' }).trim();

let browser;
export const launch = async () => (browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] }));
export const close = () => browser?.close();

/** A page of somebody who has signed in, at a place; errors of the page are kept in page.errors. */
export async function open(role, place = '', { width = 1280, height = 800, ...options } = {}) {
	const context = await (await launch()).newContext({ viewport: { width, height }, locale: 'en-GB', ...options });
	context.setDefaultTimeout(+(process.env.T ?? 15000));
	const page = await context.newPage();
	page.errors = [];
	page.on('pageerror', (error) => page.errors.push(error.message));
	page.on('console', (message) => message.type() === 'error' && !/status of 4(00|03|09|12)/.test(message.text()) && page.errors.push(message.text()));
	if (role) await page.addInitScript((text) => { if (!sessionStorage.getItem('left')) sessionStorage.setItem('smartwf-token', text); }, token(role));
	await page.goto(`${gateway}/app/${place}`);
	if (role) await page.getByRole('navigation').waitFor();
	return page;
}

/** What is entered below a label. */
export const field = (where, label) => where.locator('label', { has: where.page().locator('.label', { hasText: new RegExp(`^${label}$`) }) }).locator('input, select, textarea');

/** The page has shown no error, and asked nobody but its own server. */
export function wasQuiet(page) {
	assert.deepEqual(page.errors, []);
	return page.context().close();
}

/** Wait until a value is what it should be. */
export async function eventually(read, expected, seconds = 15) {
	const until = Date.now() + seconds * 1000;
	let value;
	do {
		value = await read();
		if (JSON.stringify(value) === JSON.stringify(expected)) return;
		await new Promise((done) => setTimeout(done, 100));
	} while (Date.now() < until);
	assert.deepEqual(value, expected);
}
