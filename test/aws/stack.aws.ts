// `driplake start | status | logs | stop | redrive` as an operator uses them on the deployed stack:
// real processes, with credentials from a profile. The tests build on each other, in order. A
// schedule starts runs of other streams meanwhile.

import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Service, startService } from '../../local/machine/service.ts';
import type { RunReport } from '../../shared/core/run/report.ts';
import { cleanUpWorkplaces } from '../local/command.ts';
import { config, ledger, output, stepFunctions } from './clients.ts';
import { expectWhole, SOURCE } from './landed.ts';
import { createReader, operator, PROFILE, READER } from './operator.ts';
import { SLOW } from './shop.ts';

const PORT = inject('servicePort');
const SYNC = output('SyncMachineArn');
const STACK = ['--stack', 'Driplake'];
/** A minute at most; a machine that does other things meanwhile takes ten times that. */
const DONE_MS = 600_000;

cleanUpWorkplaces();
const place = operator();

const FAST = { size: 500, leakPerSecond: 200 };
/**
 * 40 pages, then one in half a minute: a run is not over before it is mended, and since that is
 * longer than a function sleeps, the machine waits. What it leaves of the limit is its own.
 */
const AT_A_CRAWL = { size: 40, leakPerSecond: 0.03 };

let service: Service | undefined;
let slow: Service | undefined;

async function serve(): Promise<void> {
  await service?.close();
  service = await startService({ port: PORT, ...FAST });
}

async function serveSlow(options: typeof FAST): Promise<void> {
  await slow?.close();
  slow = await startService({ port: inject('slowPort'), ...options });
}

beforeAll(serve);
afterAll(() => Promise.all([service?.close(), slow?.close()]));

const statusesOf = (report: RunReport): Record<string, string> =>
  Object.fromEntries(report.streams.map(({ stream, status }) => [stream, status]));

/** What the ledger has of a stream, once that is so. */
async function streamOnce(stream: string, isSo: (pages: number, holder: string) => boolean) {
  for (;;) {
    const state = await ledger.readStream(SLOW, stream);
    if (state?.run && isSo(state.run.pages, state.holder)) return { ...state, run: state.run };
    await sleep(250);
  }
}

