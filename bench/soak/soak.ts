// `npm run soak -- [--minutes 30]`: one process that syncs for as long as that, four sources at a
// time, on one lake and one state folder; now and then an API fails, and a run is interrupted. What
// the process holds must be what it was when it was warm: memory, handles and timers, within 5 %.
// Exit code 1 when one of them has grown, or when a run came to something else than its API has.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readLakeTables } from '../../local/lake/lake-tables.ts';
import { runSource } from '../../local/machine/run.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import { grown, type Held, heldNow, tellHeld } from './held.ts';
import { openSoakApi, ROWS, type SoakApi } from './soak-api.ts';

const SOURCES = ['a', 'b', 'c', 'd'];
/** Rounds of four runs between two looks at what is held. */
const ROUNDS_A_LOOK = 5;
/** In every tenth round the first run is interrupted; the next one goes on. */
const INTERRUPTED = 10;
/** For what a run let go of to be gone. */
const SETTLE_MS = 200;

interface Place {
  readonly dir: string;
  readonly apis: readonly SoakApi[];
}

/** @returns faults: what a run came to, where that is not all rows */
async function round({ dir, apis }: Place, number: number): Promise<string[]> {
  const runs = apis.map(async (api, index) => {
    const stop = new AbortController();
    const isInterrupted = index === 0 && number % INTERRUPTED === 0;
    if (isInterrupted) api.atPage(3, () => stop.abort());
    const report = await runSource({
      source: api.file,
      streams: [],
      lakeDir: path.join(dir, 'lake'),
      stateDir: path.join(dir, 'state'),
      fullRefresh: false,
      sameData: false,
      journal: silentJournal,
      env: {},
      signal: stop.signal,
    });
    const rows = report.streams.map(({ records }) => records);
    const isWhole = report.status === 'done' && rows.every((count) => count === ROWS);
    if (isWhole || (isInterrupted && report.status === 'interrupted')) return [];
    return [`round ${number}, source ${index}: ${JSON.stringify(report)}`];
  });
  return (await Promise.all(runs)).flat();
}

async function soak(place: Place, minutes: number): Promise<boolean> {
  const endsAt = performance.now() + minutes * 60_000;
  const looks: Held[] = [];
  let rounds = 0;
  const faults: string[] = [];
  while (performance.now() < endsAt && faults.length === 0) {
    for (let turn = 0; turn < ROUNDS_A_LOOK; turn++)
      faults.push(...(await round(place, ++rounds)));
    await pause(SETTLE_MS);
    looks.push(heldNow());
    if (looks.length % 10 === 1)
      say(`${rounds * place.apis.length} runs: ${tellHeld(looks.at(-1))}`);
  }
  const { tables, faults: damaged } = await readLakeTables(path.join(place.dir, 'lake'));
  if (tables.length !== 2 * SOURCES.length) faults.push(`${tables.length} tables`);
  faults.push(...damaged, ...grown(looks));
  say(`${rounds * place.apis.length} runs in ${minutes} minutes: ${tellHeld(looks.at(-1))}`);
  for (const fault of faults) say(`FAILED ${fault}`);
  return faults.length === 0;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const dir = await mkdtemp(path.join(tmpdir(), 'driplake-soak-'));
const apis = await Promise.all(SOURCES.map((name) => openSoakApi(dir, name)));
try {
  process.exitCode = (await soak({ dir, apis }, Number(values.minutes))) ? 0 : 1;
} finally {
  for (const api of apis) await api.close();
  await rm(dir, { recursive: true, force: true });
}
