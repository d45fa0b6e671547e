import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { finishRunWith } from '../../functions/finish-run/handler.ts';
import { finishStreamWith } from '../../functions/finish-stream/handler.ts';
import { planRunWith } from '../../functions/plan-run/handler.ts';
import { pullPagesWith } from '../../functions/pull-pages/handler.ts';
import { ledgerClient, openLedgerServer, TABLE } from '../../local/ledger/ledger-server.ts';
import { readSource } from '../../shared/core/source/source.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { dynamoLedger } from '../../shared/ports/ledger/ledger-dynamo.ts';
import { systemRandom } from '../../shared/ports/random.ts';
import type { ApiModel } from '../apis/exchange.ts';
import { serve } from '../apis/serve.ts';
import { cleanUpWorkplaces, workplace } from '../local/command.ts';
import { BEHAVIOURS, echoing, KINDS, PLANTED, type SignIn, TOKEN_KINDS } from './echoing-api.ts';
import { openWorld, type World } from './harness.ts';
import { hastyClock } from './hasty-clock.ts';

cleanUpWorkplaces();
const HASTE = hastyClock();
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const ALL_KINDS = { ...KINDS, ...TOKEN_KINDS };

const sourceWith = ({ path = 'items', ...signIn }: SignIn) =>
  readSource(
    {
      name: 'shop',
      baseUrl: 'https://api.example.com/v1',
      ...signIn,
      patienceSeconds: 0,
      streams: [
        {
          name: 'items',
          path,
          query: { sort: 'id' },
          records: 'data',
          pagination: { kind: 'link', from: 'next' },
          primaryKey: ['id'],
        },
      ],
    },
    'the test',
  );

/** A source whose ledger is dynalite, so that its items can be looked at as AWS would keep them. */
async function world(kind: string, name: string) {
  const signIn = ALL_KINDS[kind];
  const behaviour = BEHAVIOURS[name];
  if (!signIn || !behaviour) throw new Error(`no ${kind}, or no API where ${name}`);
  const stateDir = await mkdtemp(join(tmpdir(), 'driplake-secrets-'));
  open.push(() => rm(stateDir, { recursive: true, force: true }));
  const server = await openLedgerServer(stateDir, systemClock());
  open.push(() => server.close());
  const client = ledgerClient(() => server.port);
  const ledger = dynamoLedger(client, TABLE, HASTE, systemRandom());
  const source = sourceWith(signIn);
  // The tokens of OAuth come from the endpoint, as planted.
  const { accessToken: _, ...secrets } = PLANTED;
  const opened = await openWorld(source, echoing(name, behaviour), {
    secrets,
    ledger,
    clock: HASTE,
  });
  open.push(opened.close);
  return { ...opened, client };
}

/** Every input and output of the tasks of a run, as Step Functions keeps them. */
async function states({ connection }: World<ApiModel>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const time = { getRemainingTimeInMillis: () => 60_000 };
  const connect = async () => connection;
  const call = async (handler: ReturnType<typeof planRunWith>, input: object): Promise<object> => {
    const output = await handler(input, time);
    seen.push(input, output);
    return output;
  };
  const input = { source: 'shop', fullRefresh: true };
  const event = { input, execution: 'states', startedAt: new Date().toISOString() };
  const plan: { streams?: readonly object[] } = await call(planRunWith(connect), event);
  const results: object[] = [];
  for (const stream of plan.streams ?? []) {
    let state: { kind?: string } = await call(pullPagesWith(connect), { ...stream, round: 0 });
    while (state.kind === 'more') {
      state = await call(pullPagesWith(connect), state);
    }
    const finished = state.kind === 'done' ? await call(finishStreamWith(connect), state) : state;
    results.push({ stream: 'items', ...finished });
  }
  await call(finishRunWith(connect), { ...plan, results });
  return seen;
}

async function itemsOf(client: DynamoDBClient): Promise<string> {
  return JSON.stringify((await client.send(new ScanCommand({ TableName: TABLE }))).Items);
}

/** Every file of a folder, packed ones unpacked as well. */
async function filesIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const bytes = await readFile(join(entry.parentPath, entry.name));
      const unpacked = entry.name.endsWith('.gz') ? gunzipSync(bytes).toString() : '';
      return `${entry.name}\n${bytes.toString()}\n${unpacked}`;
    });
  return (await Promise.all(texts)).join('\n');
}

