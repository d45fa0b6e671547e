import { describe, expect, it } from 'vitest';
import { ledgerConnection } from '../../../functions/connect-ledger.ts';
import { translate } from '../../../local/stack/aws-failure.ts';
import { freeGone } from '../../../local/stack/gone-leases.ts';
import { eventsBetween } from '../../../local/stack/stream-events.ts';
import { STREAM_LEASE_MS } from '../../../shared/core/bounds.ts';
import { explain } from '../../../shared/core/failures.ts';
import { newStreamRun, type StreamRun, type StreamState } from '../../../shared/core/run/run.ts';
import { virtualClock } from '../../../shared/ports/clock-virtual.ts';
import { memoryJournal } from '../../../shared/ports/journal.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { planRun, type StreamPlan } from '../../../shared/pull/plan/plan.ts';
import source from '../../../sources/jsonplaceholder.ts';

describe('what AWS refuses', () => {
  const tell = (name: string, message: string, asked = {}): string =>
    explain(translate(Object.assign(new Error(message), { name, $metadata: {} }), asked));

  it.each([
    [
      'ExpiredToken',
      'The security token included in the request is expired',
      'have run out. Sign in again, for example with `aws sso login`.',
    ],
    [
      'AccessDenied',
      'User: arn:aws:iam::1:user/eve is not authorized to perform: states:StopExecution on resource: arn:aws:states:x with an explicit deny',
      'arn:aws:iam::1:user/eve may not states:StopExecution on arn:aws:states:x. A policy denies it explicitly. Its role or user needs states:StopExecution.',
    ],
    ['AccessDeniedException', 'Nothing that we know', 'AWS refused: Nothing that we know'],
    [
      'CredentialsProviderError',
      'Token is expired. To refresh this SSO session run aws sso login',
      'Sign in again',
    ],
    [
      'ThrottlingException',
      'Rate exceeded\nat line 2',
      'AWS answered ThrottlingException: Rate exceeded',
    ],
  ])('is told in a line: %s', (name, message, told) => {
    expect(tell(name, message)).toContain(told);
    expect(tell(name, message)).not.toContain('\n');
  });

  it('stays a bug when it comes from nowhere near AWS', () => {
    const bug = new TypeError('x is not a function');
    expect(translate(bug, {})).toBe(bug);
  });
});

const NOW = 1_700_000_000_000;
const aState = (run: Partial<StreamRun>, changes: Partial<StreamState> = {}): StreamState => ({
  ...{ source: 'shop', stream: 'items', revision: 1, fence: 1, holder: 'arn' },
  leasedAtMs: 0,
  streamLeaseUntilMs: NOW + STREAM_LEASE_MS,
  freshAtMs: NOW,
  run: {
    ...newStreamRun({ runId: 'r1', startedAtMs: NOW, fullRefresh: false, walk: '' }),
    ...run,
  },
  ...changes,
});

describe('progress from two looks at a stream', () => {
  const kinds = (before: StreamState | undefined, now: StreamState): string[] =>
    eventsBetween(before, now, NOW + 1, NOW).map((event) =>
      event.kind === 'stream' ? event.status : event.kind,
    );

  it('tells of its start, its pages and its end', () => {
    const begun = aState({});
    const more = aState({ pages: 3, records: 30, bytes: 300, expected: 40 });
    const over = aState({ pages: 4, records: 40, bytes: 400, status: 'finished' }, { holder: '' });
    expect(kinds(undefined, begun)).toEqual(['started']);
    expect(kinds(begun, more)).toEqual(['page', 'batch']);
    expect(kinds(more, over)).toEqual(['page', 'batch', 'finished']);
    expect(kinds(over, over)).toEqual([]);
    expect(kinds(undefined, over)).toEqual(['started', 'page', 'batch', 'finished']);
  });

  it('tells of what was added, and of a resumed run nothing that was there', () => {
    const old = { startedAtMs: NOW - 1, pages: 3, records: 30 };
    expect(kinds(undefined, aState(old))).toEqual(['resumed']);
    const [page, batch] = eventsBetween(
      aState(old),
      aState({ ...old, pages: 5, records: 50 }),
      NOW,
      NOW,
    );
    expect(page).toMatchObject({ kind: 'page', pages: 5, records: 50 });
    expect(batch).toMatchObject({ kind: 'batch', pages: 2, records: 20 });
  });

  it('tells of a wait once, and of the cause of a failure', () => {
    const waits = aState({}, { streamLeaseUntilMs: NOW + 60_000 + STREAM_LEASE_MS });
    const [wait] = eventsBetween(aState({}), waits, NOW, NOW);
    expect(wait).toMatchObject({ kind: 'wait', waitMs: 60_000, untilMs: NOW + 60_000 });
    expect(kinds(waits, waits)).toEqual([]);
    const [failure] = eventsBetween(
      aState({}),
      aState({ status: 'failed', cause: '403' }),
      NOW,
      NOW,
    );
    expect(failure).toMatchObject({ kind: 'stream', status: 'failed', cause: '403' });
  });
});

