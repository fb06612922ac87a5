// node openid-provider.mjs PORT: a provider of OpenID Connect, for people who need no password.
import { generateKeyPairSync } from 'node:crypto';
import { Provider, interactionPolicy } from 'oidc-provider';

const people = {
	bob: { role: 'boss' },
	mallory: { role: 'postgres' },
	claire: { role: 'clerk', seconds: 6 },
	ada: { role: 'chief', seconds: 13, renewed: true },
};
const seconds = (name) => people[name].seconds ?? 3600;

const port = process.argv[2];
const policy = interactionPolicy.base();
policy.remove('consent');	// of the people; below they have given it

const provider = new Provider(`http://127.0.0.1:${port}`, {
	clients: [{
		client_id: 'smartwf', token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'],
		// native: it may be at any port, which is not known yet
		application_type: 'native', redirect_uris: ['http://127.0.0.1/app/'],
	}],
	pkce: { required: () => true, methods: ['S256'] },
	clientBasedCORS: () => true,
	findAccount: (ctx, name) => people[name] && { accountId: name, claims: () => ({ sub: name }) },
	loadExistingGrant(ctx) {
		const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
		grant.addOIDCScope('openid');
		return grant.save().then(() => grant);
	},
	extraTokenClaims: (ctx, token) => ({ role: people[token.accountId].role }),
	issueRefreshToken: (ctx, client, code) => Boolean(people[code.accountId].renewed),
	rotateRefreshToken: true,
	formats: {
		customizers: {
			// PostgREST forgives an expired token 30 seconds
			jwt(ctx, token, { payload }) { if (people[token.accountId].seconds) payload.exp -= 30; },
		},
	},
	features: {
		devInteractions: { enabled: false },
		resourceIndicators: {
			enabled: true,
			useGrantedResource: () => true,
			getResourceServerInfo: () => ({ scope: '', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
		},
	},
	ttl: { AccessToken: (ctx, token) => seconds(token.accountId), Grant: 3600, IdToken: 3600, Interaction: 3600, RefreshToken: 3600, Session: 3600 },
	interactions: { policy, url: (ctx, interaction) => `/login/${interaction.uid}` },
	cookies: { keys: ['a key of cookies'] },
	jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
});

provider.use(async (ctx, next) => {
	if (!ctx.path.startsWith('/login/')) return next();
	const { name, cancel } = ctx.query;
	if (name in people || cancel !== undefined) {
		const result = cancel === undefined ? { login: { accountId: name } } : { error: 'access_denied', error_description: 'the login was cancelled' };
		ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
	} else {
		ctx.type = 'html';
		ctx.body = '<title>Log in</title><link rel="icon" href="data:,"><form><input name="name" aria-label="Name"><button>Log in</button><button name="cancel">Cancel</button></form>';
	}
});
provider.listen(port, '127.0.0.1');
