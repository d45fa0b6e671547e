import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ApiResponse } from '../../apis/exchange.ts';
import { cleanUpWorkplaces, type Ended, type Workplace, workplace } from '../command.ts';
import { linesUnder, manifestsOf, openShop, type Shop, STREAMS, writeSource } from '../shop.ts';

cleanUpWorkplaces();

/** What a person reads: no stack, no object printed raw, no code of ours. */
function expectPlainWords({ stderr }: Ended): void {
  expect(stderr).not.toMatch(/^\s+at |node:internal|\[object|undefined|\.ts:\d/m);
}

/** The command could not begin: one line of cause and remedy, and nothing on stdout. */
function expectRefusal(ended: Ended, text: string): void {
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: `driplake: ${text}\n` });
  expectPlainWords(ended);
}

const write = (place: Workplace, file: string, text: string): void =>
  writeFileSync(path.join(place.dir, file), text);

describe.concurrent('a source that is not one', () => {
  const cases: [string, string, string][] = [
    [
      'a file with three mistakes',
      'three.json',
      `three.json has 3 faults:
  streams[0].records: expected text | an object, got nothing
  streams[0].pagination.kind: expected "offset" | "page" | "cursor" | "link" | "link-header" | "keyset" | "single", got "ofset"
  conccurrency: expected no such field, got 4`,
    ],
    [
      'a name that nobody has',
      'shopfiy',
      'There is no source "shopfiy". List them with `driplake sources`, or give the path of a source file.',
    ],
    [
      'a file that is not there',
      './nowhere.ts',
      'There is no file ./nowhere.ts. Give the path of a source file, or the name of a source (`driplake sources`).',
    ],
    [
      'a file with a syntax error',
      'syntax.ts',
      "syntax.ts can't be read: SyntaxError: Expression expected (line 3). It must be a module whose default export is a source.",
    ],
    [
      'a file that throws',
      'throws.ts',
      "throws.ts can't be read: Error: no (line 1). It must be a module whose default export is a source.",
    ],
    [
      'a file without a default export',
      'named.ts',
      'named.ts has no default export. Write `export default defineSource({ ... })`.',
    ],
  ];
  it.each(cases)('exits 2 and says why: %s', async (_, file, text) => {
    const place = workplace();
    const stream = { name: 'a', path: 'a', pagination: { kind: 'ofset' } };
    const three = { name: 'x', baseUrl: 'http://x', streams: [stream], conccurrency: 4 };
    write(place, 'three.json', JSON.stringify(three));
    write(place, 'syntax.ts', 'export default {\n  name:\n};\n');
    write(place, 'throws.ts', "throw new Error('no');\n");
    write(place, 'named.ts', 'export const source = {};\n');
    expectRefusal(await place.run('run', file), text);
  });

  it('exits 2 and lists the streams for an unknown stream, in run, check and plan', async () => {
    const place = workplace();
    const names = 'users, posts, comments, albums, photos, todos';
    for (const command of ['run', 'check', 'plan']) {
      const ended = await place.run(command, 'jsonplaceholder', '-s', 'users', '-s', 'nope');
      expectRefusal(ended, `jsonplaceholder has no stream nope. It has: ${names}.`);
    }
  });
});

