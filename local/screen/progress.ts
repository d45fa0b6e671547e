// What a run shows while it runs: on a terminal a live table of its streams with the level of the
// bucket and what is waited for; elsewhere a line for each thing that happens to a stream.

import { createLogUpdate } from 'log-update';
import type { PartitionsDone } from '../../shared/core/run/partitions.ts';
import { describeDrift } from '../../shared/core/table/stream-columns.ts';
import type { Journal, JournalEvent } from '../../shared/ports/journal.ts';
import { count } from './text-table.ts';

export interface ProgressScreen extends Journal {
  /** Leaves the last picture standing; a second time does nothing. */
  done(): void;
}

interface Row {
  state: string;
  pages: number;
  records: number;
  expected?: number;
  partitions?: PartitionsDone;
}

/** Where progress goes: stderr, or what stands for it. */
interface Screen extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

export function showProgress(out: Screen): ProgressScreen {
  return out.isTTY ? liveProgress(out) : lineProgress(out);
}

const FRAME_MS = 100;

function liveProgress(out: Screen): ProgressScreen {
  const rows = new Map<string, Row>();
  const notes: string[] = [];
  let bucket = '';
  let waiting: { untilMs: number; why: string; stream: string } | undefined;
  // A terminal without a size (`script` outside of one) would be drawn on with nothing.
  [out.columns, out.rows] = [out.columns || 80, out.rows || 24];
  const log = createLogUpdate(out);
  let isDone = false;
  const draw = (): void => {
    if (rows.size > 0) log(picture(rows, bucket, waiting));
  };
  const timer = setInterval(draw, FRAME_MS);
  timer.unref();
  return {
    note(event) {
      if (event.kind === 'token' || event.kind === 'age' || event.kind === 'compaction') return;
      const line = lineOf(event);
      if (line && (event.kind === 'fault' || event.kind === 'throttled')) notes.push(line);
      const row = rows.get(event.stream) ?? { state: 'starts', pages: 0, records: 0 };
      rows.set(event.stream, row);
      if (event.kind === 'stream') row.state = event.status;
      if (event.kind === 'wait') {
        row.state = 'waits';
        waiting = event;
      }
      if (event.kind === 'page') {
        Object.assign(row, { state: 'pulls', pages: event.pages, records: event.records });
        if (event.expected !== undefined) row.expected = event.expected;
        if (event.partitions) row.partitions = event.partitions;
        if (event.level) bucket = bar(event.level.spent, event.level.of);
      }
      while (notes.length > 0) {
        log.clear();
        out.write(`${notes.shift()}\n`);
      }
    },
    done() {
      // What was printed since would have the picture below it once more.
      if (isDone) return;
      isDone = true;
      clearInterval(timer);
      waiting = undefined;
      draw();
      log.done();
    },
  };
}

function picture(
  rows: ReadonlyMap<string, Row>,
  bucket: string,
  waiting: { untilMs: number; why: string; stream: string } | undefined,
): string {
  const width = Math.max(...[...rows.keys()].map((name) => name.length));
  const lines = [...rows].map(([name, row]) => {
    const of = row.expected === undefined ? '' : ` of ${count(row.expected)}`;
    const pages = `${count(row.pages)} pages`.padStart(12);
    const records = `${count(row.records).padStart(9)}${of} records`;
    return `  ${name.padEnd(width)}  ${row.state.padEnd(9)}${pages}  ${records}${walksOf(row)}`;
  });
  if (bucket) lines.push(`  bucket ${bucket}`);
  const leftMs = waiting ? waiting.untilMs - Date.now() : 0;
  const wait =
    waiting && leftMs > 0
      ? `  ${waiting.stream} waits ${seconds(leftMs)} ${waiting.why}, until ${clockTime(waiting.untilMs)}`
      : '';
  lines.push(wait);
  return lines.join('\n');
}

const walksOf = ({ partitions }: Row): string =>
  partitions ? `  ${count(partitions.done)} of ${count(partitions.of)} partitions` : '';

const BAR = 30;

function bar(spent: number, of: number): string {
  const filled = Math.max(0, Math.min(BAR, Math.round((spent / of) * BAR)));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${spent.toFixed(1)} of ${count(of)}`;
}

function lineProgress(out: Screen): ProgressScreen {
  return {
    note(event) {
      const line = lineOf(event);
      if (line) out.write(`${line}\n`);
    },
    done() {},
  };
}

/** Waits shorter than this are not worth a line. */
const LONG_WAIT_MS = 2_000;

function lineOf(event: JournalEvent): string | undefined {
  switch (event.kind) {
    case 'stream':
      return `${event.stream}: ${event.status}${event.cause ? ` (${event.cause})` : ''}`;
    case 'batch':
      return `${event.stream}: ${event.adopted ? 'found' : 'landed'} ${count(event.pages)} pages, ${count(event.records)} records`;
    case 'wait':
      return event.waitMs >= LONG_WAIT_MS
        ? `${event.stream}: waits ${seconds(event.waitMs)} ${event.why}, until ${clockTime(event.untilMs)}`
        : undefined;
    case 'fault':
      return `${event.stream}: ${event.reason}${event.attempt > 0 ? ` (try ${event.attempt})` : ''}`;
    case 'throttled':
      return `${event.stream}: refused: ${event.reason}`;
    case 'drift':
      return `${event.stream}: ${describeDrift(event.drift)}`;
    default:
      return undefined;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The time of day; of another day with its date. */
function clockTime(ms: number): string {
  const [day, time] = new Date(ms).toISOString().slice(0, 19).split('T');
  return day === new Date().toISOString().slice(0, 10) ? `${time}` : `${day} ${time}`;
}
