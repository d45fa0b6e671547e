// Everyone who reads published runs, at every moment: who goes by the manifest, who goes by the
// catalogue and reads a folder with all below it, and who began up to a day ago and still reads what
// stood there then. Each of them finds the lines that were published, whatever compactions do.

import { COMPACT_GRACE_MS } from '../../../shared/core/bounds.ts';
import type { StreamState } from '../../../shared/core/run/run.ts';
import { batchKeys, MANIFESTS_FOLDER, manifestKey } from '../../../shared/core/table/keys.ts';
import { type Manifest, readManifest } from '../../../shared/core/table/manifest.ts';
import { tableNames } from '../../../shared/core/table/views.ts';
import type { memoryCatalogue } from '../../../shared/ports/catalogue/catalogue.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { SimLake } from '../world/sim-lake.ts';
import type { Published } from './guarantees.ts';

export interface Readers {
  published(run: Published): void;
  /** A text was written again: what it says now counts. */
  rewrote(key: string, text: string): void;
  /** These objects go now. */
  removing(keys: readonly string[]): void;
  /** Something under this key, or of this run, has changed. */
  judge(keyOrRunId: string): void;
  /** The lines of a run as a reader of its manifest finds them now. */
  linesNow(run: Published): string;
  /** What is still there after a week without runs that nobody reads. */
  judgeRemains(): void;
}

export interface Seen {
  readonly lake: SimLake;
  readonly catalogue: Pick<ReturnType<typeof memoryCatalogue>, 'tables'>;
  readonly clock: Clock;
  readonly stateOf: (stream: string) => StreamState | undefined;
  readonly violation: (text: string) => void;
}

/** Where a run was read from, until when. */
interface View {
  readonly keys: ReadonlySet<string>;
  untilMs: number;
}

interface ReadRun {
  readonly run: Published;
  readonly lines: string;
  manifest: Manifest;
  readonly views: View[];
  /** Where the catalogue sent readers last. */
  place?: string;
}

/** Functions' clocks may be ahead by this. */
const SLACK_MS = 5 * 60_000;

export function openReaders({ lake, catalogue, clock, stateOf, violation }: Seen): Readers {
  const runs = new Map<string, ReadRun>();

  const endViews = (read: ReadRun): void => {
    for (const view of read.views) view.untilMs = Math.min(view.untilMs, clock.nowMs());
  };
  const linesOf = (keys: readonly string[]): string =>
    keys.map((key) => lake.batches.get(key)?.lines ?? `${key} is missing`).join('');
  const isRead = (key: string): boolean =>
    [...runs.values()].some(({ views }) =>
      views.some(
        ({ keys, untilMs }) =>
          keys.has(key) && untilMs > clock.nowMs() - COMPACT_GRACE_MS + SLACK_MS,
      ),
    );

  function judgeRun(read: ReadRun): void {
    const { manifest, lines } = read;
    const { date, runId } = manifest;
    const told = `${manifest.stream} ${runId}`;
    if (linesOf(batchKeys(manifest)) !== lines) {
      violation(`${told}: by its manifest it does not hold what was published`);
    }
    const { schema, current } = tableNames(manifest);
    const place = catalogue.tables.get(`${schema}.${current}`)?.runs.get(`${date}/${runId}`);
    if (place === undefined) return;
    const under = lake.under(place).map(({ key }) => key);
    if (linesOf(under) !== lines) {
      violation(`${told}: by the catalogue, ${place}, it does not hold what was published`);
    }
    if (place === read.place) return;
    // Who began to read the other place goes on; so does who goes by the manifest.
    const [before, now] = [read.place, new Set(under)];
    read.place = place;
    if (before === undefined && place !== manifest.prefix) return;
    read.views.push({ keys: now, untilMs: Number.POSITIVE_INFINITY });
  }

  return {
    published(run) {
      const { manifest } = run;
      const lines = run.batches.map((batch) => batch.lines).join('');
      const view = { keys: new Set(batchKeys(manifest)), untilMs: Number.POSITIVE_INFINITY };
      runs.set(manifestKey(manifest), { run, lines, manifest, views: [view] });
    },
    rewrote(key, text) {
      if (!key.startsWith(`${MANIFESTS_FOLDER}/`) || key.endsWith('/schema.json')) return;
      const read = runs.get(key);
      const reading = readManifest(text, key);
      if (reading.kind === 'damaged') return violation(reading.faults.join('; '));
      if (!read) return violation(`${key} was written again and never published`);
      if (facts(read.manifest) !== facts(reading.manifest)) {
        violation(`${key} was written again with other facts`);
      }
      endViews(read);
      read.manifest = reading.manifest;
      const keys = new Set(batchKeys(reading.manifest));
      read.views.push({ keys, untilMs: Number.POSITIVE_INFINITY });
      judgeRun(read);
    },
    removing(keys) {
      for (const key of keys) {
        if (isRead(key)) violation(`${key} was removed while it may be read`);
        const [, stream = '', runId = ''] = RUN_OF.exec(key) ?? [];
        const run = stateOf(stream)?.run;
        const isKept = stateOf(stream)?.listed?.runId === runId && key.startsWith('_partitions/');
        if (isKept) violation(`${key} was removed, and the next run needs its list`);
        const goesOn = run?.runId === runId && run.status !== 'finished';
        if (goesOn) violation(`${key} was removed, and its run may go on`);
      }
    },
    judge(keyOrRunId) {
      for (const read of runs.values()) {
        if (keyOrRunId.includes(read.manifest.runId)) judgeRun(read);
      }
    },
    linesNow: ({ manifest }) => {
      const read = runs.get(manifestKey(manifest));
      return read ? linesOf(batchKeys(read.manifest)) : '';
    },
    judgeRemains() {
      const read = new Set([...runs.values()].flatMap(({ manifest }) => batchKeys(manifest)));
      for (const key of lake.batches.keys()) {
        if (!read.has(key)) violation(`${key} is left over`);
      }
    },
  };
}

/** The stream and the run that an object belongs to. */
const RUN_OF = /([^/]+)\/(?:compacted\/)?(?:dt=[^/]+\/run=)?([^/]+)\/[^/]+$/;

/** What no compaction changes of a manifest. */
function facts({ prefix: _prefix, objects: _objects, compacted: _, ...rest }: Manifest): string {
  return JSON.stringify(rest);
}
