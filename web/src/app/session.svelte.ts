// Who has signed in, by a token or by OpenID Connect.
import type { UserManager } from 'oidc-client-ts';
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

// the library is loaded only where there is a provider; there is one manager, since a refresh token may serve but once
let manager: UserManager | undefined;
async function provider() {
	const { UserManager, WebStorageStateStore } = await import('oidc-client-ts');
	const { issuer, client, scope, resource } = session.openid!;
	const page = location.href.replace(/[?#].*/, '');
	return (manager ??= new UserManager({
		authority: issuer, client_id: client, redirect_uri: page, post_logout_redirect_uri: page,
		response_type: 'code', scope: scope || 'openid', resource: resource || undefined, userStore: new WebStorageStateStore({ store: sessionStorage }),
		automaticSilentRenew: false, accessTokenExpiringNotificationTimeInSeconds: 10,
	}));
}

// whether the provider has to ask who it is: it would let the same person in again
let anew = false;

export async function signInByProvider() {
	session.error = '';
	try {
		await (await provider()).signinRedirect({ state: location.hash, prompt: anew ? 'login' : undefined });
	} catch (failure) {
		session.error = failure instanceof Error ? failure.message : String(failure);
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
		session.error = failure instanceof Error ? failure.message : String(failure);
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
