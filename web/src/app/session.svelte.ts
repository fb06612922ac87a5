// Who has signed in, by a token or by OpenID Connect.
import { ask, Failure, signRequests } from '../api/client';
import type { Me } from '../api/types';

interface SignIn { issuer: string; client: string; scope?: string; resource?: string }

export const session = $state<{ me: Me | null; ready: boolean; ended: boolean; error: string; openid: SignIn | null }>({
	me: null, ready: false, ended: false, error: '', openid: null,
});

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
	signRequests(token, ended);
	try {
		session.me = await ask<Me>('whoami');
		session.ended = false;
		session.error = '';
		sessionStorage.setItem(KEY, token);
	} catch (failure) {
		signRequests(null);
		sessionStorage.removeItem(KEY);
		session.error = failure instanceof Failure ? failure.message : String(failure);
	}
}

// the library is loaded only where there is a provider
async function provider() {
	const { UserManager, WebStorageStateStore } = await import('oidc-client-ts');
	const { issuer, client, scope, resource } = session.openid!;
	const page = location.href.replace(/[?#].*/, '');
	return new UserManager({
		authority: issuer, client_id: client, redirect_uri: page, post_logout_redirect_uri: page,
		response_type: 'code', scope: scope || 'openid', resource: resource || undefined, userStore: new WebStorageStateStore({ store: sessionStorage }),
		automaticSilentRenew: true,
	});
}

export async function signInByProvider() {
	session.error = '';
	try {
		await (await provider()).signinRedirect({ state: location.hash });
	} catch (failure) {
		session.error = failure instanceof Error ? failure.message : String(failure);
	}
}

export async function signOut() {
	sessionStorage.removeItem(KEY);
	signRequests(null);
	session.me = null;
	session.ended = false;
	if (session.openid) await (await provider()).removeUser();
}

/** At the start: what the web server says of sign-in, and a token that was given before. */
export async function resume() {
	const config = await fetch('./sign-in.json').then((answer) => (answer.ok ? answer.json() : null), () => null);
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
	let place = '';
	try {
		const user = await (await provider()).signinRedirectCallback();
		place = typeof user.state === 'string' ? user.state : '';
		await signInWith(user.access_token);
	} catch (failure) {
		session.error = failure instanceof Error ? failure.message : String(failure);
	}
	history.replaceState(null, '', location.pathname + place);
	if (place) dispatchEvent(new HashChangeEvent('hashchange'));
}

async function renewSilently() {
	const manager = await provider();
	if (await manager.getUser()) manager.events.addUserLoaded((user) => void signInWith(user.access_token));
}
