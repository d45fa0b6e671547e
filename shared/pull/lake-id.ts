// The ledger and the lake belong together: a watermark says that everything before it is in one
// lake, a cursor that everything before it is. Each lake has an id, written into it once by whoever
// comes first, and a stream knows the lake and its last published run there. A lake that is another
// one, or that was emptied, is found out before anything is asked of the API.
//
// Run R1 left watermark 1,200 and its manifest in lake `9f3c`. The next run finds `9f3c` and that
// manifest: it asks for what is new. It finds another id, or none: it asks for nothing and says so.
// Why: docs/decisions/017-the-ledger-knows-its-lake.md

import type { StreamRun, StreamState } from '../core/run/run.ts';
import { LAKE_KEY, manifestKey } from '../core/table/keys.ts';
import type { Lake } from '../ports/lake/lake.ts';
import type { Random } from '../ports/random.ts';

/** The lake that a run writes to, and the claim under which that was looked at. */
export interface CheckedLake {
  readonly id: string;
  readonly fence: number;
}

interface LakePorts {
  readonly lake: Pick<Lake, 'place' | 'readText' | 'createText'>;
  readonly random: Random;
}

/** @returns the lake, or one line that says why the stream can't be read into it */
export async function checkLake(
  ports: LakePorts,
  state: StreamState,
  run: StreamRun,
): Promise<CheckedLake | { readonly cause: string }> {
  const { fence } = state;
  if (run.lake?.fence === fence) return run.lake;
  const { lake } = ports;
  const found = await readId(lake);
  const wanted = wantedOf(state, run);
  if (wanted === undefined) return { id: found ?? (await createId(ports)), fence };
  if (found === undefined) return anotherLake(lake, state, 'it is empty or new');
  if (found !== wanted.id) return anotherLake(lake, state, 'it is another one');
  const { runId } = wanted;
  const key = runId && manifestKey({ source: state.source, stream: state.stream, runId });
  if (key && (await lake.readText(key)) === undefined) {
    return anotherLake(lake, state, `its last run is gone (${key})`);
  }
  return { id: found, fence };
}

/** The lake that holds the rows which this run will not read again; undefined when it reads all. */
function wantedOf(
  { watermark, listed, published }: StreamState,
  run: StreamRun,
): { readonly id: string; readonly runId?: string } | undefined {
  if (run.lake && run.sequence > 0) return run.lake;
  const goesOn = !run.fullRefresh && (watermark !== undefined || listed !== undefined);
  return goesOn ? published : undefined;
}

const anotherLake = (
  { place }: Pick<Lake, 'place'>,
  { stream }: StreamState,
  what: string,
): { readonly cause: string } => ({
  cause:
    `The rows of ${stream} so far are not in the lake ${place}: ${what}. Nothing was read, since ` +
    'only what is new would come. Use the lake that they are in, or run with --full-refresh, ' +
    'which reads everything again into this one.',
});

async function readId(lake: Pick<Lake, 'readText'>): Promise<string | undefined> {
  const text = await lake.readText(LAKE_KEY);
  return text === undefined ? undefined : /"id":"([0-9a-f]+)"/.exec(text)?.[1];
}

/** The id of whoever was first, where two come at once. */
async function createId({ lake, random }: LakePorts): Promise<string> {
  const digits = Array.from({ length: 32 }, () => Math.floor(random.next() * 16).toString(16));
  const id = digits.join('');
  const created = await lake.createText(LAKE_KEY, `{"id":"${id}"}\n`);
  return created === 'created' ? id : ((await readId(lake)) ?? id);
}
