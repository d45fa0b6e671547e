// A fast bucket on loopback: the strict R-Series model with 60 units at 20 a second, behind a real
// socket, and who asked it when.

import { defineSource, type Source } from '../../shared/core/source/source.ts';
import { variable } from '../../shared/core/source/variable.ts';
import rSource from '../../sources/lightspeed-r.ts';
import type { ApiModel } from '../../test/apis/exchange.ts';
import { allQuirks, lightspeedR } from '../../test/apis/lightspeed-r.ts';
import { type Served, serve } from '../../test/apis/serve.ts';

export const FAST = { size: 60, leakPerSecond: 20 } as const;

const ROWS = 10;
const TOKEN = 'bench';

/** The resources that a real scenario drains: stream and path. */
const RESOURCES = [
  ['items', 'Item'],
  ['customers', 'Customer'],
  ['orders', 'Order'],
  ['vendors', 'Vendor'],
] as const;

export interface FastApi {
  readonly served: Served<ApiModel>;
  /** Epoch ms of every request to a stream, by the stream's name. */
  readonly asked: ReadonlyMap<string, readonly number[]>;
  /** The streams there are, so many pages each. */
  readonly streams: readonly string[];
}

/** @param pages pages of each stream */
export async function fastApi(pages: number, streams: number): Promise<FastApi> {
  const resources = RESOURCES.slice(0, streams);
  const model = lightspeedR({
    rows: Object.fromEntries(resources.map(([, path]) => [path, ROWS * pages - 1])),
    quirks: { ...allQuirks, olderHeaders: false, burst: false },
    ...FAST,
    auth: TOKEN,
    accountId: '1',
  });
  const asked = new Map(resources.map(([stream]) => [stream, [] as number[]]));
  const watched: ApiModel = {
    ...model,
    handle(request, nowMs) {
      const found = resources.find(([, path]) => request.path.endsWith(`/${path}.json`));
      if (found) asked.get(found[0])?.push(nowMs);
      return model.handle(request, nowMs);
    },
  };
  return { served: await serve(watched), asked, streams: resources.map(([stream]) => stream) };
}

/** A source of some of the streams; whatever its name, it spends from the same budget. */
export function fastSource(name: string, url: string, streams: readonly string[]): Source {
  return defineSource({
    ...rSource,
    name,
    baseUrl: `${url}/API/V3/Account/{accountId}`,
    credentials: { kind: 'bearer' },
    limits: [
      {
        kind: 'leaky-bucket',
        ...FAST,
        headers: { level: 'X-LS-API-Bucket-Level', leakPerSecond: 'X-LS-API-Drip-Rate' },
      },
    ],
    scope: 'bench',
    concurrency: streams.length,
    streams: rSource.streams
      .filter((stream) => streams.includes(stream.name))
      .map((stream) => ({
        ...stream,
        pagination: {
          kind: 'link',
          from: '@attributes.next',
          pageSize: ROWS,
          sizeParam: 'limit',
        },
      })),
  });
}

/** What the source needs to know, as variables of the environment. */
export const fastSecrets = (name: string): Record<string, string> => ({
  [variable(name, 'token')]: TOKEN,
  [variable(name, 'accountId')]: '1',
  [variable(name, 'clientName')]: 'bench',
});
