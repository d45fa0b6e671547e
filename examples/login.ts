// An API with sessions: a login returns a token that lives as long as it says, and a key of the
// tenant stands in every request beside it. A session that is over answers 403.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'login-example',
  baseUrl: 'https://api.example.com/v2',
  // A variable and a field of the secret, as a setting is; masked everywhere, free to change.
  secrets: { tenantKey: 'The key of the tenant, on the page of its administrator' },
  headers: { 'X-Tenant': '{tenantKey}' },
  credentials: {
    kind: 'login',
    request: { url: '/login', body: { user: '{username}', password: '{password}' } },
    token: 'session.token',
    expires: 'session.seconds',
    header: 'X-Session',
    format: '{token}',
  },
  verdicts: [{ status: 403, text: 'session', verdict: 'refresh' }],
  // Balances the load by a cookie: the pages of a walk stay on one node.
  cookies: ['node'],
  streams: [
    {
      name: 'visits',
      path: 'visits',
      records: 'visits',
      pagination: { kind: 'link', from: 'next', sizeParam: 'limit', pageSize: 100 },
      primaryKey: ['id'],
    },
  ],
});
