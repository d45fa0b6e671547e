import { describe, expect, it } from 'vitest';
import { apiRequest, headerOf } from './exchange.ts';
import { lightspeedR } from './lightspeed-r.ts';
import { type OAuth, rotatingTokens } from './oauth.ts';

const minute = 60_000;

function refresh(auth: OAuth, token: string, nowMs: number, secret = auth.clientSecret) {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: auth.clientId,
    client_secret: secret,
    refresh_token: token,
  });
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const options = { method: 'POST', headers, body: body.toString() };
  const response = auth.token(apiRequest('/auth/oauth/token', options), nowMs);
  const parsed: Record<string, string> = JSON.parse(String(response.body));
  return { response, access: parsed['access_token'] ?? '', next: parsed['refresh_token'] ?? '' };
}

const use = (auth: OAuth, token: string, nowMs: number) =>
  auth.check(apiRequest('/', { headers: { Authorization: `Bearer ${token}` } }), nowMs);

describe('token rotation', () => {
  it('each refresh gives a pair; the old refresh token lives until the new pair is used', () => {
    const auth = rotatingTokens(0);
    const first = refresh(auth, auth.first.refreshToken, 0);
    expect(first.access).not.toBe(auth.first.accessToken);
    const again = refresh(auth, auth.first.refreshToken, minute);
    expect(again.response.status).toBe(200);
    expect(use(auth, again.access, minute)).toBe('ok');
    const dead = refresh(auth, auth.first.refreshToken, 2 * minute);
    expect(dead.response.status).toBe(400);
    expect(dead.response.body).toContain('invalid_grant');
    expect(auth.seen().violations).toEqual(['a dead or unknown refresh token was presented']);
  });

  it('two refreshes at once destroy the chain of one of them', () => {
    const auth = rotatingTokens(0);
    const one = refresh(auth, auth.first.refreshToken, 0);
    const two = refresh(auth, auth.first.refreshToken, 0);
    expect(use(auth, one.access, 1)).toBe('ok');
    expect(use(auth, two.access, 2)).toBe('superseded');
    expect(refresh(auth, two.next, 3).response.status).toBe(400);
  });

  it('access tokens end after expires_in, refresh tokens after thirty unused days', () => {
    const auth = rotatingTokens(0, { lifetimeSeconds: 1800 });
    expect(use(auth, auth.first.accessToken, 1_799_999)).toBe('ok');
    expect(use(auth, auth.first.accessToken, 1_800_000)).toBe('expired');
    const late = refresh(auth, auth.first.refreshToken, 31 * 24 * 60 * minute);
    expect(late.response.body).toContain('invalid_grant');
  });

  it('refuses the sixth refresh of a minute and counts it', () => {
    const auth = rotatingTokens(0);
    let token = auth.first.refreshToken;
    for (let turn = 0; turn < 5; turn += 1) token = refresh(auth, token, turn).next;
    const sixth = refresh(auth, token, 10);
    expect(sixth.response.status).toBe(429);
    expect(headerOf(sixth.response, 'X-RateLimit-Reset')).toBe('60');
    expect(auth.seen()).toMatchObject({ refreshes: 5, refused: 1 });
    expect(auth.seen().violations).toHaveLength(1);
  });

  it('refuses a wrong secret, and JSON where only forms are read', () => {
    const auth = rotatingTokens(0, { formOnly: true });
    expect(refresh(auth, auth.first.refreshToken, 0, 'wrong').response.status).toBe(401);
    const headers = { 'Content-Type': 'application/json' };
    const request = apiRequest('/t', { method: 'POST', headers, body: '{}' });
    expect(auth.token(request, 1).status).toBe(400);
  });

  it('tokens vary in length and never repeat', () => {
    const auth = rotatingTokens(0, { refreshesPerMinute: 100 });
    const pairs = Array.from({ length: 20 }, () => refresh(auth, auth.first.refreshToken, 0));
    expect(new Set(pairs.map((pair) => pair.access)).size).toBe(20);
    expect(new Set(pairs.map((pair) => pair.access.length)).size).toBeGreaterThan(10);
  });

  it('the R-Series answers on its token paths and takes the tokens it gave', () => {
    const auth = rotatingTokens(0);
    const model = lightspeedR({ rows: { Item: 1 }, auth });
    const { access } = refresh(auth, auth.first.refreshToken, 0);
    const headers = { Authorization: `Bearer ${access}` };
    const request = apiRequest(`${model.basePath}/Item.json`, { headers });
    expect(model.handle(request, 1).status).toBe(200);
    auth.expireAll();
    expect(model.handle(request, 2).status).toBe(401);
    expect(model.handle(apiRequest('/auth/oauth/token', { method: 'POST' }), 3).status).toBe(400);
  });
});
