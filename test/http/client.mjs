// Requests to the gateway, each answer checked against docs/http/openapi.yaml.
import http from 'node:http';
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { parse } from 'yaml';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const gateway = new URL(process.env.GATEWAY);
export const description = new URL('../../docs/http/openapi.yaml', import.meta.url).pathname;

const openapi = parse(readFileSync(description, 'utf8'));
const ajv = new Ajv({ strict: false });
formats(ajv);
ajv.addSchema(openapi, 'openapi');

// a token for a role, and for the person behind it
export function token(role, sub, { secret = process.env.JWT_SECRET, claims = {} } = {}) {
	const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
	const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ role, sub, ...claims })}`;
	return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

// the raw request: {method, path, headers, body (text or bytes)} → {status, headers, text}
export function send({ method = 'GET', path, headers = {}, body, port = gateway.port }) {
	return new Promise((resolve, reject) => {
		const request = http.request({ host: gateway.hostname, port, method, path, headers, timeout: 20000 }, (response) => {
			const parts = [];
			response.on('data', (part) => parts.push(part));
			response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(parts), text: Buffer.concat(parts).toString() }));
		});
		request.on('timeout', () => request.destroy(new Error('time-out')));
		request.on('error', reject);
		request.end(body);
	});
}

// how an answer is described, by path, method and status; null if the path is not of the service
function descriptionOf(method, path, status) {
	const asked = path.replace(/\?.*/, '');
	const template = Object.keys(openapi.paths).find((t) => new RegExp(`^${t.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(asked));
	const operation = openapi.paths[template]?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
	if (operation === undefined) return null;
	const described = operation.responses[status];
	assert.ok(described, `${method} ${path}: status ${status} is not described`);
	return described.$ref.split('/').pop();
}

// an answer is as the description of the service says
function assertDescribed(method, path, answer) {
	const name = descriptionOf(method, path, answer.status);
	if (name === null) return;
	const { content, headers = {} } = openapi.components.responses[name];
	for (const header of Object.keys(headers)) assert.ok(answer.headers[header.toLowerCase()], `${method} ${path}: ${header} is missing`);
	if (method === 'HEAD' || content === undefined) {
		assert.equal(answer.text, '', `${method} ${path}`);
		return;
	}
	assert.match(answer.headers['content-type'], /^application\/json/);
	const pointer = `openapi#/components/responses/${name}/content/application~1json/schema`;
	const schema = ajv.getSchema(pointer) ?? ajv.compile({ $ref: pointer });
	assert.ok(schema(JSON.parse(answer.text)), `${method} ${path}: ${answer.text}: ${JSON.stringify(schema.errors)}`);
}

// a request of the documented service by a person: {role, sub}, or nobody
export async function ask(method, path, { as, body, headers = {} } = {}) {
	const sent = { ...headers };
	if (as) sent.Authorization = `Bearer ${token(...as)}`;
	let payload = body;
	if (body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)) {
		payload = JSON.stringify(body);
		sent['Content-Type'] = 'application/json';
	}
	const answer = await send({ method, path, headers: sent, body: payload });
	if (path.startsWith('/api/v2/')) assertDescribed(method, path, answer);
	if (/json/.test(answer.headers['content-type'] ?? '') && answer.text !== '') answer.json = JSON.parse(answer.text);
	return answer;
}

// SQL as the superuser, values as psql variables
export function sql(text, variables = {}) {
	const set = Object.entries(variables).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
	return execFileSync('psql', ['-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', ...set], { input: text, encoding: 'utf8' }).replace(/\n$/, '');
}

// the same request through route()
export function route(role, method, uri, body) {
	const line = sql("SET ROLE :role; SELECT status || ' ' || content FROM smartwf.route(:'method', :'uri', nullif(:'body', '')::jsonb);",
		{ role, method, uri, body: body === null || body === undefined ? '' : JSON.stringify(body) });
	return { status: Number(line.slice(0, 3)), json: JSON.parse(line.slice(4)) };
}
