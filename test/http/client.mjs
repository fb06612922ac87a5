// Requests to the gateway, each answer checked against docs/http/openapi.yaml.
import http from 'node:http';
import net from 'node:net';
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import assert from 'node:assert/strict';
import { parse } from 'yaml';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const gateway = new URL(process.env.GATEWAY);
export const description = new URL('../../docs/http/openapi.yaml', import.meta.url).pathname;

// a token for a role, and for the person behind it
export function token(role, sub, { secret = process.env.JWT_SECRET, claims = {} } = {}) {
	const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
	const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ role, sub, ...claims })}`;
	return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

// an answer: its text is that of its bytes, which must be UTF-8
function answerOf(status, headers, bytes) {
	const plain = headers['content-encoding'] === 'gzip' && bytes.length > 0 ? gunzipSync(bytes) : bytes;
	return { status, headers, bytes, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain) };
}

// the raw request: {method, path, headers, body (text or bytes)} → {status, headers, text}
export function send({ method = 'GET', path, headers = {}, body, port = gateway.port }) {
	// node would write the address in the encoding of a text, and not say how long the body of a GET is
	const bytes = typeof body === 'string' ? Buffer.from(body) : body;
	const length = bytes === undefined || 'Transfer-Encoding' in headers ? {} : { 'Content-Length': bytes.length };
	return new Promise((resolve, reject) => {
		const request = http.request({ host: gateway.hostname, port, method, path, headers: { ...headers, ...length }, timeout: 20000 }, (response) => {
			const parts = [];
			response.on('data', (part) => parts.push(part));
			response.on('end', () => {
				try { resolve(answerOf(response.statusCode, response.headers, Buffer.concat(parts))); } catch (error) { reject(error); }
			});
		});
		request.on('timeout', () => request.destroy(new Error('time-out')));
		request.on('error', reject);
		request.end(bytes);
	});
}

// bytes that need not be a request of HTTP
export function sendBytes(bytes) {
	return new Promise((resolve, reject) => {
		let received = Buffer.alloc(0);
		const socket = net.connect(gateway.port, gateway.hostname, () => socket.write(bytes));
		const answered = (ended) => {
			try {
				const answer = parsed(received, ended);
				if (answer === null) return;
				resolve(answer);
				socket.destroy();
			} catch (error) { reject(error); }
		};
		socket.setTimeout(20000, () => socket.destroy(new Error('time-out')));
		socket.on('data', (part) => { received = Buffer.concat([received, part]); answered(false); });
		socket.on('error', reject);
		socket.on('end', () => answered(true));
	});
}

// null if there is more to come
function parsed(bytes, ended) {
	const end = bytes.indexOf('\r\n\r\n');
	if (end < 0 && !ended) return null;
	const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
	const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
	assert.ok(status, `no answer of HTTP: ${first}`);
	const rest = bytes.subarray(end + 4);
	if (status === 100) return parsed(rest, ended);
	const headers = Object.fromEntries(lines.map((line) => [line.split(':')[0].toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
	const isChunked = headers['transfer-encoding'] === 'chunked';
	if (!ended && !(isChunked ? rest.toString('latin1').endsWith('\r\n0\r\n\r\n') : rest.length === Number(headers['content-length']))) return null;
	return answerOf(status, headers, isChunked ? unchunked(rest) : rest);
}

function unchunked(bytes) {
	if (bytes.length === 0) return bytes;	// to a HEAD
	const end = bytes.indexOf('\r\n');
	const size = parseInt(bytes.subarray(0, end), 16);
	return size === 0 ? Buffer.alloc(0) : Buffer.concat([bytes.subarray(end + 2, end + 2 + size), unchunked(bytes.subarray(end + 4 + size))]);
}

// a description: what it says about addresses and answers
export class Described {
	constructor(text) {
		this.openapi = parse(text);
		this.ajv = new Ajv({ strict: false });
		formats(this.ajv);
		this.ajv.addSchema(this.openapi, 'openapi');
		this.failures = [...new Set(Object.values(this.openapi.paths).flatMap((item) => methods.flatMap((method) => Object.keys(item[method]?.responses ?? {}))))]
			.filter((status) => status >= 400).map(Number);
	}

	// what an address and a method stand for: [path, method]; a slash at the end is ignored, and HEAD is
	// GET.  A method that an address does not accept is answered as is said there, for GET.  Null
	// if there is no such address.
	operation(method, path) {
		const asked = path.replace(/[?#].*/s, '').replace(/\/$/, '');
		const template = Object.keys(this.openapi.paths).find((t) => new RegExp(`^${t.replace(/\/$/, '').replace(/\{[^}]+\}/g, '[^/]+')}$`, 's').test(asked));
		if (template === undefined) return null;
		const name = method.toLowerCase();
		return [template, methods.includes(name) && this.openapi.paths[template][name] !== undefined ? name : 'get'];
	}

	// an answer is as the description says
	assertDescribed(method, path, answer) {
		const operation = this.operation(method, path);
		let content, headers;
		if (operation === null) {
			assert.ok(this.failures.includes(answer.status), `${method} ${path}: status ${answer.status} is not described`);
			content = '#/components/schemas/AnyFailure';
		} else {
			const described = this.openapi.paths[operation[0]][operation[1]].responses[answer.status];
			assert.ok(described, `${method} ${path}: status ${answer.status} is not described`);
			const response = this.openapi.components.responses[described.$ref.split('/').pop()];
			headers = response.headers;
			content = response.content && `${described.$ref}/content/application~1json/schema`;
		}
		for (const header of Object.keys(headers ?? {})) assert.ok(answer.headers[header.toLowerCase()], `${method} ${path}: ${header} is missing`);
		if (method === 'HEAD' || content === undefined) {
			assert.equal(answer.text, '', `${method} ${path}`);
			return;
		}
		assert.match(answer.headers['content-type'], /^application\/json/, `${method} ${path}: ${answer.text}`);
		const pointer = `openapi${content}`;
		const schema = this.ajv.getSchema(pointer) ?? this.ajv.compile({ $ref: pointer });
		assert.ok(schema(JSON.parse(answer.text)), `${method} ${path}: ${answer.text}: ${JSON.stringify(schema.errors)}`);
	}
}
const methods = ['get', 'post', 'put', 'delete', 'patch', 'options', 'trace'];
export const described = new Described(readFileSync(description, 'utf8'));

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
	if (path.startsWith('/api/v2/')) described.assertDescribed(method, path, answer);
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
