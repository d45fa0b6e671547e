// A lake folder written by hand, so that readers are tested against the format and not against
// our writer.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach } from 'vitest';
import type { Cell } from '../../../local/lake/cells.ts';
import { type LakeDatabase, openLakeDatabase } from '../../../local/lake/query.ts';
import type { Column } from '../../../shared/core/table/columns.ts';
import { inspectColumns } from '../../../shared/core/table/infer-columns.ts';
import { batchKeys, manifestKey, runPrefix } from '../../../shared/core/table/keys.ts';
import type { Manifest } from '../../../shared/core/table/manifest.ts';

export interface HandMadeLake {
  readonly dir: string;
  /** Writes a run; `batches` are the lines of each. Without a manifest it never finished. */
  run(run: RunOfLines): void;
  write(key: string, content: string | Uint8Array): void;
  /** The text of a manifest; nothing is written. */
  manifest(run: Partial<Manifest> & Pick<Manifest, 'runId'>): string;
  remove(): void;
}

export interface RunOfLines extends Partial<Manifest> {
  readonly runId: string;
  readonly batches: readonly (readonly string[])[];
  readonly unfinished?: boolean;
  /** Bytes for the FEXTRA field of each gzip header. */
  readonly extra?: Uint8Array;
}

const opened: { lakes: HandMadeLake[]; databases: LakeDatabase[] } = { lakes: [], databases: [] };

/** Removes what the tests of a file make. Call it once at the top. */
export function cleanUpLakes(): void {
  afterEach(() => {
    for (const database of opened.databases.splice(0)) database.close();
    for (const lake of opened.lakes.splice(0)) lake.remove();
  });
}

/** A lake of one stream, `shop.items`, with one finished run of these lines. */
export function lakeOf(...lines: string[]): HandMadeLake {
  const lake = newLake();
  lake.run({ runId: 'r1', batches: [lines] });
  return lake;
}

export async function open(lake: HandMadeLake): Promise<LakeDatabase> {
  const database = await openLakeDatabase(lake.dir);
  opened.databases.push(database);
  return database;
}

export async function rowsOf(database: LakeDatabase, sql: string): Promise<Cell[][]> {
  const rows: Cell[][] = [];
  for await (const batch of (await database.query(sql)).batches) {
    for (const row of batch) rows.push([...row]);
  }
  return rows;
}

export const ask = async (lake: HandMadeLake, sql: string) => rowsOf(await open(lake), sql);

export function newLake(name = 'lake'): HandMadeLake {
  const lake = handMadeLake(name);
  opened.lakes.push(lake);
  return lake;
}

function handMadeLake(name: string): HandMadeLake {
  const parent = mkdtempSync(path.join(tmpdir(), 'driplake-query-'));
  const dir = path.join(parent, name);
  const known = new Map<string, readonly Column[]>();
  const write = (key: string, content: string | Uint8Array): void => {
    const file = path.join(dir, key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  return {
    dir,
    write,
    manifest: (run) => JSON.stringify(manifestOf(run)),
    remove: () => rmSync(parent, { recursive: true }),
    run: ({ batches, unfinished, extra, ...over }) => {
      const source = over.source ?? 'shop';
      const stream = over.stream ?? 'items';
      const bodies = batches.map((lines) => Buffer.from(`${lines.join('\n')}\n`));
      const seen = inspectColumns(Buffer.concat(bodies), known.get(`${source}/${stream}`) ?? []);
      known.set(`${source}/${stream}`, seen.columns);
      const manifest = manifestOf({
        objects: batches.length,
        pages: batches.length,
        records: seen.records,
        bytes: bodies.reduce((sum, body) => sum + body.length, 0),
        columns: seen.columns,
        ...(seen.lenient ? { lenient: true } : {}),
        ...over,
      });
      for (const [index, key] of batchKeys(manifest).entries()) {
        write(key, withExtra(gzipSync(bodies[index] ?? ''), extra));
      }
      if (!unfinished) write(manifestKey(manifest), JSON.stringify(manifest));
    },
  };
}

function manifestOf(run: Partial<Manifest> & Pick<Manifest, 'runId'>): Manifest {
  const { source = 'shop', stream = 'items', date = '2026-11-21', runId } = run;
  return {
    version: 1,
    source,
    stream,
    date,
    mode: 'snapshot',
    fullRefresh: false,
    startedAt: '2026-11-21T10:00:00.000Z',
    finishedAt: '2026-11-21T11:00:00.000Z',
    objects: 0,
    prefix: runPrefix({ source, stream, date, runId }),
    pages: 0,
    records: 0,
    bytes: 0,
    spent: { requests: 1, throttled: 0, waitedSeconds: 0, seconds: 1 },
    columns: [],
    primaryKey: [],
    ...run,
  };
}

/**
 * RFC 1952: flag FEXTRA (4), then two bytes of length and the field after the ten bytes of
 * header.
 */
function withExtra(member: Uint8Array, extra: Uint8Array | undefined): Uint8Array {
  if (extra === undefined) return member;
  const header = Buffer.from(member.subarray(0, 10));
  header[3] = (header[3] ?? 0) | 4;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(extra.length);
  return Buffer.concat([header, length, extra, member.subarray(10)]);
}
