// A source on the real machines: both state machines, the real handlers, HTTP over a socket on
// loopback, a lake in a folder. Only the ledger lives in memory, and the source's origin is the
// server's. What a test compares is what a reader of the lake would see.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { Connection } from '../../functions/connection.ts';
import { type MachineOptions, runSync, type SyncEnded } from '../../local/machine/machine.ts';
import { breakEvenSeconds, PULL_MEMORY_MB } from '../../shared/core/bounds.ts';
import type { StreamReport } from '../../shared/core/run/report.ts';
import { readSource, type Source } from '../../shared/core/source/source.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import { type Clock, systemClock } from '../../shared/ports/clock.ts';
import { nodeHttp } from '../../shared/ports/http/http-node.ts';
import { type JournalEvent, memoryJournal } from '../../shared/ports/journal.ts';
import { folderLake } from '../../shared/ports/lake/lake-folder.ts';
import { type Ledger, memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock, type TokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { memorySecrets, type SecretFields } from '../../shared/ports/secrets/secrets.ts';
import { contexts } from '../../shared/pull/context.ts';
import type { Ports } from '../../shared/pull/ports.ts';
import type { ApiModel } from '../apis/exchange.ts';
import { type ServeOptions, serve } from '../apis/serve.ts';

export interface WorldOptions {
  readonly secrets?: SecretFields;
  readonly serve?: ServeOptions;
  /** A ledger of the test's own, which outlives the world. */
  readonly ledger?: Ledger & TokenLock;
  /** A clock of the test's own, for waits that no test should sit through. */
  readonly clock?: Clock;
}

export interface Run {
  readonly ended: SyncEnded;
  readonly status: string;
  readonly streams: Readonly<Record<string, StreamReport>>;
}

export interface World<M extends ApiModel> {
  readonly model: M;
  readonly url: string;
  readonly source: Source;
  readonly ports: Ports;
  /** What the handlers are connected to. */
  readonly connection: Connection;
  readonly events: readonly JournalEvent[];
  readonly lakeDir: string;
  /** The owner's secret, which a rotation changes. */
  readonly secrets: Map<string, SecretFields>;
  run(input?: { streams?: readonly string[]; fullRefresh?: true }): Promise<Run>;
  /** Lines of the run that was published last, in the order of the lake; none when there is no run. */
  published(stream: string): Promise<readonly string[]>;
  stopServer(): Promise<void>;
  close(): Promise<void>;
}

let executions = 0;

export async function openWorld<M extends ApiModel>(
  declared: Source,
  model: M,
  options: WorldOptions = {},
): Promise<World<M>> {
  const { url, close } = await serve(model, options.serve);
  const lakeDir = await mkdtemp(join(tmpdir(), 'driplake-sources-'));
  const source = at(declared, url);
  const clock = options.clock ?? systemClock();
  const journal = memoryJournal();
  const secrets = new Map([[source.name, options.secrets ?? {}]]);
  const ledger = options.ledger ?? { ...memoryLedger(clock), ...memoryTokenLock(clock) };
  const ports: Ports = {
    clock,
    catalogue: manifestsOnly,
    random: seededRandom(1),
    http: nodeHttp(),
    lake: folderLake(lakeDir),
    ledger,
    secrets: memorySecrets(secrets),
    tokenLock: ledger,
    journal,
  };
  const connection: Connection = {
    ports,
    sourceOf: async () => source,
    contextOf: contexts(ports, async () => source),
    breakEvenSeconds: breakEvenSeconds(PULL_MEMORY_MB),
    isGone: async () => true,
  };
  return {
    model,
    url,
    source,
    ports,
    connection,
    events: journal.events,
    lakeDir,
    secrets,
    async run(input = {}) {
      executions++;
      const machine = machineOf(`test:${executions}`);
      return told(await runSync({ source: source.name, ...input }, connection, machine));
    },
    published: (stream) => publishedLines(lakeDir, source.name, stream),
    stopServer: close,
    async close() {
      await close().catch(() => {}); // A test may have stopped it.
      await rm(lakeDir, { recursive: true, force: true });
    },
  };
}

/**
 * A machine whose rounds have more time than any takes: what is in a batch depends on the source,
 * not on how fast it was read.
 */
export const machineOf = (executionId: string): MachineOptions => ({
  executionId,
  invocationMs: () => 600_000,
  waitMs: 5,
});

/** The source as it is, on another origin. */
function at(source: Source, url: string): Source {
  const moved = (address: string): string => address.replace(/^https:\/\/[^/]+/, url);
  const { credentials } = source;
  const value = {
    ...source,
    baseUrl: moved(source.baseUrl),
    ...(credentials && 'tokenUrl' in credentials
      ? { credentials: { ...credentials, tokenUrl: moved(credentials.tokenUrl) } }
      : {}),
  };
  return readSource(value, source.name);
}

/** The model, and something that happens at its n-th request, before it is answered. */
export const disturbed = <M extends ApiModel>(
  model: M,
  at: (request: number, nowMs: number) => void,
): M => {
  let requests = 0;
  return {
    ...model,
    handle(request, nowMs) {
      requests++;
      at(requests, nowMs);
      return model.handle(request, nowMs);
    },
  };
};

/** The source with the leak of a fast bucket, for servers that keep their rate to themselves. */
export const leaking = (source: Source, leakPerSecond: number): Source => ({
  ...source,
  limits: (source.limits ?? []).map((limit) =>
    limit.kind === 'leaky-bucket' ? { ...limit, leakPerSecond } : limit,
  ),
});

/** The source with some of its streams only. */
export const withStreams = (source: Source, ...names: readonly string[]): Source => ({
  ...source,
  streams: source.streams.filter(({ name }) => names.includes(name)),
});

function told(ended: SyncEnded): Run {
  const report: { status?: string; streams?: readonly StreamReport[] } = Object(ended.report);
  const streams = (report.streams ?? []).map((stream) => [stream.stream, stream] as const);
  return { ended, status: report.status ?? ended.kind, streams: Object.fromEntries(streams) };
}

async function publishedLines(lake: string, source: string, stream: string): Promise<string[]> {
  const folder = join(lake, '_manifests', source, stream);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name !== 'schema.json');
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const manifests = texts.map((text) => JSON.parse(text));
  // Ids of runs that begin in one second do not sort by time.
  const manifest = manifests.sort((a, b) => (a.finishedAt < b.finishedAt ? -1 : 1)).at(-1);
  const lines: string[] = [];
  for (let sequence = 0; sequence < (manifest?.objects ?? 0); sequence++) {
    const file = `${String(sequence).padStart(8, '0')}.ndjson.gz`;
    const text = gunzipSync(await readFile(join(lake, manifest.prefix, file))).toString();
    // The batch that closes a run may hold no record.
    expect(text === '' || text.endsWith('\n')).toBe(true);
    lines.push(...text.split('\n').slice(0, -1));
  }
  return lines;
}

/** The server saw nothing that a careful client does not do, and had to refuse nothing. */
export function expectCareful({ model }: World<ApiModel>): void {
  expect(model.stats()).toMatchObject({ violations: [], refused: 0 });
}
