// Who has signed in, by a token or by OpenID Connect.
import type { UserManager } from 'oidc-client-ts';
import { ask, Failure, signRequests } from '../api/client';
import type { Me } from '../api/types';

interface SignIn {
	issuer: string;
	client: string;
	scope?: string;
	resource?: string;
}

/** Who has refused: the database the token, the provider the person; or the token names no role, or there is nobody to ask. */
interface Refusal {
	by: 'token' | 'provider' | 'role' | 'server';
	why: string;
}

export const session = $state<{
	me: Me | null;
	ready: boolean;
	ended: boolean;
	refusal: Refusal | null;
	openid: SignIn | null;
}>({
	me: null,
	ready: false,
	ended: false,
	refusal: null,
	openid: null,
});

const words = (failure: unknown) => (failure instanceof Error ? failure.message : String(failure));

const KEY = 'smartwf-token';

function ended() {
	if (!session.me) return;
	session.me = null;
	session.ended = true;
	sessionStorage.removeItem(KEY);
	signRequests(null);
}

/** Take up a token, if the database accepts it. */
export async function signInWith(token: string) {
	// as whom one comes without a token: a token that names no role would be as good as none
	signRequests(null);
	const nobody = await ask<Me>('whoami').catch(() => null);
	signRequests(token, ended);
	try {
		const me = await ask<Me>('whoami');
		session.refusal = me.role === nobody?.role ? { by: 'role', why: '' } : null;
		session.me = session.refusal ? null : me;
		session.ended = false;
	} catch (failure) {
		const isRefused =
			failure instanceof Failure && failure.status >= 400 && failure.status < 500 && failure.status !== 429;
		session.refusal = { by: isRefused ? 'token' : 'server', why: words(failure) };
	}
	// a token outlives a server that is away
	if (session.refusal) signRequests(null);
	if (session.refusal && session.refusal.by !== 'server') sessionStorage.removeItem(KEY);
	else sessionStorage.setItem(KEY, token);
}

// the library is loaded only where there is a provider; there is one manager, since a refresh token may serve but once
let manager: UserManager | undefined;
async function provider() {
	const { UserManager, WebStorageStateStore } = await import('oidc-client-ts');
	const { issuer, client, scope, resource } = session.openid!;
	const page = location.href.replace(/[?#].*/, '');
	return (manager ??= new UserManager({
		authority: issuer,
		client_id: client,
		redirect_uri: page,
		post_logout_redirect_uri: page,
		response_type: 'code',
		scope: scope || 'openid',
		resource: resource || undefined,
		userStore: new WebStorageStateStore({ store: sessionStorage }),
		automaticSilentRenew: false,
		accessTokenExpiringNotificationTimeInSeconds: 10,
	}));
}

// whether the provider has to ask who it is: it would let the same person in again
let anew = false;

export async function signInByProvider() {
	session.refusal = null;
	try {
		await (await provider()).signinRedirect({ state: location.hash, prompt: anew ? 'login' : undefined });
	} catch (failure) {
		session.refusal = { by: 'provider', why: words(failure) };
	}
}

export async function signOut() {
	sessionStorage.removeItem(KEY);
	signRequests(null);
	session.me = null;
	session.ended = false;
	anew = true;
	if (session.openid) await (await provider()).removeUser();
}

/** At the start: what the web server says of sign-in, and a token that was given before. */
export async function resume() {
	const config = await fetch('./sign-in.json').then(
		(answer) => (answer.ok ? answer.json() : null),
		() => null,
	);
	if (config?.issuer && config?.client) session.openid = config;
	const search = new URLSearchParams(location.search);
	if (session.openid && (search.has('code') || search.has('error')) && search.has('state')) await returnFromProvider();
	else {
		const token = sessionStorage.getItem(KEY);
		if (token) await signInWith(token);
	}
	if (session.openid && session.me) await renewSilently();
	session.ready = true;
}

async function returnFromProvider() {
	let place: unknown;
	try {
		const manager = await provider();
		const user = await manager.signinRedirectCallback();
		place = user.state;
		await signInWith(user.access_token);
		anew = !session.me;
		if (anew) await manager.removeUser();
	} catch (failure) {
		place = (failure as { state?: unknown }).state;
		session.refusal = { by: 'provider', why: words(failure) };
	}
	history.replaceState(null, '', location.pathname + (typeof place === 'string' ? place : ''));
	if (place) dispatchEvent(new HashChangeEvent('hashchange'));
}

/** By a refresh token, if there is one: the pages may have no frame, in which it could be done without. */
async function renewSilently() {
	const manager = await provider();
	const user = await manager.getUser();
	let token = sessionStorage.getItem(KEY);
	if (!user?.refresh_token || user.access_token !== token) return;
	manager.events.addUserLoaded((renewed) => {
		// they have signed out, or somebody else has signed in by a token
		if (session.me ? sessionStorage.getItem(KEY) !== token : !session.ended) return;
		token = renewed.access_token;
		if (!session.me) return void signInWith(token);
		sessionStorage.setItem(KEY, token);
		signRequests(token, ended);
	});
	manager.startSilentRenew();
}