describe('streams that ended executions hold', () => {
  const RUNNING = 'arn:aws:states:us-east-1:1:execution:sync:running';
  const ENDED = 'arn:aws:states:us-east-1:1:execution:sync:ended';
  const stepFunctions = {
    send: async ({ input }: { input: { executionArn: string } }) => ({
      ...input,
      status: input.executionArn === RUNNING ? 'RUNNING' : 'ABORTED',
    }),
  } as never;

  it('are freed with their cursor, behind a new fence; those of others are left', async () => {
    const ledger = memoryLedger(virtualClock(NOW));
    const holders = { items: ENDED, orders: RUNNING, sales: 'local:1:x', shops: '' };
    for (const [stream, holder] of Object.entries(holders)) {
      await ledger.moveStream(aState({ pages: 3 }, { stream, holder }));
    }
    const run = { source: 'shop', runId: 'r1', startedAtMs: NOW, fullRefresh: false, streams: [] };
    await ledger.writeRun({ ...run, status: 'running', holder: ENDED });
    expect(await freeGone({ ledger, stepFunctions }, ['shop', 'bank'])).toEqual(['shop/items']);
    expect(await ledger.readStream('shop', 'items')).toEqual(
      aState({ pages: 3 }, { holder: '', streamLeaseUntilMs: 0, fence: 2, revision: 2 }),
    );
    expect(await ledger.readRun('shop')).toMatchObject({ status: 'running', holder: '' });
    for (const [stream, holder] of Object.entries(holders).slice(1)) {
      expect(await ledger.readStream('shop', stream)).toMatchObject({ holder, fence: 1 });
    }
    expect(await freeGone({ ledger, stepFunctions }, ['shop'])).toEqual([]);
  });

  it('go on in the run that was broken off, whose finished streams are not read again', async () => {
    const ledger = memoryLedger(virtualClock(NOW));
    const ports = { clock: virtualClock(NOW), ledger, journal: memoryJournal() };
    const { isGone } = ledgerConnection({
      ...{ ledgerTable: 'ledger', lakeBucket: 'lake', lakePrefix: 'lake' },
      ...{ secretsPrefix: 'driplake/', catalogue: 'none', memoryMb: 256 },
    });
    const request = { source: source.name, streams: ['users', 'photos'] };
    const plan = (id: string) => planRun(ports, source, request, { id, startedAtMs: NOW, isGone });
    const names = (plans: readonly StreamPlan[]): string[] => plans.map(({ stream }) => stream);

    const first = await plan(ENDED);
    const users = await ledger.readStream(source.name, 'users');
    if (first.kind !== 'planned' || !users?.run) throw new Error('It was not planned.');
    const run = { ...users.run, status: 'finished' as const };
    await ledger.moveStream({ ...users, revision: users.revision + 1, holder: '', run });
    expect(names(first.streams)).toEqual(['users', 'photos']);

    expect(await freeGone({ ledger, stepFunctions }, [source.name])).toEqual([
      'jsonplaceholder/photos',
    ]);
    const again = await plan('arn:aws:states:us-east-1:1:execution:sync:next');
    if (again.kind !== 'planned') throw new Error(again.cause);
    expect(again.runId).toBe(first.runId);
    expect(names(again.streams)).toEqual(['photos']);
    expect(names(again.others)).toEqual(['users']);
  });
});
