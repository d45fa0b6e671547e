import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Source, Stream } from '../../../shared/core/source/source.ts';
import lightspeedRSource from '../../../sources/lightspeed-r.ts';
import lightspeedRLegacySource from '../../../sources/lightspeed-r-legacy.ts';
import lightspeedXSource from '../../../sources/lightspeed-x.ts';
import type { ApiModel } from '../../apis/exchange.ts';
import * as series from '../../apis/lightspeed-r.ts';
import * as shop from '../../apis/lightspeed-x.ts';
import { rotatingTokens } from '../../apis/oauth.ts';
import { serve } from '../../apis/serve.ts';
import { silent } from '../../apis/silent.ts';
import { withStreams } from '../../sources/harness.ts';
import { cleanUpWorkplaces, type Ended, type Workplace, workplace } from '../command.ts';

cleanUpWorkplaces();
const open: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of open) await close();
});

type Environment = Readonly<Record<string, string>>;

/** A place whose `mine.json` is the source, on a server; a file, as a user's own would be. */
async function placeOf(source: Source, model: ApiModel, env: Environment): Promise<Workplace> {
  const { url, close } = await serve(model);
  open.push(close);
  const place = workplace(env);
  const text = JSON.stringify(source).replaceAll(/https:\/\/[^/"]+/g, url);
  writeFileSync(join(place.dir, 'mine.json'), text);
  return place;
}

async function check(
  source: Source,
  model: ApiModel,
  env: Environment,
  ...flags: string[]
): Promise<Ended & { readonly dir: string }> {
  const place = await placeOf(source, model, env);
  return { ...(await place.run('check', './mine.json', ...flags)), dir: place.dir };
}

/** A source whose setting chooses the shop. */
const SHOPS = {
  name: 'plain',
  baseUrl: 'https://api.example.com',
  settings: { shop: 'Number of the shop' },
} as const;
const POSTS: Stream = {
  name: 'posts',
  path: 'posts',
  query: { shop: '{shop}' },
  records: 'auto',
  pagination: { kind: 'offset', pageSize: 50 },
};

/** The part of the output that is about a stream. */
function about(stream: string, { stdout }: Ended): string {
  const parts = stdout.split(/\n(?=\S)/);
  return parts.find((part) => part.includes(stream)) ?? `nothing about ${stream}: ${stdout}`;
}

function seriesAccount(rows: Record<string, number>) {
  const auth = rotatingTokens(Date.now());
  const env = {
    DRIPLAKE_LIGHTSPEED_R_ACCOUNT_ID: '190211',
    DRIPLAKE_LIGHTSPEED_R_CLIENT_NAME: 'lake',
    DRIPLAKE_LIGHTSPEED_R_CLIENT_ID: auth.clientId,
    DRIPLAKE_LIGHTSPEED_R_CLIENT_SECRET: auth.clientSecret,
    DRIPLAKE_LIGHTSPEED_R_REFRESH_TOKEN: auth.first.refreshToken,
  };
  const legacyEnv = Object.entries(env).map(([name, value]) => [
    name.replace('LIGHTSPEED_R', 'LIGHTSPEED_R_LEGACY'),
    value,
  ]);
  const quirks = { ...series.allQuirks, olderHeaders: false };
  const model = series.lightspeedR({ rows, quirks, auth });
  return { model, env: { ...env, ...Object.fromEntries(legacyEnv) }, auth };
}

describe.concurrent('driplake check', () => {
  it('shows records, columns, the next page and both limits of an R-Series account', async () => {
    const { model, env } = seriesAccount({ Item: 250, Category: 1, Tag: 0 });
    const some = withStreams(lightspeedRSource, 'items', 'categories', 'tags');
    const ended = await check(some, model, env);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const items = about('items', ended);
    expect(items).toContain('100');
    // The link itself, as the API gave it.
    expect(items).toMatch(/127\.0\.0\.1:\d+\/API\/V3\/Account\/190211\/Item\.json\?\S*after=/);
    for (const column of ['itemID', 'description', 'Prices']) expect(items).toContain(column);
    expect(items).toMatch(/\b90\b/); // the size of the bucket, as told
    expect(items).toMatch(/\b1 a second\b/); // what it leaks
    expect(items).toMatch(/\b19 of 20\b|\b1[0-8] of 20\b/); // the burst limiter
    expect(about('categories', ended)).toMatch(/\b1 record/);
    expect(about('categories', ended)).toMatch(/last/);
    expect(about('tags', ended)).toMatch(/\b0 record/);
    expect(model.stats()).toMatchObject({ refused: 0, violations: [] });
    expect(existsSync(join(ended.dir, 'lake'))).toBe(false);
  });

  it('shows how many records there are where the API counts them', async () => {
    const { model, env } = seriesAccount({ Item: 250 });
    const ended = await check(withStreams(lightspeedRLegacySource, 'items'), model, env);
    // Archived rows are asked for, so that all are counted.
    expect(about('items', ended)).toMatch(/\b100 of 250\b/);
    expect(about('items', ended)).toContain('{"offset":97,"overlap":3}');
  });

  it('shows the exact version behind the first X-Series page, and what the window has left', async () => {
    const model = shop.lightspeedX({
      rows: { products: 45 },
      pageSizes: { products: 20 },
      quirks: shop.allQuirks,
    });
    const env = {
      DRIPLAKE_LIGHTSPEED_X_DOMAIN_PREFIX: 'blue',
      DRIPLAKE_LIGHTSPEED_X_APPLICATION: 'lake',
      DRIPLAKE_LIGHTSPEED_X_TOKEN: model.accessToken,
    };
    const ended = await check(withStreams(lightspeedXSource, 'products'), model, env);
    const [version = ''] =
      /"version":(\d+)/.exec(model.records('products')[19] ?? '')?.slice(1) ?? [];
    expect(version.length).toBeGreaterThan(15);
    expect(about('products', ended)).toContain(version);
    expect(about('products', ended)).toMatch(/\b349 of 350\b/);
    expect(about('products', ended)).toMatch(/\bflake bigint\b/);
    expect(about('products', ended)).toMatch(/\bprice double\b/);
  });

  it('goes on behind a stream that fails, says why, and exits 1', async () => {
    const { model, env } = seriesAccount({ Item: 5, Shop: 2 });
    const some = withStreams(lightspeedRSource, 'items', 'vendors', 'shops');
    const ended = await check(some, model, env);
    expect(ended.code).toBe(1);
    expect(about('items', ended)).toMatch(/\b5 record/);
    expect(about('vendors', ended)).toMatch(/HTTP 404/);
    expect(about('vendors', ended)).toContain('Resource not found.');
    expect(about('shops', ended)).toMatch(/\b2 record/);
    expect(ended.stderr).toMatch(/1 of 3/);
  });

  it('says that a sign-in was refused and what to store, without what was stored', async () => {
    const { model, env, auth } = seriesAccount({ Item: 5 });
    const wrong = { ...env, DRIPLAKE_LIGHTSPEED_R_REFRESH_TOKEN: 'rt_planted-and-long-gone' };
    const ended = await check(withStreams(lightspeedRSource, 'items'), model, wrong);
    expect(ended.code).toBe(1);
    expect(about('items', ended)).toMatch(/invalid_grant/);
    expect(about('items', ended)).toMatch(
      /store the new refresh token: DRIPLAKE_LIGHTSPEED_R_REFRESH_TOKEN\./,
    );
    expect(ended.stdout + ended.stderr).not.toMatch(/planted/);
    expect(auth.seen().refreshes).toBe(0);
  });

  it('names every variable that is missing before it asks the API for anything', async () => {
    const { model } = seriesAccount({ Item: 5 });
    const ended = await check(withStreams(lightspeedRSource, 'items'), model, {});
    expect(ended.code).toBe(2);
    for (const name of [
      'ACCOUNT_ID',
      'CLIENT_NAME',
      'CLIENT_ID',
      'CLIENT_SECRET',
      'REFRESH_TOKEN',
    ]) {
      expect(ended.stderr).toContain(`DRIPLAKE_LIGHTSPEED_R_${name}`);
    }
    expect(model.stats().requests).toBe(0);
  });

  it('says so when an API tells nothing of its limits', async () => {
    const source: Source = {
      name: 'plain',
      baseUrl: 'https://api.example.com',
      streams: [
        {
          name: 'posts',
          path: 'posts',
          records: 'auto',
          pagination: { kind: 'offset', pageSize: 50 },
        },
        { name: 'nowhere', path: 'nowhere', records: 'auto', pagination: { kind: 'single' } },
        {
          name: 'wrong-path',
          path: 'posts',
          records: 'data.items',
          pagination: { kind: 'single' },
        },
      ],
    };
    const ended = await check(source, silent({ rows: { posts: 70 } }), {});
    expect(about('posts', ended)).toMatch(/nothing of a limit/);
    expect(about('posts', ended)).toContain('{"offset":50}');
    // A wrong path: what was expected, what was found, and the start of the body.
    expect(about('wrong-path', ended)).toMatch(/expected an object with the key "data"/);
    expect(about('wrong-path', ended)).toMatch(/found a list/);
    expect(about('wrong-path', ended)).toContain('[{"id":1');
  });

  it('warns of a key and a watermark that no record has, and exits 0', async () => {
    const source: Source = {
      ...SHOPS,
      streams: [{ ...POSTS, primaryKey: ['postId'], incremental: { field: 'changed' } }],
    };
    const ended = await check(source, silent({ rows: { posts: 70 } }), {
      DRIPLAKE_PLAIN_SHOP: '1',
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(about('posts', ended)).toMatch(
      /warning +posts: primaryKey postId is in none of 50 records: .*; id looks like a key/,
    );
    expect(about('posts', ended)).toMatch(
      /warning +posts: incremental.field changed is in none of 50 records/,
    );
  });

  it('warns of what a stream asks with and nobody means, as plan does', async () => {
    const source: Source = {
      ...SHOPS,
      streams: [
        {
          ...POSTS,
          query: { _limit: 3, shop: '{shop}' },
          pagination: { kind: 'offset', pageSize: 50, limitParam: '_limit' },
          incremental: { field: 'id' },
        },
        {
          ...POSTS,
          name: 'ids',
          pagination: { kind: 'cursor', from: { header: 'content-type' }, param: 'after' },
          incremental: { field: 'id', type: 'integer' },
        },
      ],
    };
    const model = silent({ rows: { posts: 70 } });
    const place = await placeOf(source, model, { DRIPLAKE_PLAIN_SHOP: '1' });
    const checked = await place.run('check', './mine.json');
    expect(checked.code).toBe(0);
    const warnings = [
      'posts: incremental has no param, and "offset" pagination has no cursor to put it in',
      'posts: query _limit is overwritten in every request by the parameter of this name',
      'ids: incremental has no param, so that runs go on from the watermark as a cursor, and the cursor',
    ];
    const planned = await place.run('plan', './mine.json');
    for (const warning of warnings) {
      expect(checked.stdout).toContain(`warning     ${warning}`);
      expect(planned.stderr).toContain(`warning: ${warning}`);
    }
    const json = JSON.parse((await place.run('plan', './mine.json', '--json')).stdout);
    expect(json.warnings).toContainEqual(expect.stringContaining(warnings[1] ?? ''));
  });

  it('warns where a run would be refused, since the source means another account by now', async () => {
    const source: Source = { ...SHOPS, credentials: { kind: 'bearer' }, streams: [POSTS] };
    const env = { DRIPLAKE_PLAIN_TOKEN: 'planted-token' };
    const place = await placeOf(source, silent({ rows: { posts: 70 } }), env);
    const as = (shop: string, ...args: string[]): Promise<Ended> =>
      place.startWith({ DRIPLAKE_PLAIN_SHOP: shop }, ...args).ended;
    expect(await as('shop-one', 'run', './mine.json')).toMatchObject({ code: 0 });
    const refused = await as('shop-two', 'run', './mine.json');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/posts: .*its setting shop has another value/);
    const checked = await as('shop-two', 'check', './mine.json');
    expect(checked.code).toBe(0);
    expect(about('posts', checked)).toMatch(
      /warning +posts: its setting shop has another value: a run is refused, unless with --same-data or --full/,
    );
    expect(refused.stderr + refused.stdout + checked.stdout).not.toMatch(/planted|shop-one/);
    const same = await as('shop-two', 'run', './mine.json', '--same-data');
    expect(same).toMatchObject({ code: 0 });
    expect(about('posts', await as('shop-two', 'check', './mine.json'))).not.toContain('warning');
    const undone = await as('shop-one', 'run', './mine.json');
    expect(undone).toMatchObject({ code: 1 });
    const full = await as('shop-one', 'run', './mine.json', '--full-refresh');
    expect(full).toMatchObject({ code: 0 });
    expect(about('posts', await as('shop-one', 'check', './mine.json'))).not.toContain('warning');
  });

  it('tells the same as one object for scripts', async () => {
    const { model, env } = seriesAccount({ Item: 250, Tag: 3 });
    const some = withStreams(lightspeedRSource, 'items', 'tags');
    const ended = await check(some, model, env, '--json', '--stream', 'items');
    expect(JSON.parse(ended.stdout)).toMatchObject({
      source: 'lightspeed-r',
      streams: [{ stream: 'items', verdict: 'ok', records: 100 }],
    });
  });

  it('lists every fault of a source file and asks nothing', async () => {
    const file = new URL('../../sources/broken/three-mistakes.ts', import.meta.url);
    const { faults } = await import(file.href);
    const ended = await workplace().run('check', file.pathname);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    for (const fault of faults) expect(ended.stderr).toContain(fault);
  });
});
