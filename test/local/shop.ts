// A shop on loopback with two lists, the source file that drains it, and what the lake then holds.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Manifest } from '../../shared/core/manifest.ts';
import type { ApiModel, ApiRequest, ApiResponse } from '../apis/exchange.ts';
import { type GenericModel, generic } from '../apis/generic.ts';
import { type Served, serve } from '../apis/serve.ts';
import type { Workplace } from './command.ts';

export interface Shop extends Served<GenericModel> {
  /** Returns when the shop has answered this many requests. */
  answered(requests: number): Promise<void>;
  /** Targets of all requests, in order. */
  readonly asked: readonly string[];
}

export interface ShopOptions {
  readonly length: Readonly<Record<'offset' | 'cursor-body', number>>;
  readonly latencyMs?: number;
  /** Answers in place of the shop, where it returns something. */
  readonly instead?: (request: ApiRequest, ordinal: number) => ApiResponse | undefined;
}

export async function openShop({ length, latencyMs = 0, instead }: ShopOptions): Promise<Shop> {
  const model = generic({ length });
  const asked: string[] = [];
  const waiting = new Set<() => void>();
  const watched: ApiModel & GenericModel = {
    ...model,
    handle(request, nowMs) {
      asked.push(`${request.path}?${request.rawQuery}`);
      for (const look of waiting) look();
      return instead?.(request, asked.length) ?? model.handle(request, nowMs);
    },
  };
  const served = await serve(watched, { latencyMs });
  return {
    ...served,
    asked,
    answered: (requests) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (asked.length < requests) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
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
    patienceSeconds: 5,
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

/** Manifests of a stream's finished runs, oldest first. */
export function manifestsOf(place: Workplace, stream: string, source = 'shop'): Manifest[] {
  const folder = path.join(place.dir, 'lake', '_manifests', source, stream);
  return namesIn(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
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
