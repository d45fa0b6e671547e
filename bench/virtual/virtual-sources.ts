// The sources and the strict APIs that the virtual scenarios drain: the project's own source files
// with a few small rows a page, so that hours of draining take seconds.

import { github as githubLimits, githubVerdicts } from '../../shared/core/source/presets.ts';
import { defineSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import rSource from '../../sources/lightspeed-r.ts';
import xSource from '../../sources/lightspeed-x.ts';
import type { ApiModel } from '../../test/apis/exchange.ts';
import { github } from '../../test/apis/github.ts';
import { lightspeedR, allQuirks as rQuirks } from '../../test/apis/lightspeed-r.ts';
import { lightspeedX, allQuirks as xQuirks } from '../../test/apis/lightspeed-x.ts';

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