describe('on the wrong way', () => {
  it.each([
    [
      'a stack that is not there',
      ['status', '--stack', 'Nowhere'],
      {},
      /no stack Nowhere in us-east-1\. Stacks of Driplake there: .*Driplake/,
    ],
    [
      'another stack',
      ['status', '--stack', 'CDKToolkit'],
      {},
      /CDKToolkit has no sync machine\. .*Driplake/,
    ],
    [
      'a profile that is not there',
      ['status', ...STACK, '--profile', 'nobody'],
      {},
      /No AWS credentials were found for the profile nobody\./,
    ],
    [
      'no region',
      ['status', ...STACK],
      { AWS_REGION: '', AWS_PROFILE: 'homeless' },
      /No AWS region is chosen\. Name one with --region/,
    ],
    [
      'keys that nobody knows',
      ['status', ...STACK, '--profile', 'stranger'],
      {},
      /AWS does not know these credentials\./,
    ],
    [
      'an endpoint that nobody serves',
      ['status', ...STACK],
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' },
      /AWS can't be reached in us-east-1: .*ECONNREFUSED/,
    ],
    [
      'a source that was not deployed',
      ['start', 'lightspeed-r', ...STACK],
      {},
      /Driplake has no source "lightspeed-r"; it has: jsonplaceholder, shop, slow\. Add it to `sources`/,
    ],
    [
      'a source whose name is mistyped',
      ['redrive', 'jsonplacehodler', ...STACK],
      {},
      /Driplake has no source "jsonplacehodler"; it has: jsonplaceholder, shop, slow\./,
    ],
    [
      'a stream that is not there',
      ['start', SOURCE, '--stream', 'nothing', ...STACK],
      {},
      /jsonplaceholder has no stream nothing\. It has: users,/,
    ],
    [
      'a time that is none',
      ['logs', ...STACK, '--since', 'yesterday'],
      {},
      /--since yesterday is no time\. Give a span/,
    ],
  ])('says what is wrong with %s, in a line', async (_, args, env, text) => {
    const { code, stdout, stderr } = await place.startWith(env, ...args).ended;
    expect({ stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({
      stdout: '',
      lines: 1,
    });
    expect(stderr).toMatch(text);
    expect(stderr).not.toContain('bug');
    expect(code).toBe(/reached/.test(stderr) ? 1 : 2);
  });

  it('names the right that is missing', async () => {
    await createReader(new CloudFormationClient(config));
    const args = ['start', SOURCE, ...STACK, '--profile', READER];
    const { code, stdout, stderr } = await place.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^driplake: arn:aws:sts::\d+:assumed-role\/reader\/\S+ may not states:ListExecutions.* Its role or user needs states:ListExecutions\.$/m,
    );
  });
});

describe('start', () => {
  it('waits for the end and prints the report of a run', { timeout: DONE_MS }, async () => {
    const args = ['--stream', 'albums', '--stream', 'comments', '--wait', '--json'];
    const { code, stdout, stderr } = await place.run('start', SOURCE, ...args, ...STACK);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const report: RunReport = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual(['runId', 'source', 'status', 'streams']);
    expect(statusesOf(report)).toEqual({ albums: 'done', comments: 'done' });
    await expectWhole('albums', report.runId);
    await expectWhole('comments', report.runId);
    expect(stderr).toContain(`execution  arn:aws:states:us-east-1:000000000000:execution:`);
    expect(stderr).toMatch(/^albums: finished$/m);
    expect(stderr).toMatch(/^comments: landed 25 pages, 500 records$/m);
    expect(stderr).toContain(`The lake is ${output('LakeUrl')}.`);
  });

  it('finds the run that another shell has begun', { timeout: DONE_MS }, async () => {
    await serveSlow(AT_A_CRAWL);
    const args = ['start', SLOW, '--stream', 'photos', '--json', ...STACK];
    const told = [await place.run(...args), await place.run(...args)].map(({ stdout }) =>
      JSON.parse(stdout),
    );
    expect(told.map(({ status }) => status)).toEqual(['started', 'running']);
    expect(told[1].execution).toBe(told[0].execution);
    expect(told[0]).toMatchObject({
      ...{ stack: 'Driplake', source: SLOW, input: { source: SLOW, streams: ['photos'] } },
      console: expect.stringMatching(/^https:\/\/us-east-1\.console\.aws\.amazon\.com\/states\//),
    });
    const follow = place.start(...args, '--wait');
    await follow.until((stderr) =>
      stderr.startsWith('A run of slow that was asked for the same is going'),
    );
    await serveSlow(FAST);
    expect(statusesOf(JSON.parse((await follow.ended).stdout))).toEqual({ photos: 'done' });
  });
});

describe('a run that is stopped in the middle', () => {
  let before: Awaited<ReturnType<typeof streamOnce>>;
  let stopped: { executions: { execution: string; drains: number }[]; freed: string[] };
  let requests = 0;

  beforeAll(async () => {
    await serveSlow(AT_A_CRAWL);
    const started = await place.run(
      'start',
      SLOW,
      '--stream',
      'photos',
      '--full-refresh',
      ...STACK,
    );
    expect(started.stderr).toMatch(/^ {2}stop {7}driplake stop slow --stack Driplake$/m);
    const arn = started.stdout.trim();
    before = await streamOnce('photos', (pages, holder) => pages > 0 && holder === arn);
    const status = await place.run('status', ...STACK);
    expect(status.stdout).toMatch(/│ slow-\S+ +│ running +│.*│ slow photos, full refresh +│/);
    expect(status.stdout).toMatch(/│ slow +│ photos +│ draining, held │/);
    const follow = place.start(
      'start',
      SLOW,
      '--stream',
      'photos',
      '--full-refresh',
      '--wait',
      ...STACK,
    );
    await follow.until((stderr) => /^photos: waits \d+\.\d s for permits, until /m.test(stderr));
    follow.kill('SIGINT');
    expect(await follow.ended).toMatchObject({
      ...{ code: 130, stdout: '' },
      stderr: expect.stringContaining('The run goes on. Stop it with `driplake stop slow'),
    });
    before = await streamOnce('photos', (pages) => pages > 0);
    const ended = await place.run('stop', SLOW, '--json', ...STACK);
    stopped = JSON.parse(ended.stdout);
    expect(stopped.executions).toContainEqual({ execution: arn, source: SLOW, drains: 1 });
    requests = slow?.stats.requests ?? 0;
  }, DONE_MS);

  it('is over, and so are its drains', async () => {
    for (const stateMachineArn of [SYNC, output('DrainMachineArn')]) {
      const list = new ListExecutionsCommand({ stateMachineArn, statusFilter: 'ABORTED' });
      expect((await stepFunctions.send(list)).executions).not.toEqual([]);
    }
  });

  it('leaves its streams to nobody, with their cursor', async () => {
    expect(stopped.freed).toContain(`${SLOW}/photos`);
    const after = await ledger.readStream(SLOW, 'photos');
    expect(after).toMatchObject({ holder: '', streamLeaseUntilMs: 0, fence: before.fence + 1 });
    expect(after?.run).toEqual(before.run);
    expect(after?.run?.pages).toBeGreaterThan(0);
  });

  it('goes on from there when it is redriven, in a new execution', {
    timeout: DONE_MS,
  }, async () => {
    await serveSlow(FAST);
    const redriven = JSON.parse((await place.run('redrive', SLOW, '--json', ...STACK)).stdout);
    const input = { source: SLOW, streams: ['photos'], fullRefresh: true };
    expect(redriven.redriven).toContainEqual(
      expect.objectContaining({ status: 'started', input }),
    );
    const args = ['--stream', 'photos', '--full-refresh', '--wait'];
    const { code, stdout, stderr } = await place.run('start', SLOW, ...args, ...STACK);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^photos: resumed$/m);
    expect(stdout).toMatch(/│ photos +│ done +│ +250 │ +5,000 │/);
    expect(stdout).toMatch(/^Run \S+ of slow: done\. 5,000 records, 250 pages/m);
    await expectWhole('photos', before.run.runId, SLOW);
    expect(requests).toBeGreaterThanOrEqual(before.run.pages);
  });

  it('is not redriven again', async () => {
    const again = await place.run('redrive', SLOW, ...STACK);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).not.toContain('photos');
  });
});

