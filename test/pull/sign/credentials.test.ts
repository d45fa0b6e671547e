import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../../../shared/core/answer/exchange.ts';
import { explain, Failure } from '../../../shared/core/failures.ts';
import type { Credentials } from '../../../shared/core/source/credentials/credentials-schema.ts';
import type { Source } from '../../../shared/core/source/source.ts';
import { memoryHttp, memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { silentJournal } from '../../../shared/ports/journal.ts';
import { memoryTokenLock } from '../../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../../shared/ports/random.ts';
import { memorySecrets, type SecretFields } from '../../../shared/ports/secrets/secrets.ts';
import { connectCredentials, type Response } from '../../../shared/pull/sign/credentials.ts';
import {
  api,
  errorOf,
  jumpingClock,
  page,
  sourceWith,
  statusOf,
  tokenUrl,
} from './token-world.ts';

type Handler = (request: HttpRequest) => HttpAnswer;

function connect(
  source: Source,
  fields: SecretFields,
  handler: Handler = () => memoryResponse(200, {}),
) {
  const clock = jumpingClock();
  const given = new Map([['shop', fields]]);
  const http = memoryHttp(handler);
  const secrets = memorySecrets(given);
  const tokenLock = memoryTokenLock(clock);
  const random = seededRandom(1);
  const ports = { source, secrets, http, tokenLock, clock, random, journal: silentJournal };
  return { credentials: connectCredentials(ports), http, given, clock };
}

const signing = (spec: Credentials, fields: SecretFields, handler?: Handler) =>
  connect(sourceWith(spec), fields, handler);

describe('what a request is signed with', () => {
  const accept = 'application/json';
  const kinds: readonly [string, Credentials, SecretFields, Partial<HttpRequest>][] = [
    ['nothing', { kind: 'none' }, {}, {}],
    [
      'a bearer token',
      { kind: 'bearer' },
      { token: 'abc.def' },
      { headers: { accept, authorization: 'Bearer abc.def' } },
    ],
    [
      'a key in a header',
      { kind: 'api-key', header: 'X-Api-Key' },
      { key: 'abc' },
      { headers: { accept, 'x-api-key': 'abc' } },
    ],
    [
      'a key in the query',
      { kind: 'api-key', query: 'api key' },
      { key: 'a&b=ü' },
      { url: `${api}/items?api%20key=a%26b%3D%C3%BC` },
    ],
    [
      'a name and a password',
      { kind: 'basic' },
      { username: 'Aladdin', password: 'open sesame' },
      { headers: { accept, authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' } },
    ],
  ];
  it.each(kinds)('is %s', async (_name, spec, fields, expected) => {
    const { credentials, http } = signing(spec, fields);
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(http.sent).toEqual([{ ...page(), ...expected }]);
  });

  it('leaves a link as it was written, and replaces the key that is already in it', async () => {
    const { credentials, http } = signing({ kind: 'api-key', query: 'key' }, { key: 'new' });
    await credentials.send(page(`${api}/items?after=%7e%2F+x&key=old&b=[1]#top`));
    expect(http.sent[0]?.url).toBe(`${api}/items?after=%7e%2F+x&b=[1]&key=new`);
  });

  it('never goes to another origin', async () => {
    const { credentials, http } = signing({ kind: 'bearer' }, { token: 'planted' });
    for (const url of ['https://api.example.evil/v1', 'http://api.example/v1', 'nonsense']) {
      const error = await errorOf(credentials.send(page(url)));
      expect(error.name).toBe(Failure.failed);
      expect(error.message).toContain('the credentials of shop are for https://api.example.');
    }
    expect(http.sent).toEqual([]);
  });

  it.each([
    ['bearer', { token: 'planted\n' }],
    ['bearer', { token: 'planted x' }],
    ['basic', { username: 'planted:x', password: 'planted' }],
  ] as const)(
    'refuses a %s value that cannot travel, without showing it',
    async (kind, fields) => {
      const { credentials } = signing({ kind }, fields);
      const error = await errorOf(credentials.send(page()));
      expect(error.name).toBe(Failure.credentials);
      expect(explain(error)).not.toContain('planted');
    },
  );

  it('takes the token from the client credentials, in the form or in a header', async () => {
    const spec = { kind: 'oauth2-client-credentials', scope: 'read' } as const;
    const fields = { clientId: 'id 1', clientSecret: 'a:b' };
    for (const clientIn of ['form', 'header'] as const) {
      const { credentials, http } = signing({ ...spec, tokenUrl, clientIn }, fields, (request) =>
        memoryResponse(200, request.url === tokenUrl ? { access_token: 'abc' } : {}),
      );
      await credentials.send(page());
      const form = 'grant_type=client_credentials&scope=read';
      const [asked, used] = http.sent;
      expect(asked).toMatchObject(
        clientIn === 'form'
          ? { method: 'POST', body: `${form}&client_id=id+1&client_secret=a%3Ab` }
          : { body: form, headers: { authorization: `Basic ${btoa('id+1:a%3Ab')}` } },
      );
      expect(used?.headers['authorization']).toBe('Bearer abc');
    }
  });
});

describe('settings', () => {
  const prefixed = sourceWith(
    { kind: 'oauth2-client-credentials', tokenUrl: 'https://{prefix}.example/token' },
    { baseUrl: 'https://{prefix}.example/v1', settings: { prefix: 'the name of the shop' } },
  );

  it('fill the token URL and the origin, and are no credentials', async () => {
    const fields = { clientId: 'id', clientSecret: 'hush-hush', prefix: 'mine' };
    const { credentials, http } = connect(prefixed, fields, () =>
      memoryResponse(200, { access_token: 'abc' }),
    );
    expect(await credentials.settings()).toEqual({ prefix: 'mine' });
    await credentials.send(page('https://mine.example/v1/items'));
    expect(http.sent.map(({ url }) => url)).toEqual([
      'https://mine.example/token',
      'https://mine.example/v1/items',
    ]);
    expect(credentials.redact('mine: hush-hush')).toBe('mine: ***');
  });

  it('are missed together with the credentials', async () => {
    const { credentials } = connect(prefixed, { clientSecret: 'x' });
    expect((await errorOf(credentials.settings())).message).toMatch(/: clientId, prefix\.$/);
  });

  it('cost no secret when a source needs none', async () => {
    const { credentials, given } = connect(sourceWith(undefined), {});
    given.clear();
    expect(await credentials.settings()).toEqual({});
    expect(statusOf(await credentials.send(page()))).toBe(200);
  });
});

describe('a refused key', () => {
  const only =
    (token: string): Handler =>
    (request) =>
      memoryResponse(request.headers['authorization'] === `Bearer ${token}` ? 200 : 401, {});

  it('is the answer, after one look at the secret', async () => {
    const { credentials, http } = signing({ kind: 'bearer' }, { token: 'old' }, only('new'));
    expect(statusOf(await credentials.send(page()))).toBe(401);
    expect(http.sent).toHaveLength(1);
  });

  it('is replaced when its owner has replaced it meanwhile', async () => {
    const { credentials, given } = signing({ kind: 'bearer' }, { token: 'old' }, only('new'));
    await credentials.settings();
    await credentials.authorize(page());
    given.set('shop', { token: 'new' });
    expect(statusOf(await credentials.send(page()))).toBe(200);
  });

  it('can be told by another sign than a 401', async () => {
    const handler: Handler = (request) =>
      memoryResponse(
        request.headers['authorization'] === 'Bearer new' ? 200 : 403,
        'expired token',
      );
    const { credentials, given } = signing({ kind: 'bearer' }, { token: 'old' }, handler);
    await credentials.authorize(page());
    given.set('shop', { token: 'new' });
    const look = { rejectsToken: ({ status }: Response) => status === 403 };
    const answer = await credentials.send(page(), undefined, look);
    expect(statusOf(answer)).toBe(200);
  });
});

describe('no credential is in any error text', () => {
  const secretText = fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' });
  const credential = secretText.filter((text) => text.trim().length >= 8 && !text.includes('*'));
  const disguise = fc.constantFrom<(text: string) => string>(
    (text) => text,
    encodeURIComponent,
    (text) => JSON.stringify(text),
    (text) => Buffer.from(`client:${text}`).toString('base64'),
    (text) => new URLSearchParams([['x', text]]).toString(),
  );
  const spec = fc.constantFrom<Credentials>(
    { kind: 'bearer' },
    { kind: 'api-key', query: 'key' },
    { kind: 'basic' },
    { kind: 'oauth2-client-credentials', tokenUrl },
    { kind: 'oauth2-refresh-token', tokenUrl, clientIn: 'header' },
  );
  const status = fc.constantFrom(200, 400, 401, 403, 429, 503);

  it('whatever a server echoes, and however', async () => {
    const property = fc.asyncProperty(spec, credential, disguise, status, fc.boolean(), check);
    await fc.assert(property, { numRuns: 300 });
  });

  async function check(
    kind: Credentials,
    secret: string,
    hide: (text: string) => string,
    code: number,
    breaks: boolean,
  ): Promise<void> {
    const names = ['token', 'key', 'password', 'clientSecret', 'refreshToken', 'accessToken'];
    const fields = Object.fromEntries(names.map((name) => [name, secret]));
    const echo = `bad ${hide(secret)} value`;
    const { credentials } = signing(kind, { ...fields, username: 'me', clientId: 'client' }, () =>
      breaks
        ? { kind: 'fault', reason: 'unreachable', message: echo }
        : memoryResponse(code, { error: 'invalid_grant', error_description: echo }),
    );
    const said = await credentials.send(page()).then(
      (answer) => (answer.kind === 'fault' ? answer.message : ''),
      (error: unknown) => explain(error),
    );
    expect(said).not.toContain(secret);
    expect(said).not.toContain(hide(secret));
    expect(said).not.toContain('\n');
  }
});