/** Characters of a credential that no text may hold in a row: half of one is too much as well. */
const PIECE = 10;

/** The pieces of planted credentials that a text holds, in any form in which they travel. */
function leaks(text: string): string[] {
  const { username: _, clientId: __, ...secret } = PLANTED;
  const basic = Buffer.from(`${PLANTED.username}:${PLANTED.password}`).toString('base64');
  const forms = [...Object.values(secret), basic].flatMap((value) => [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ value }).toString().slice('value='.length),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString('base64').slice(0, -4),
    Buffer.from(value).toString('hex'),
  ]);
  return forms.flatMap((form) => {
    const pieces = Array.from({ length: form.length - PIECE + 1 }, (_, at) =>
      form.slice(at, at + PIECE),
    );
    return pieces.filter((piece) => text.includes(piece)).slice(0, 1);
  });
}

describe('a credential is nowhere but in its secret', () => {
  const cases = Object.keys(ALL_KINDS).flatMap((kind) =>
    Object.keys(BEHAVIOURS).map((name) => [kind, name] as const),
  );

  it.each(cases)('%s, when %s', async (kind, name) => {
    const shop = await world(kind, name);
    const { ended } = await shop.run();
    const tasks = await states(shop);
    const places = {
      outcome: JSON.stringify(ended),
      states: JSON.stringify(tasks),
      journal: JSON.stringify(shop.events),
      ledger: await itemsOf(shop.client),
      lake: await filesIn(shop.lakeDir),
    };
    expect(places.ledger).toContain('items');
    for (const [place, text] of Object.entries(places)) expect(leaks(text), place).toEqual([]);
    const goesWell = ['all is well', 'a next link carries', 'a 429'].some((one) =>
      name.startsWith(one),
    );
    const unasked = name.startsWith('the token endpoint') && !(kind in TOKEN_KINDS);
    const wanted = goesWell || unasked ? 'succeeded' : 'failed';
    expect(ended.kind, places.outcome).toBe(wanted);
  });

  it.each(Object.keys(ALL_KINDS))('%s, when nobody is there', async (kind) => {
    const shop = await world(kind, 'all is well');
    await shop.stopServer();
    const { ended } = await shop.run();
    expect(ended.kind).toBe('failed');
    expect(leaks(JSON.stringify([ended, shop.events]) + (await itemsOf(shop.client)))).toEqual([]);
  });

  it('and the search for it finds what is there', () => {
    for (const value of [PLANTED.key, PLANTED.token, PLANTED.password]) {
      expect(leaks(`...${value}...`)).not.toEqual([]);
      expect(leaks(encodeURIComponent(value))).not.toEqual([]);
      expect(leaks(value.slice(3, 15))).not.toEqual([]);
    }
    expect(leaks('nothing is here')).toEqual([]);
  });
});

describe('the command never says a credential', () => {
  it.each(['a 500 echoes the request', 'a next link carries the request’s own query'])(
    'when %s',
    async (name) => {
      const behaviour = BEHAVIOURS[name];
      if (!behaviour) throw new Error(`no API where ${name}`);
      const { url, close } = await serve(echoing(name, behaviour));
      open.push(close);
      const place = workplace({ DRIPLAKE_SHOP_KEY: PLANTED.key, DRIPLAKE_DEBUG: '1' });
      const source = {
        ...sourceWith({ credentials: { kind: 'api-key', query: 'api_key' } }),
        baseUrl: `${url}/v1`,
      };
      await writeFile(join(place.dir, 'shop.json'), JSON.stringify(source));
      const said = [
        await place.run('check', './shop.json'),
        await place.run('run', './shop.json'),
        await place.run('status', '--json'),
      ];
      const fails = name.startsWith('a 500') ? 1 : 0;
      expect(said.map(({ code }) => code)).toEqual([fails, fails, 0]);
      for (const { stdout, stderr } of said) expect(stdout + stderr).toContain('items');
      expect(leaks(JSON.stringify(said))).toEqual([]);
      expect(leaks(await filesIn(place.dir))).toEqual([]);
    },
  );
});
