// One run of a stream of any length, on a virtual clock, through the machines' own definitions and
// the real handlers: what its executions and its memory came to.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as z from 'zod';
import { PULL_TIMEOUT_SECONDS } from '../../shared/core/bounds.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import { virtualClock } from '../../shared/ports/clock-virtual.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import { memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { memorySecrets } from '../../shared/ports/secrets/secrets.ts';
import { newUsage, type Usage, walkSync } from '../virtual/virtual-machine.ts';
import { START_MS, virtualConnection } from '../virtual/virtual-world.ts';
import { longLake } from './long-lake.ts';
import { type LongStream, longApi, longSource } from './long-stream.ts';

export interface LongRun {
  /** As the run reports it, and as the lake was checked line by line. */
  readonly pages: number;
  readonly wholePages: number;
  readonly objects: number;
  readonly refused: number;
  readonly violations: number;
  /** Days on the virtual clock. */
  readonly days: number;
  readonly usage: Usage;
  /** Bytes on the heap after a collection, when a tenth, a half and all of the pages were read. */
  readonly heap: { readonly tenth: number; readonly half: number; readonly all: number };
}

/** @throws when the run does not succeed */
export async function runLong(stream: LongStream): Promise<LongRun> {
  const clock = virtualClock(START_MS);
  const lake = longLake();
  const heap = { tenth: 0, half: 0, all: 0 };
  const api = longApi(stream, clock, (page) => {
    if (page === Math.ceil(stream.pages / 10)) heap.tenth = heapBytes();
    if (page === Math.ceil(stream.pages / 2)) heap.half = heapBytes();
    if (page === stream.pages) heap.all = heapBytes();
  });
  const source = longSource(stream);
  const ports = {
    catalogue: manifestsOnly,
    clock,
    random: seededRandom(1),
    http: api,
    lake,
    ledger: memoryLedger(clock),
    secrets: memorySecrets(new Map()),
    tokenLock: memoryTokenLock(clock),
    journal: silentJournal,
  };
  const usage = newUsage();
  const ended = await walkSync({ source: source.name }, virtualConnection(ports, source), {
    executionId: 'long',
    invocationMs: PULL_TIMEOUT_SECONDS * 1000,
    usage,
  });
  if (ended.kind === 'failed') throw new Error(`${ended.error}: ${ended.cause}`);
  const { refused, violations } = api.stats();
  return {
    pages: report.parse(ended.output).streams[0].pages,
    wholePages: lake.wholePages(),
    objects: lake.objects(),
    refused,
    violations,
    days: (clock.nowMs() - START_MS) / 86_400_000,
    usage,
    heap,
  };
}

const report = z.object({ streams: z.tuple([z.object({ pages: z.number() })]) });

/** What is reachable: a collection comes first. */
export function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}