describe('a run that fails', () => {
  let broken: Server;
  let failed: { code: number | null; stdout: string; stderr: string };

  beforeAll(async () => {
    await service?.close();
    broken = createServer((_, response) => response.writeHead(403).end('Go away')).listen(
      PORT,
      '127.0.0.1',
    );
    const args = ['--stream', 'todos', '--wait', '--json'];
    failed = await place.run('start', SOURCE, ...args, ...STACK);
    await new Promise((resolve) => {
      broken.closeAllConnections();
      broken.close(resolve);
    });
    await serve();
  }, DONE_MS);

  it('is told with its cause and what to do, and exits 1', () => {
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      ...{ source: SOURCE, status: 'failed' },
      streams: [{ stream: 'todos', status: 'failed', cause: expect.stringContaining('Go away') }],
    });
    expect(failed.stderr).toContain('then `driplake start jsonplaceholder --stream todos --stack');
  });

  it('is in the logs, between the lines of others', async () => {
    const { stdout } = await place.run('logs', '--errors', '--stream', 'todos', ...STACK);
    expect(stdout).toMatch(/^20\S+Z WARN {2}jsonplaceholder\/todos .*runId=\S+ .*Go away/m);
    const json = await place.run('logs', '--json', '--source', SOURCE, '--since', '10m', ...STACK);
    const lines = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(lines.map(({ source }) => source))).toEqual(new Set([SOURCE]));
    expect(lines.map(({ message }) => message)).toContain('batch');
    const nothing = await place.run('logs', '--run', 'nothing', ...STACK);
    expect(nothing).toMatchObject({ code: 0, stdout: '' });
    expect(nothing.stderr).toMatch(/^Nothing was logged since 20/);
  });

  it('is redriven with the logs followed', { timeout: DONE_MS }, async () => {
    const followed = place.start(
      'logs',
      '--follow',
      '--stream',
      'todos',
      '--since',
      '1h',
      '--profile',
      PROFILE,
      ...STACK,
    );
    await followed.until((_, lines) => lines.includes('Go away'));
    const since = new Date().toISOString();
    const { stdout } = await place.run('redrive', SOURCE, ...STACK);
    expect(stdout).toMatch(/^Started a run of jsonplaceholder in Driplake\.$/m);
    const batch = /^(\S+) INFO {2}jsonplaceholder\/todos batch .*pages=10 /gm;
    await followed.until((_, lines) =>
      [...lines.matchAll(batch)].some(([, at = '']) => at > since),
    );
    followed.kill('SIGTERM');
    await followed.ended;
  });
});

describe('at the end', () => {
  it('there is nothing to stop', async () => {
    const { code, stdout } = await place.run('stop', 'lightspeed-r', ...STACK);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Nothing of lightspeed-r is running in Driplake.\n',
    });
  });

  it('status tells executions, streams and budgets to programs', async () => {
    const told = JSON.parse((await place.run('status', '--json', ...STACK)).stdout);
    expect(Object.keys(told)).toEqual(['stack', 'executions', 'runs', 'streams', 'budgets']);
    expect(told.executions.length).toBeGreaterThan(5);
    expect(told.streams).toContainEqual(
      expect.objectContaining({
        source: SLOW,
        stream: 'photos',
        status: 'finished',
        cursor: 'end',
      }),
    );
  });
});