describe.concurrent('a place that cannot be used', () => {
  it.each(['run', 'check', 'plan'])('exits 2 when a secret is missing: %s', async (command) => {
    const place = workplace({ DRIPLAKE_SHOP_TOKEN: '' });
    const source = writeSource(place, 'http://127.0.0.1:9/{shop}', {
      credentials: { kind: 'bearer' },
      settings: { shop: 'The name of the shop' },
    });
    const text =
      'Missing in the environment and .env for shop: token, shop. Set DRIPLAKE_SHOP_TOKEN, DRIPLAKE_SHOP_SHOP.';
    expectRefusal(await place.run(command, source), text);
  });

  it('exits 2 when the lake folder cannot be written', async () => {
    const place = workplace();
    write(place, 'file', '');
    const source = writeSource(place, 'http://127.0.0.1:9');
    expectRefusal(
      await place.run('run', source, '--lake', 'file/lake'),
      "The lake file/lake can't be written: ENOTDIR: not a directory, mkdir 'file/lake'. Move away what stands in its place, or choose another folder with --lake.",
    );
  });

  it.each(['run', 'check', 'status'])(
    'exits 2 when the state folder cannot be used: %s',
    async (command) => {
      const place = workplace();
      write(place, 'file', '');
      const args = command === 'status' ? [] : [writeSource(place, 'http://127.0.0.1:9')];
      const ended = await place.run(command, ...args, '--state', 'file/state');
      const texts = {
        run: /^driplake: The state folder file\/state can't be used: ENOTDIR: .*\. Move away what stands in its place, or choose another one with --state\.\n$/,
        status:
          /^driplake: Nothing has run with the state folder file\/state\. Run a source first/,
      };
      expect(ended.code).toBe(2);
      expect(ended.stderr).toMatch(command === 'status' ? texts.status : texts.run);
      expectPlainWords(ended);
    },
  );
});

describe('a disk that is full', () => {
  it('exits 1 behind a redirected stdout, with the cause', () => {
    const driplake = fileURLToPath(new URL('../../../local/driplake.js', import.meta.url));
    const shell = `"${process.execPath}" "${driplake}" queries > /dev/full`;
    const { status, stderr } = spawnSync('sh', ['-c', shell], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^driplake: stdout can't be written: .*ENOSPC: .*\n$/);
  });
});

describe.concurrent('a folder that is damaged', () => {
  it('exits 2 when it is the ledger', async () => {
    const place = workplace();
    mkdirSync(path.join(place.dir, '.driplake/ledger'), { recursive: true });
    write(place, '.driplake/ledger/CURRENT', 'not what LevelDB has written');
    const ended = await place.run('run', writeSource(place, 'http://127.0.0.1:9'));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(
      /^driplake: The ledger in \.driplake is damaged: .*\. Restore \.driplake\/ledger from a copy, or .*\n$/,
    );
    expectPlainWords(ended);
  });

  it('exits 1 when it is in the lake, and the next run lands what this one could not', async () => {
    const shop = await openShop({ length: { offset: 25, 'cursor-body': 5 } });
    const place = workplace();
    const source = writeSource(place, shop.url);
    mkdirSync(path.join(place.dir, 'lake/shop'), { recursive: true });
    write(place, 'lake/shop/offset', 'in the way');
    const ended = await place.run('run', source);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /^offset: The lake \S+ can't be written: ENOTDIR: .*\. Move away what stands in its place, or /m,
    );
    expectPlainWords(ended);
    rmSync(path.join(place.dir, 'lake/shop/offset'));
    expect((await place.run('run', source, '--stream', 'offset')).code).toBe(0);
    for (const stream of STREAMS) {
      expect(linesUnder(place, `shop/${stream}`)).toEqual(shop.model.records(stream));
    }
    await shop.close();
  });
});

interface Broken {
  readonly title: string;
  readonly answer: Partial<ApiResponse>;
  readonly cause: RegExp;
}

const html = { 'Content-Type': 'text/html' };
const broken: Broken[] = [
  {
    title: 'a page that is HTML',
    answer: { status: 200, headers: html, body: '<html><body>Sign in</body></html>' },
    cause:
      /The page can't be read: .*HTTP 200, text\/html: <html><body>Sign in.* \(\d+ tries in .* seconds?\)$/m,
  },
  {
    title: 'a page that is empty',
    answer: { status: 200, body: '' },
    cause: /The page can't be read: .*empty body.* \(\d+ tries in .* seconds?\)$/m,
  },
  {
    title: 'a 401',
    answer: { status: 401, body: '{"error":"expired"}' },
    cause:
      /the credentials were not accepted: HTTP 401, application\/json: \{"error":"expired"\} \(GET http:\/\/.*\/offset\?offset=30&limit=10, signed with DRIPLAKE_SHOP_TOKEN\)$/m,
  },
  {
    title: 'a 500 that never ends',
    answer: { status: 500, headers: html, body: 'Out of memory\n  at line 3' },
    cause:
      /the server failed: HTTP 500, text\/html: Out of memory\\n {2}at line 3 \(GET .*, signed with DRIPLAKE_SHOP_TOKEN\) \(\d+ tries in .* seconds?\)$/m,
  },
];

