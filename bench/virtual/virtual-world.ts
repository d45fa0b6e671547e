// One run of a source against a strict model of its API, on a virtual clock: the machines' own
// definitions, the real handlers, everything around them in memory.

import * as z from 'zod';
import type { Connection } from '../../functions/connection.ts';
import {
  breakEvenSeconds,
  PULL_MEMORY_MB,
  PULL_TIMEOUT_SECONDS,
} from '../../shared/core/bounds.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { virtualClock } from '../../shared/ports/clock-virtual.ts';
import type { Http } from '../../shared/ports/http/http.ts';
import { memoryHttp } from '../../shared/ports/http/http-memory.ts';
import { type Journal, silentJournal } from '../../shared/ports/journal.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { memorySecrets } from '../../shared/ports/secrets/secrets.ts';
import { contexts } from '../../shared/pull/context.ts';
import type { Ports } from '../../shared/pull/ports.ts';
import { type ApiModel, apiRequest } from '../../test/apis/exchange.ts';
import { type LakeUsage, plainLake } from './virtual-lake.ts';
import { type LedgerUsage, meteredLedger, newLedgerUsage } from './virtual-ledger.ts';
import { newUsage, type Usage, walkSync } from './virtual-machine.ts';

/** Milliseconds of one call of DynamoDB and of S3, from a function in the same region. */
const LEDGER_MS = 5;
const LAKE_MS = 60;

/** A Monday morning: header parsers take small numbers for spans. */
export const START_MS = Date.UTC(2026, 10, 2, 6, 0, 0, 123);

export interface VirtualRun {
  readonly seconds: number;
  readonly pages: number;
  readonly requests: number;
  readonly refused: number;
  readonly violations: readonly string[];
  readonly objects: number;
  readonly machine: Usage;
  readonly ledger: LedgerUsage;
  readonly lake: LakeUsage;
}

export interface World {
  readonly connection: Connection;
  readonly ledger: LedgerUsage;
  readonly lake: LakeUsage;
}

export interface WorldOptions {
  /** Of the source; none without. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly model: ApiModel;
  readonly latencyMs: number;
  readonly journal?: Journal;
}

/** Everything that a run of `source` is connected to. */
export function virtualWorld(
  source: Source,
  { secrets = {}, model, latencyMs, journal = silentJournal }: WorldOptions,
): World {
  const clock = virtualClock(START_MS);
  const [ledger, lake] = [newLedgerUsage(), { puts: 0, gets: 0 }];
  const ports: Ports = {
    clock,
    catalogue: manifestsOnly,
    random: seededRandom(1),
    http: modelHttp(model, clock, latencyMs),
    lake: plainLake(clock, lake, LAKE_MS),
    ledger: meteredLedger(clock, ledger, LEDGER_MS),
    secrets: memorySecrets(new Map([[source.name, secrets]])),
    tokenLock: memoryTokenLock(clock),
    journal,
  };
  return { connection: virtualConnection(ports, source), ledger, lake };
}

/** What handlers are connected to that know one source, as large as those that are deployed. */
export function virtualConnection(ports: Ports, source: Source): Connection {
  const sourceOf = async (): Promise<Source> => source;
  return {
    ports,
    sourceOf,
    contextOf: contexts(ports, sourceOf),
    breakEvenSeconds: breakEvenSeconds(PULL_MEMORY_MB),
    isGone: async () => false,
  };
}

/** Runs all streams of the source once. @throws when the run does not succeed */
export async function runVirtual(
  source: Source,
  model: ApiModel,
  world: World,
): Promise<VirtualRun> {
  const { clock } = world.connection.ports;
  const usage = newUsage();
  const startedMs = clock.nowMs();
  const ended = await walkSync({ source: source.name }, world.connection, {
    executionId: 'virtual',
    invocationMs: PULL_TIMEOUT_SECONDS * 1000,
    usage,
  });
  if (ended.kind === 'failed') throw new Error(`${ended.error}: ${ended.cause}`);
  const { streams } = report.parse(ended.output);
  const sum = (pick: (stream: (typeof streams)[number]) => number): number =>
    streams.reduce((total, stream) => total + pick(stream), 0);
  const { refused, violations } = model.stats();
  return {
    seconds: (clock.nowMs() - startedMs) / 1000,
    pages: sum((stream) => stream.pages),
    requests: sum((stream) => stream.requests),
    refused,
    violations,
    objects: sum((stream) => stream.objects),
    machine: usage,
    ledger: world.ledger,
    lake: world.lake,
  };
}

const report = z.object({
  streams: z.array(z.object({ pages: z.number(), requests: z.number(), objects: z.number() })),
});

/** Half of the latency passes before the server sees the request, half after. */
function modelHttp(model: ApiModel, clock: Clock, latencyMs: number): Http {
  return memoryHttp(async ({ method, url, headers, body = '' }) => {
    await clock.sleep(latencyMs / 2);
    const answer = model.handle(apiRequest(url, { method, headers, body }), clock.nowMs());
    await clock.sleep(latencyMs / 2);
    const named = Object.entries(answer.headers).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]);
    const { status } = answer;
    return {
      kind: 'response',
      status,
      headers: Object.fromEntries(named),
      body: Buffer.from(answer.body),
    };
  });
}
