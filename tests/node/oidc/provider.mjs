// OpenID providers of other organisations, as many as the file named by the first argument describes:
// [{"port", "audience", "keys": [private JWKs], "algorithm", "people": {"<sub>": {claims of the access token}}}]
//
// What a test may do to one: POST /-/keys (other signing keys from now on), POST /-/away {"away": true} (answers nothing
// but 503), GET /-/fetched (how often metadata and keys were asked for).

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

const CLIENT = 'portal';

function provider(issuer, described) {
  const { audience, keys, algorithm, people } = described;
  return new Provider(issuer, {
    jwks: { keys },
    cookies: { keys: ['only for tests'] },
    clients: [
      {
        client_id: CLIENT,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        id_token_signed_response_alg: algorithm,
      },
    ],
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (_ctx, token) => people[token.accountId],
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience,
          scope: 'mengchuang:read mengchuang:write',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600, AuthorizationCode: 60, RefreshToken: 600 },
  });
}

async function body(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

function serve(described) {
  const issuer = `http://127.0.0.1:${described.port}`;
  const state = { answer: provider(issuer, described).callback(), away: false, fetched: { metadata: 0, keys: 0 } };

  async function control(request, response) {
    if (request.url === '/-/keys') {
      described = { ...described, ...(await body(request)) };
      state.answer = provider(issuer, described).callback();
    } else if (request.url === '/-/away') {
      state.away = (await body(request)).away;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(state.fetched));
  }

  createServer((request, response) => {
    if (request.url.startsWith('/-/')) {
      control(request, response);
      return;
    }
    if (request.url === '/.well-known/openid-configuration') state.fetched.metadata += 1;
    if (request.url === '/jwks') state.fetched.keys += 1;
    if (state.away) {
      response.statusCode = 503;
      response.end('away');
    } else {
      state.answer(request, response);
    }
  }).listen(described.port, '127.0.0.1');
}

for (const described of JSON.parse(readFileSync(process.argv[2], 'utf8'))) serve(described);
console.log('listening');