/** A shop whose second stream breaks at its fourth page, after a first run that was whole. */
async function brokenShop(answer: Partial<ApiResponse>): Promise<{
  shop: Shop;
  place: Workplace;
  source: string;
  mend: () => void;
}> {
  let isBroken = false;
  const shop = await openShop({
    length: { offset: 60, 'cursor-body': 5 },
    instead: ({ path: at, rawQuery }) =>
      isBroken && at === '/offset' && rawQuery.includes('offset=30') ? answer : undefined,
  });
  const place = workplace({ DRIPLAKE_SHOP_TOKEN: 'k3y-0f-th3-sh0p' });
  const source = writeSource(place, shop.url, {
    credentials: { kind: 'bearer' },
    patienceSeconds: 1,
  });
  expect((await place.run('run', source)).code).toBe(0);
  isBroken = true;
  return {
    shop,
    place,
    source,
    mend: () => {
      isBroken = false;
    },
  };
}

describe.concurrent('an API that breaks in the middle of a run', () => {
  it.each(broken)('exits 1, says why, and loses nothing: $title', async ({ answer, cause }) => {
    const { shop, place, source, mend } = await brokenShop(answer);
    const before = shop.asked.length;
    const ended = await place.run('run', source);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(cause);
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toBe(
      'Nothing is lost: mend the cause (`driplake check shop.json` asks again), then `driplake run shop.json` goes on.',
    );
    expectPlainWords(ended);
    expect(ended.stdout + ended.stderr).not.toContain('k3y-0f-th3-sh0p');
    const [first, ...others] = manifestsOf(place, 'offset');
    expect(others).toEqual([]);
    expect(linesUnder(place, first?.prefix ?? '')).toEqual(shop.model.records('offset'));
    expect(manifestsOf(place, 'cursor-body')).toHaveLength(2);
    expect(shop.asked.length).toBeGreaterThanOrEqual(before + 5);

    mend();
    const asked = shop.asked.length;
    expect((await place.run('run', source, '--stream', 'offset')).code).toBe(0);
    expect(shop.asked.slice(asked)).toEqual([
      '/offset?offset=30&limit=10',
      '/offset?offset=40&limit=10',
      '/offset?offset=50&limit=10',
      '/offset?offset=60&limit=10',
    ]);
    const second = manifestsOf(place, 'offset').at(-1);
    expect(linesUnder(place, second?.prefix ?? '')).toEqual(shop.model.records('offset'));
    await shop.close();
  });
});

describe.concurrent('a host that cannot be reached', () => {
  it.each([
    [
      'a closed port',
      'http://127.0.0.1:1',
      /GET http:\/\/127\.0\.0\.1:\d+\/offset is unreachable: nothing listens there/,
    ],
    [
      'a name that nobody has',
      'http://no-such-host.invalid',
      /GET http:\/\/no-such-host\.invalid\/offset is unreachable: /,
    ],
  ])('exits 1 after a few tries and says so: %s', async (_, url, cause) => {
    const place = workplace();
    const source = writeSource(place, url, { patienceSeconds: 1 });
    const ended = await place.run('run', source, '--json');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(cause);
    expect(ended.stderr).toContain('Nothing is lost: mend the cause');
    expectPlainWords(ended);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      status: 'failed',
      streams: [
        { stream: 'offset', status: 'failed', cause: expect.stringMatching(cause) },
        { stream: 'cursor-body', status: 'failed', cause: expect.any(String) },
      ],
    });
  });
});
