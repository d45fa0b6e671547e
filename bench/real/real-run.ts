// One run on this machine in real time: the two machines on their local engine, dynalite on disk, a
// folder as the lake, and what they did counted from outside.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Connection } from '../../functions/connection.ts';
import { connectLocal, executionId } from '../../local/machine/connect.ts';
import { runSync } from '../../local/machine/machine.ts';
import { PULL_TIMEOUT_SECONDS, STREAM_LEASE_MS } from '../../shared/core/bounds.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import type { Ledger } from '../../shared/ports/ledger/ledger.ts';

export interface RealRun {
  readonly seconds: number;
  readonly pages: number;
  readonly requests: number;
  readonly objects: number;
  readonly ledgerWrites: number;
  readonly transitions: number;
}

/** Drains a source into a folder that is removed afterwards. @throws when the run fails */
export async function runReal(
  source: Source,
  env: Readonly<Record<string, string>>,
): Promise<RealRun> {
  const folder = await mkdtemp(join(tmpdir(), 'driplake-bench-'));
  const local = await connectLocal({
    lakeDir: join(folder, 'lake'),
    stateDir: join(folder, 'state'),
    journal: silentJournal,
    env,
    sources: new Map([[source.name, source]]),
  });
  try {
    const used = { writes: 0, rounds: 0, waits: 0 };
    const connection = counted(local, used);
    const startedMs = performance.now();
    const ended = await runSync({ source: source.name }, connection, {
      executionId: executionId('bench'),
      invocationMs: () => PULL_TIMEOUT_SECONDS * 1000,
    });
    const seconds = (performance.now() - startedMs) / 1000;
    if (ended.kind !== 'succeeded') throw new Error(JSON.stringify(ended));
    const { streams } = report.parse(ended.output);
    const sum = (pick: (stream: (typeof streams)[number]) => number): number =>
      streams.reduce((total, stream) => total + pick(stream), 0);
    return {
      seconds,
      pages: sum((stream) => stream.pages),
      requests: sum((stream) => stream.requests),
      objects: sum((stream) => stream.objects),
      ledgerWrites: used.writes,
      transitions: transitionsOf(streams.length, used.rounds, used.waits),
    };
  } finally {
    await local.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const report = z.object({
  streams: z.array(z.object({ pages: z.number(), requests: z.number(), objects: z.number() })),
});

/**
 * Transitions of a run without hand-overs. Sync: start, PlanRun, WhatPlan, DrainStreams,
 * WhatFollows, FinishRun, WhatOutcome, Synced. A stream: Drain, Whole, FinishStream; start, Drained. A round: PullPages,
 * WhatNext. A wait: WaitForPermits.
 */
export const transitionsOf = (streams: number, rounds: number, waits: number): number =>
  8 + 5 * streams + 2 * rounds + waits;

function counted(
  connection: Connection,
  used: { writes: number; rounds: number; waits: number },
): Connection {
  const { ledger } = connection.ports;
  const write = <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    used.writes++;
    return answer;
  };
  const counting: Ledger = {
    ...ledger,
    // A take that grants nothing mostly writes nothing; it is counted all the same.
    takePermits: (...args) => write(ledger.takePermits(...args)),
    settlePermits: (...args) => write(ledger.settlePermits(...args)),
    addColumns: (...args) => write(ledger.addColumns(...args)),
    writeRun: (run) => write(ledger.writeRun(run)),
    moveStream(next) {
      const { run, streamLeaseUntilMs } = next;
      if (run && streamLeaseUntilMs > run.movedAtMs + STREAM_LEASE_MS) used.waits++;
      return write(ledger.moveStream(next));
    },
  };
  return {
    ...connection,
    ports: { ...connection.ports, ledger: counting },
    contextOf(name) {
      used.rounds++;
      return connection.contextOf(name);
    },
  };
}
