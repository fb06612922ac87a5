// The one way to the database: PostgREST, beside these pages.
import { PostgrestClient } from '@supabase/postgrest-js';

export const address = new URL('../rest', document.baseURI).href;

/** What PostgREST or smartwf refused, in their words. */
export class Failure extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		message: string,
		readonly details: string | null,
		readonly hint: string | null,
	) {
		super(message);
	}
}

interface Session {
	token: string | null;
	ended: () => void;
}
const session: Session = { token: null, ended: () => {} };

/** All requests go with this token; ENDED is called when it is not accepted any more. */
export function signRequests(token: string | null, ended: () => void = () => {}) {
	session.token = token;
	session.ended = ended;
}

async function signed(input: RequestInfo | URL, init: RequestInit = {}) {
	const headers = new Headers(init.headers);
	if (session.token) headers.set('Authorization', `Bearer ${session.token}`);
	headers.delete('X-Client-Info');
	return fetch(input, { ...init, headers });
}

const client = new PostgrestClient(address, { fetch: signed });
export const from = (relation: string) => client.from(relation);

interface Answer {
	data: unknown;
	error: { message: string; code?: string; details?: string; hint?: string } | null;
	status: number;
}

/** A token that was not accepted ends the session that it began, and no other. */
function endedIf(status: number, sent: string | null) {
	if (status === 401 && sent && sent === session.token) session.ended();
}

/** The data of an answer; its error as a Failure. */
export async function data<T>(request: PromiseLike<Answer>): Promise<T> {
	const sent = session.token;
	const { data, error, status } = await request;
	if (!error) return data as T;
	endedIf(status, sent);
	throw new Failure(status, error.code ?? '', error.message, error.details || null, error.hint || null);
}

export const rows = <T>(request: PromiseLike<Answer>) => data<T[]>(request);

/** A function that changes something; REVISION is that of the draft as it was last seen. */
export function call<T>(name: string, args: Record<string, unknown> = {}, revision?: string): Promise<T> {
	const request = client.rpc(name, args);
	return data<T>(revision === undefined ? request : request.setHeader('If-Match', `"${revision}"`));
}

/** A function that only tells something. */
export const ask = <T>(name: string, args: Record<string, unknown> = {}) =>
	data<T>(
		client.rpc(name, Object.fromEntries(Object.entries(args).filter(([, value]) => value != null)), { get: true }),
	);

/** Whether what is known by TAG has changed: the new tag, or null. */
export async function changed(name: string, tag: string | null): Promise<string | null> {
	// the browser keeps what it was told, and asks for nothing but news
	const sent = session.token;
	const response = await signed(`${address}/rpc/${name}`, {
		headers: tag ? { 'If-None-Match': tag } : {},
		cache: 'no-store',
	}).catch((failure) => {
		throw new Failure(0, '', String(failure), null, null);
	});
	endedIf(response.status, sent);
	if (response.status === 304) return null;
	if (response.status === 200) return response.headers.get('ETag');
	const { code, message } = await response.json().catch(() => ({}));
	throw new Failure(response.status, code ?? '', message ?? response.statusText, null, null);
}
