// The sources and the strict APIs that the virtual scenarios drain: the project's own source files
// with a few small rows a page, so that hours of draining take seconds.

import {
  github as githubLimits,
  githubVerdicts,
  shopify as shopifyLimits,
  zendesk,
  zendeskTicketList,
} from '../../shared/core/source/presets.ts';
import { strava } from '../../shared/core/source/presets-services.ts';
import { defineSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import rSource from '../../sources/lightspeed-r.ts';
import xSource from '../../sources/lightspeed-x.ts';
import type { ApiModel } from '../../test/apis/exchange.ts';
import { github } from '../../test/apis/github.ts';
import { lightspeedR, allQuirks as rQuirks } from '../../test/apis/lightspeed-r.ts';
import { lightspeedX, allQuirks as xQuirks } from '../../test/apis/lightspeed-x.ts';
import { type ShopifyOptions, shopify } from '../../test/apis/shopify.ts';
import { stravaLists, zendeskLists } from '../../test/apis/windowed.ts';

export interface Drained {
  readonly source: Source;
  readonly secrets: Readonly<Record<string, string>>;
  readonly model: ApiModel;
}

const ROWS = 2;
const TOKEN = 'bench';

const small = (stream: Stream): Stream =>
  'pageSize' in stream.pagination
    ? { ...stream, pagination: { ...stream.pagination, pageSize: ROWS } }
    : stream;

const only = (source: Source, names: readonly string[]): Source => ({
  ...source,
  credentials: { kind: 'bearer' },
  concurrency: names.length,
  streams: source.streams.filter((stream) => names.includes(stream.name)).map(small),
});

/** R-Series V3 by links, total unknown, 90 at 1/s, bursts of 20; so many pages of each stream. */
export function rSeries(pages: Readonly<Record<string, number>>, foreignShare = 0): Drained {
  const source = only(rSource, Object.keys(pages));
  const rows = Object.fromEntries(
    source.streams.map((stream) => [
      stream.path.replace('.json', ''),
      // One row less: the last page has one record, which is an object and the end.
      ROWS * (pages[stream.name] ?? 0) - 1,
    ]),
  );
  const quirks = { ...rQuirks, olderHeaders: false };
  const model = lightspeedR({ rows, quirks, foreignShare, auth: TOKEN, accountId: '190211' });
  return {
    source,
    secrets: { token: TOKEN, accountId: '190211', clientName: 'bench' },
    model,
  };
}

/** X-Series 2.0 by version, 350 requests in 5 minutes; the last of the pages is empty. */
export function xSeries(pages: number): Drained {
  return {
    source: only(xSource, ['products']),
    secrets: { token: TOKEN, domainPrefix: 'bench', application: 'bench' },
    model: lightspeedX({
      rows: { products: ROWS * (pages - 1) },
      quirks: xQuirks,
      registers: 1,
      auth: TOKEN,
    }),
  };
}

/** GitHub by link header, 5,000 an hour. */
export function githubIssues(pages: number): Drained {
  const source = defineSource({
    name: 'github',
    baseUrl: 'https://api.github.com',
    credentials: { kind: 'bearer' },
    limits: githubLimits,
    verdicts: githubVerdicts,
    streams: [
      {
        name: 'issues',
        path: 'repos/acme/shop/issues',
        records: '',
        pagination: { kind: 'link-header', pageSize: ROWS, sizeParam: 'per_page' },
        primaryKey: ['id'],
      },
    ],
  });
  const model = github({ rows: { issues: ROWS * pages }, accessToken: TOKEN });
  return { source, secrets: { token: TOKEN }, model };
}

const listed = (name: string, more: Partial<Stream> = {}): Stream => ({
  name,
  path: name,
  records: '',
  pagination: { kind: 'offset', pageSize: ROWS },
  ...more,
});

/** Strava's reads: 100 in a quarter of an hour and 1,000 a day, both in each header. */
export function stravaActivities(pages: number): Drained {
  const source = defineSource({
    name: 'strava',
    baseUrl: 'https://www.strava.com/api/v3',
    limits: strava.slice(2),
    streams: [listed('activities')],
  });
  return { source, secrets: {}, model: stravaLists({ activities: ROWS * (pages - 1) }) };
}

/** Zendesk's list of tickets: 100 a minute beside the 700 of the account. */
export function zendeskTickets(pages: number): Drained {
  const source = defineSource({
    name: 'zendesk',
    baseUrl: 'https://acme.zendesk.com/api/v2',
    limits: zendesk,
    streams: [listed('tickets', { limits: zendeskTicketList })],
  });
  return { source, secrets: {}, model: zendeskLists({ tickets: ROWS * (pages - 1) }) };
}

/** Shopify, which tells whole calls of a size and no leak; so many pages of each stream. */
export function shopifyLists(
  names: readonly string[],
  pages: number,
  bucket: Pick<ShopifyOptions, 'size' | 'leakPerSecond' | 'rounds'>,
): Drained {
  const source = defineSource({
    name: 'shopify',
    baseUrl: 'https://shop.myshopify.com/admin/api/2024-01',
    credentials: { kind: 'api-key', header: 'X-Shopify-Access-Token' },
    limits: shopifyLimits,
    streams: names.map((name) => ({
      name,
      path: `${name}.json`,
      records: name,
      pagination: { kind: 'link-header', pageSize: ROWS, sizeParam: 'limit' },
    })),
  });
  const rows = Object.fromEntries(names.map((name) => [name, ROWS * pages]));
  const model = shopify({ rows, ...bucket });
  return { source, secrets: { key: model.accessToken }, model };
}
