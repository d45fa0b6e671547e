// A shop on loopback with two lists, the source file that drains it, and what the lake then holds.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Manifest } from '../../shared/core/table/manifest.ts';
import { type ApiRequest, type ApiResponse, apiRequest } from '../apis/exchange.ts';
import {
  type GenericKind,
  type GenericModel,
  type GenericOptions,
  generic,
} from '../apis/generic.ts';
import type { Workplace } from './command.ts';

export interface Shop {
  readonly url: string;
  readonly model: GenericModel;
  /** Targets of all requests, in order. */
  readonly asked: readonly string[];
  /** Returns when this many requests have come; from then on nothing is answered. */
  heldAt(requests: number): Promise<void>;
  /** Answers again. */
  release(): void;
  close(): Promise<void>;
}

export interface ShopOptions {
  /** Rows of each list. */
  readonly length: Readonly<Partial<Record<GenericKind, number>>>;
  /** A limit that is enforced and told in headers. */
  readonly window?: GenericOptions['window'];
  /** Answers in place of the shop, where it returns something. */
  readonly instead?: (request: ApiRequest, ordinal: number) => Partial<ApiResponse> | undefined;
}

export async function openShop({ length, instead, window }: ShopOptions): Promise<Shop> {
  const model = generic({ length, ...(window ? { window } : {}) });
  const asked: string[] = [];
  let most = Number.POSITIVE_INFINITY;
  let atMost = Promise.withResolvers<void>();
  let open = Promise.withResolvers<void>();
  const server = createServer(async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const request = apiRequest(incoming.url ?? '/');
    asked.push(`${request.path}?${request.rawQuery}`);
    const ordinal = asked.length;
    if (ordinal >= most) {
      atMost.resolve();
      await open.promise;
    }
    const response = { ...model.handle(request, Date.now()), ...instead?.(request, ordinal) };
    outgoing.writeHead(response.status, response.headers).end(response.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the shop has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    model,
    asked,
    heldAt(requests) {
      most = requests;
      atMost = Promise.withResolvers();
      open = Promise.withResolvers();
      return asked.length >= most ? Promise.resolve() : atMost.promise;
    },
    release() {
      most = Number.POSITIVE_INFINITY;
      open.resolve();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const STREAMS = ['offset', 'cursor-body'] as const;

/** Writes `<name>.json`, a source file for the shop; returns the file's name. */
export function writeSource(
  place: Workplace,
  url: string,
  over: Readonly<Record<string, unknown>> & { readonly name?: string } = {},
): string {
  const common = { records: 'data', pagesPerRound: 10, primaryKey: ['id'] };
  const sized = { pageSize: 10, sizeParam: 'limit' };
  const source = {
    name: 'shop',
    baseUrl: url,
    patienceSeconds: 2,
    streams: [
      { name: 'offset', path: 'offset', ...common, pagination: { kind: 'offset', pageSize: 10 } },
      {
        name: 'cursor-body',
        path: 'cursor-body',
        ...common,
        pagination: { kind: 'cursor', from: 'next_cursor', param: 'cursor', ...sized },
      },
    ],
    ...over,
  };
  const file = `${source.name}.json`;
  writeFileSync(path.join(place.dir, file), JSON.stringify(source));
  return file;
}

/** A shop's window, as a source declares it and reads it from the answers. */
export const declared = ({ limit, windowMs }: NonNullable<ShopOptions['window']>) => ({
  kind: 'window',
  requests: limit,
  periodSeconds: windowMs / 1000,
  headers: { limit: 'X-RateLimit-Limit', remaining: 'X-RateLimit-Remaining' },
});

/** Manifests of a stream's finished runs, oldest first. */
export function manifestsOf(place: Workplace, stream: string, source = 'shop'): Manifest[] {
  const folder = path.join(place.dir, 'lake', '_manifests', source, stream);
  return (
    namesIn(folder)
      // A dot opens the name of what is half written.
      .filter((name) => !name.startsWith('.') && name !== 'schema.json')
      .sort()
      .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')))
  );
}

/** The lines of every batch under a prefix of the lake, in the order of the batches. */
export function linesUnder(place: Workplace, prefix: string): string[] {
  const folder = path.join(place.dir, 'lake', prefix);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson.gz') && !path.basename(name).startsWith('.'))
    .sort()
    .flatMap((name) =>
      gunzipSync(readFileSync(path.join(folder, name)))
        .toString()
        .split('\n'),
    )
    .filter((line) => line !== '');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
