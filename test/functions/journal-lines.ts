// What the functions' journal prints, read back as CloudWatch reads it: lines, and the data that
// are embedded in them.

import * as z from 'zod';
import { lambdaJournal } from '../../functions/lambda-journal.ts';
import type { JournalEvent } from '../../shared/ports/journal.ts';

export type Line = Readonly<Record<string, unknown>>;

/** One datum as CloudWatch stores it. */
export interface Datum {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

export const STACK = 'Driplake';

/** Lines that a function of the stack prints for the events, `afterMs` of each passing before it. */
export function linesOf(events: readonly JournalEvent[], afterMs = 0): Line[] {
  const written: string[] = [];
  // Warnings go to stderr; in AWS both are the function's log.
  const outputs = [process.stdout, process.stderr];
  const writes = outputs.map(({ write }) => write);
  process.env['POWERTOOLS_SERVICE_NAME'] = STACK;
  for (const output of outputs) {
    output.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  }
  try {
    let nowMs = Date.UTC(2026, 10, 1);
    const journal = lambdaJournal({ nowMs: () => nowMs, sleep: async () => {} });
    for (const event of events) {
      nowMs += afterMs;
      journal.note(event);
    }
  } finally {
    outputs.forEach((output, index) => {
      output.write = writes[index] ?? output.write;
    });
    delete process.env['POWERTOOLS_SERVICE_NAME'];
  }
  return written.map((text) => JSON.parse(text));
}

const embedded = z.object({
  _aws: z.object({
    Timestamp: z.int(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});

/**
 * The data of a line, by the rules of the embedded metric format: every metric once for each set of
 * dimensions, values at the root. A name without its value is a fault of the line.
 */
export function dataIn(line: Line): Datum[] {
  const read = embedded.safeParse(line);
  if (!read.success) return [];
  return read.data._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name, Unit }) => ({
        namespace: Namespace,
        name: Name,
        unit: Unit,
        value: z.number().parse(line[Name]),
        dimensions: Object.fromEntries(names.map((name) => [name, z.string().parse(line[name])])),
      })),
    ),
  );
}
