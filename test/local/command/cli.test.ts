import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Service, startService } from '../../../local/machine/service.ts';
import { sourceNames } from '../../../local/source/find-source.ts';
import { VERSION } from '../../../shared/pull/sign/version.ts';
import { cleanUpWorkplaces, type Workplace, workplace } from '../command.ts';
import { openShop, writeSource } from '../shop.ts';

cleanUpWorkplaces();

describe.concurrent('help', () => {
  const commands = {
    run: ['<source>', '--stream <name>', '--full-refresh', '--same-data', '--lake', '--state'],
    check: ['<source>', '--stream <name>', '--state <dir>', '--json'],
    plan: ['<source>', '--stream <name>', '--state <dir>', '--json'],
    sources: ['--json'],
    query: [
      '[sql]',
      '--saved <name>',
      '--lake <dir>',
      '"table", "csv", "json",',
      'default: "table"',
    ],
    queries: ['--json'],
    export: ['<source.stream>', '--format <format>', '--output <file>', '--history', '--force'],
    compact: ['[source.stream]', '--lake <dir>', '--state <dir>', '--json', '130 interrupted'],
    status: ['--state <dir>', '--stack <name>', '--json'],
    runs: ['--source <name>', '--limit <count>', 'default: 20', '--stack <name>', '--json'],
    start: ['<source>', '--stack <name>', '--wait', '--full-refresh', '--same-data', '--region'],
    logs: [
      '--stack <name>',
      '--source <name>',
      '--errors',
      '--follow',
      'beginning of --run, else 1h',
    ],
    stop: ['[target]', '--stack <name>', '--json'],
    redrive: ['[source]', '--stack <name>', "Step Functions' own redrive is no remedy"],
  };

  it('lists the commands, and the version is that of the package', async () => {
    const place = workplace();
    const [help, version] = await Promise.all([place.run('--help'), place.run('--version')]);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect([...help.stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name)).toEqual([
      ...Object.keys(commands),
      'help',
    ]);
    expect(version).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
  });

  it.each(Object.entries(commands))('of %s says what it takes', async (command, words) => {
    const { code, stdout, stderr } = await workplace().run(command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: driplake ${command} \\[options\\]`));
    for (const word of words) expect(stdout).toContain(word);
    if (command === 'run') expect(stdout).toContain('Exit codes: 0 done, 1 failed, 2 wrong usage');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it.each([
    [[], 'Usage: driplake [options] [command]'],
    [['frobnicate'], "error: unknown command 'frobnicate'"],
    [['statsu'], '(Did you mean status?)'],
    [['run'], "error: missing required argument 'source'"],
    [['run', 'a', 'b'], "error: too many arguments for 'run'"],
    [['start', 'a'], "error: required option '--stack <name>' not specified"],
    [['status', '--region', 'eu-west-1'], "'--profile' and '--region' go with '--stack <name>'"],
    [
      ['run', 'a', '--same-data', '--full-refresh'],
      "error: option '--same-data' cannot be used with option '--full-refresh'",
    ],
    [
      ['start', 'a', '--stack', 'b', '--full-refresh', '--same-data'],
      "error: option '--same-data' cannot be used with option '--full-refresh'",
    ],
    [['run', 'a', '--fast'], "error: unknown option '--fast'"],
    [['run', 'a', '--lake'], "error: option '--lake <dir>' argument missing"],
    [['query', 'select 1', '--format', 'xml'], 'Allowed choices are table, csv, json, ndjson.'],
  ])('is what a wrong command line gets, with exit 2: %j', async (args, text) => {
    const { code, stdout, stderr } = await workplace().run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(text);
  });
});

describe.concurrent('driplake sources', () => {
  it('shows the sources that there are, their streams and what they need', async () => {
    const place = workplace();
    const [human, json] = await Promise.all([
      place.run('sources'),
      place.run('sources', '--json'),
    ]);
    const names = await sourceNames();
    for (const name of names) expect(human.stdout).toContain(name);
    const told: { source: string }[] = JSON.parse(json.stdout);
    expect(told.map(({ source }) => source)).toEqual(names);
    expect(told).toContainEqual({
      source: 'jsonplaceholder',
      description: expect.stringContaining('posts'),
      streams: ['users', 'posts', 'comments', 'albums', 'photos', 'todos'],
      needs: [],
    });
    expect(told).toContainEqual(
      expect.objectContaining({
        source: 'lightspeed-x',
        needs: expect.arrayContaining(['DRIPLAKE_LIGHTSPEED_X_TOKEN']),
      }),
    );
  });
});

describe('after a run', () => {
  let service: Service;
  let place: Workplace;

  beforeAll(async () => {
    service = await startService({ size: 500, leakPerSecond: 500 });
    place = workplace({ DRIPLAKE_JSONPLACEHOLDER_BASE_URL: service.url });
    const streams = ['--stream', 'photos', '--stream', 'users'];
    const ended = await place.run('run', 'jsonplaceholder', ...streams);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/│ photos +│ done +│ +250 │ +5,000 │/);
    expect(ended.stdout).toMatch(
      /^Run \S+ of jsonplaceholder: done\. 5,010 records, 252 pages, 0 /m,
    );
    expect(ended.stderr).toContain(
      'The lake is lake. Ask it: driplake query "select * from jsonplaceholder.users limit 5"',
    );
  });
  afterAll(() => service.close());

  it('query counts, and prints each format', async () => {
    const count = 'select count(*) from jsonplaceholder.photos';
    const rows =
      'select id, name, \'a,"b"\' as odd from jsonplaceholder.users order by id limit 2';
    const ask = (sql: string, format: string) => place.run('query', sql, '--format', format);
    const [table, csv, json, ndjson, wrong, plain] = await Promise.all([
      place.run('query', count),
      ask(rows, 'csv'),
      ask(rows, 'json'),
      ask(rows, 'ndjson'),
      place.run('query', 'select * from jsonplaceholder.nothing'),
      ask(count, 'csv'),
    ]);
    expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/\b5,?000\b/) });
    expect(plain.stdout).toBe('count_star()\r\n5000\r\n');
    expect(csv.stdout).toBe(
      'id,name,odd\r\n1,Leanne Graham,"a,""b"""\r\n2,Ervin Howell,"a,""b"""\r\n',
    );
    expect(JSON.parse(json.stdout)).toEqual([
      { id: 1, name: 'Leanne Graham', odd: 'a,"b"' },
      { id: 2, name: 'Ervin Howell', odd: 'a,"b"' },
    ]);
    expect(
      ndjson.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([1, 2]);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/^driplake: There is no table nothing\. .*photos/);
  });

  it('status tells streams, budgets and runs, to people and to programs', async () => {
    const [human, json] = await Promise.all([place.run('status'), place.run('status', '--json')]);
    expect(human).toMatchObject({ code: 0, stderr: '' });
    expect(human.stdout).toMatch(/│ jsonplaceholder │ photos │ finished │ +250 │ +5,000 │ end +│/);
    expect(human.stdout).toMatch(
      /^budget jsonplaceholder: bucket [\d.]+ of 500, leaks 500 a second$/m,
    );
    const told = JSON.parse(json.stdout);
    expect(Object.keys(told)).toEqual(['runs', 'streams', 'budgets']);
    expect(told).toMatchObject({
      runs: [{ source: 'jsonplaceholder', status: 'done' }],
      streams: [
        { stream: 'photos', status: 'finished', pages: 250, records: 5000, cursor: 'end' },
        { stream: 'users', status: 'finished', pages: 2, records: 10, cursor: 'end' },
      ],
      budgets: [{ scope: 'jsonplaceholder', leases: [] }],
    });
  });

  it('check asks once a stream and writes nothing to the lake', async () => {
    const before = service.stats.requests;
    const ended = await place.run('check', 'jsonplaceholder', '-s', 'posts', '-s', 'todos');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(service.stats.requests).toBe(before + 2);
    expect(ended.stdout).toMatch(/^✓ posts: 20 of 100 records, [\d,]+ bytes in \d+ ms$/m);
    expect(ended.stdout).toMatch(/^ {4}next page {3}\S/m);
    expect(ended.stdout).toMatch(/^ {4}limit {7}bucket [\d.]+ of 500, leaks 500 a second$/m);
    expect(ended.stdout).toMatch(/^ {4}columns {5}userId integer, id integer, title string, /m);
    const manifest = path.join(place.dir, 'lake/_manifests/jsonplaceholder/posts');
    expect(() => readFileSync(manifest)).toThrow(/ENOENT/);
  });

  it('plan tells pages, time and dollars, and why', async () => {
    const [human, json] = await Promise.all([
      place.run('plan', 'jsonplaceholder'),
      place.run('plan', 'jsonplaceholder', '--json', '--stream', 'comments'),
    ]);
    expect(human).toMatchObject({ code: 0, stderr: '' });
    expect(human.stdout).toMatch(/│ photos +│ +250 │ 5,000 records, 20 a page +│/);
    expect(human.stdout).toMatch(/^Pages +296$/m);
    expect(human.stdout).toMatch(/^Time +[\d.]+ s: \S/m);
    expect(human.stdout).toMatch(/^Dollars +\$[\d.]+ in AWS: .* transitions, /m);
    expect(JSON.parse(json.stdout)).toMatchObject({
      source: 'jsonplaceholder',
      streams: [{ stream: 'comments', pages: 25, why: '500 records, 20 a page' }],
      estimate: { pages: 25, seconds: expect.any(Number), dollars: expect.any(Number) },
    });
  });
});

describe.concurrent('plan', () => {
  it('counts the rows that overlapping pages fetch twice, as the run does', async () => {
    const shop = await openShop({ length: { total: 95 } });
    const place = workplace();
    const pagination = { kind: 'offset', pageSize: 10, overlap: 3, total: 'total' };
    const stream = { name: 'rows', path: 'total', records: 'data', pagination };
    const file = writeSource(place, shop.url, { streams: [stream] });
    const plan = JSON.parse((await place.run('plan', file, '--json')).stdout);
    const run = JSON.parse((await place.run('run', file, '--json')).stdout);
    await shop.close();
    const why = '95 records, 10 a page, 3 of them again';
    expect(plan.streams).toEqual([{ stream: 'rows', pages: 14, why }]);
    expect(run.streams).toMatchObject([{ stream: 'rows', pages: 14, records: 95 }]);
  });
});

describe.concurrent('check', () => {
  it('exits 1 when one stream fails, and shows the others all the same', async () => {
    const shop = await openShop({
      length: { offset: 15, 'cursor-body': 5 },
      instead: ({ path: at }) => (at === '/offset' ? { status: 403, body: 'Go away' } : undefined),
    });
    const place = workplace();
    const file = writeSource(place, shop.url);
    const [human, json, plan] = await Promise.all([
      place.run('check', file),
      place.run('check', file, '--json'),
      place.run('plan', file),
    ]);
    expect(human.code).toBe(1);
    expect(human.stdout).toMatch(
      /^✗ offset: the server refused: HTTP 403, .*: Go away \(GET http:\/\/.*\/offset\?offset=0&limit=10, without credentials\)$/m,
    );
    expect(human.stdout).toMatch(/^✓ cursor-body: 5 records, /m);
    expect(human.stdout).toMatch(/^ {4}next page {3}none: this page is the last$/m);
    expect(human.stderr).toBe('1 of 2 streams failed.\n');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      source: 'shop',
      streams: [
        { stream: 'offset', verdict: 'refuse', records: 0 },
        { stream: 'cursor-body', verdict: 'ok', records: 5 },
      ],
    });
    expect(plan.code).toBe(1);
    expect(plan.stderr).toMatch(/^offset: the server refused: HTTP 403/);
    await shop.close();
  });
});
