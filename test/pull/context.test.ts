import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../shared/core/answer/exchange.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { virtualClock } from '../../shared/ports/clock-virtual.ts';
import { memoryHttp, memoryResponse } from '../../shared/ports/http/http-memory.ts';
import { memoryJournal } from '../../shared/ports/journal.ts';
import { memoryLake } from '../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { memorySecrets, type SecretFields } from '../../shared/ports/secrets/secrets.ts';
import { contexts } from '../../shared/pull/context.ts';

const SOURCE: Source = {
  name: 'books',
  baseUrl: 'https://api.example.com/account/{account}',
  settings: { account: 'Number of the account' },
  credentials: { kind: 'oauth2-refresh-token', tokenUrl: 'https://api.example.com/token' },
  streams: [{ name: 'rows', path: 'rows', records: 'data', pagination: { kind: 'single' } }],
};

const START_MS = Date.UTC(2026, 10, 2, 6);

/** All that the owner of an account keeps, tokens that were refreshed included. */
const secretOf = (account: string): SecretFields => ({
  account,
  clientId: 'lake',
  clientSecret: 'shh',
  refreshToken: `refresh-${account}`,
  accessToken: `access-${account}`,
  accessTokenExpiresAtMs: String(START_MS + 3_600_000),
});

/** A process that outlives runs, and the secret that its owner changes. */
function warmProcess() {
  const secret = new Map([[SOURCE.name, secretOf('1')]]);
  const clock = virtualClock(START_MS);
  const ports = {
    clock,
    random: seededRandom(1),
    http: memoryHttp(() => memoryResponse(500, {})),
    lake: memoryLake(),
    ledger: memoryLedger(clock),
    secrets: memorySecrets(secret),
    tokenLock: memoryTokenLock(clock),
    journal: memoryJournal(),
  };
  const contextOf = contexts(ports, async () => SOURCE);
  return {
    own: (account: string) => void secret.set(SOURCE.name, secretOf(account)),
    contextOf: (runId: string) => contextOf(SOURCE.name, runId),
    async signIn(runId: string): Promise<string | undefined> {
      const { credentials } = await contextOf(SOURCE.name, runId);
      const url = 'https://api.example.com/rows';
      const request: HttpRequest = { method: 'GET', url, headers: {}, timeoutMs: 1000 };
      const signing = await credentials.authorize(request);
      return signing.kind === 'ready' ? signing.request.headers['authorization'] : undefined;
    },
  };
}

describe('a process that outlives runs', () => {
  it('takes the settings as they are when it first sees a run, and keeps them for that run', async () => {
    const { own, contextOf } = warmProcess();
    expect((await contextOf('run-1')).settings['account']).toBe('1');
    own('2');
    expect((await contextOf('run-1')).settings['account']).toBe('1');
    expect((await contextOf('run-2')).settings['account']).toBe('2');
  });

  it('reads the settings again behind a run that was refused for them', async () => {
    const { own, contextOf } = warmProcess();
    own('2');
    const refused = await contextOf('run-1');
    own('1');
    refused.outdate();
    expect((await contextOf('run-1')).settings['account']).toBe('1');
  });

  it('never signs for one account with the token of another', async () => {
    const { own, signIn } = warmProcess();
    expect(await signIn('run-1')).toBe('Bearer access-1');
    own('2');
    expect(await signIn('run-1')).toBe('Bearer access-1');
    expect(await signIn('run-2')).toBe('Bearer access-2');
  });

  it('keeps its connection, which may hold tokens that could not be stored yet', async () => {
    const { contextOf } = warmProcess();
    const first = await contextOf('run-1');
    expect((await contextOf('run-2')).credentials).toBe(first.credentials);
  });

  it('connects a source once for all streams that begin at one moment', async () => {
    const { contextOf } = warmProcess();
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => contextOf('run-1')));
    for (const other of others) expect(other.credentials).toBe(first?.credentials);
  });
});
