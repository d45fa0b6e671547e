// Drains a stream of millions of pages on a virtual clock and looks at what AWS bounds: the events
// of each execution, the bytes of its states, the memory. A missed bar gives exit code 1.

import { EXECUTION_EVENTS, STATE_BYTES } from '../shared/core/bounds.ts';
import { type LongRun, runLong } from './long/long-run.ts';
import type { LongStream } from './long/long-stream.ts';
import type { BenchOptions } from './options.ts';

const scenarios: Readonly<Record<string, LongStream & { readonly about: string }>> = {
  long: { about: 'as many pages a round as the waits make worth it', pages: 3_000_000 },
  single: { about: 'one page a round: the most hand-overs', pages: 100_000, pagesPerRound: 1 },
};

/** The heap may grow by a tenth from a tenth of the pages to all of them: garbage is not exact. */
const HEAP_GROWTH = 1.1;

/** Prints a report a scenario, or with `json` one object; exit code 1 when a bar is missed. */
export async function bench({ json, only }: BenchOptions): Promise<void> {
  const chosen = Object.entries(scenarios).filter(([name]) => only === undefined || name === only);
  if (chosen.length === 0) {
    const names = Object.keys(scenarios).join(', ');
    process.stderr.write(`There is no scenario ${only}. There are: ${names}.\n`);
    process.exitCode = 2;
    return;
  }
  const rows = [];
  for (const [name, stream] of chosen) {
    const startedMs = performance.now();
    const run = await runLong(stream);
    const seconds = (performance.now() - startedMs) / 1000;
    const row = { scenario: name, seconds, ...figuresOf(run), bars: barsOf(stream, run) };
    rows.push(row);
    if (!json) process.stdout.write(told(stream.about, row));
  }
  const ok = rows.every(({ bars }) => bars.every(({ held }) => held));
  if (json) process.stdout.write(`${JSON.stringify({ bench: 'handover', ok, rows })}\n`);
  if (!ok) process.exitCode = 1;
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;

function figuresOf({ pages, objects, days, usage, heap }: LongRun) {
  const [syncEvents = 0, ...drains] = usage.events;
  return {
    pages,
    objects,
    days,
    rounds: usage.invocations - 3,
    executions: usage.events.length,
    mostEvents: Math.max(...drains),
    syncEvents,
    stateBytes: usage.stateBytes,
    transitions: usage.transitions,
    heapMegabytes: [heap.tenth, heap.half, heap.all].map(megabytes),
  };
}

interface Bar {
  readonly what: string;
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
  readonly held: boolean;
}

function barsOf(stream: LongStream, run: LongRun): Bar[] {
  const { usage, heap } = run;
  const [syncEvents = 0, ...drains] = usage.events;
  const growth = Math.max(heap.half, heap.all) / heap.tenth;
  return [
    atLeast('pages that stand in their place', run.wholePages, stream.pages),
    atMost('pages that the run counts', run.pages, stream.pages),
    atMost('requests that no correct client sends', run.refused + run.violations, 0),
    atLeast('hand-overs', drains.length - 1, 1),
    atMost('events of one drain execution', Math.max(...drains), EXECUTION_EVENTS),
    atMost('events of the sync execution', syncEvents, EXECUTION_EVENTS),
    atMost('bytes of a state', usage.stateBytes, STATE_BYTES),
    atMost('growth of the heap from 10 % of the pages on', growth, HEAP_GROWTH),
  ];
}

const atMost = (what: string, value: number, most: number): Bar => ({
  what,
  value,
  most,
  held: value <= most,
});

const atLeast = (what: string, value: number, least: number): Bar => ({
  what,
  value,
  least,
  held: value >= least,
});

type Row = ReturnType<typeof figuresOf> & {
  readonly scenario: string;
  readonly seconds: number;
  readonly bars: readonly Bar[];
};

function told(about: string, row: Row): string {
  const n = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
  const [tenth, half, all] = row.heapMegabytes.map(n);
  const lines = [
    `${row.scenario}: ${about}`,
    `  ${n(row.pages)} pages in ${n(row.rounds)} rounds, ${n(row.objects)} objects, ` +
      `${n(row.executions)} executions, ${n(row.transitions)} transitions`,
    `  ${n(row.days)} days in ${row.seconds.toFixed(1)} s; ` +
      `heap ${tenth} MB at 10 %, ${half} MB at 50 %, ${all} MB at the end`,
    ...row.bars.map(({ what, value, least, most, held }) => {
      const bound = least === undefined ? `<= ${n(most ?? 0)}` : `>= ${n(least)}`;
      return `  ${held ? 'held  ' : 'MISSED'} ${what}: ${n(value)} ${bound}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}
