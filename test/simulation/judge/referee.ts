// Watches every effect on the ledger and the lake, whoever caused it, and says what must never be:
// a claim that is ignored, a watermark ahead of what is published, a manifest that is not true.

import { CLOCK_SKEW_MS } from '../../../shared/core/bounds.ts';
import { bringsChanges } from '../../../shared/core/partition/parents.ts';
import type { StreamState } from '../../../shared/core/run/run.ts';
import {
  batchKey,
  cursorKey,
  LAKE_KEY,
  PARTITIONS_FOLDER,
  runPrefix,
} from '../../../shared/core/table/keys.ts';
import { type Manifest, readManifest } from '../../../shared/core/table/manifest.ts';
import { tableNames } from '../../../shared/core/table/views.ts';
import type { memoryCatalogue } from '../../../shared/ports/catalogue/catalogue.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Ledger } from '../../../shared/ports/ledger/ledger.ts';
import type { Scenario } from '../scenario.ts';
import type { SimStream } from '../sim-source.ts';
import type { Invocation } from '../world/invoked.ts';
import type { SimServer } from '../world/server.ts';
import type { SimLake } from '../world/sim-lake.ts';
import { judgeChildren, judgeKin, judgeParents, listOfRun } from './children.ts';
import { judgeEnd, judgePublished, linesOf, type Published } from './guarantees.ts';
import { openReaders } from './readers.ts';

export interface Referee {
  watchLedger(ledger: Ledger): Ledger;
  watchLake(lake: SimLake): SimLake;
  watchCatalogue(catalogue: SimCatalogue): SimCatalogue;
  /** The number of the stream's latest claim. */
  fenceOf(stream: string): number | undefined;
  violation(text: string): void;
  readonly violations: readonly string[];
  /** What must hold when the last, calm run has ended. */
  judgeEnd(ledger: Ledger): Promise<void>;
  /** What must hold when everything has been compacted, long after the last run. */
  judgeRemains(): void;
  /** Pages that runs have committed. */
  pages(): number;
}

type SimCatalogue = ReturnType<typeof memoryCatalogue>;

interface Watched {
  readonly scenario: Scenario;
  readonly server: SimServer;
  readonly lake: SimLake;
  readonly catalogue: Pick<ReturnType<typeof memoryCatalogue>, 'tables'>;
  readonly clock: Clock;
  /** Told of each violation when it happens. */
  readonly onViolation: (text: string) => void;
}

export function openReferee(watched: Watched, caller: () => Invocation | undefined): Referee {
  const { scenario, server, lake, catalogue, clock } = watched;
  const violations: string[] = [];
  const states = new Map<string, StreamState>();
  /** True time at which each run of a stream was first claimed. */
  const begun = new Map<string, number>();
  const published = new Map<string, Published[]>();
  /** Lists of the published runs of children, and true times at which origins were fixed. */
  const lists = new Map<string, ReturnType<typeof listOfRun>[]>();
  const originMs = new Map<string, number>();
  /** How often each claim of a stream has begun its walk anew. */
  const begunAnew = new Map<string, number>();
  let pages = 0;
  /** By how much the clock was wrong of who spoke of a budget last, and how often that jumped. */
  let [aheadMs, leaps] = [0, 0];

  const heedClock = (): void => {
    const { skewMs = 0 } = caller() ?? {};
    if (Math.abs(skewMs - aheadMs) > CLOCK_SKEW_MS) leaps++;
    aheadMs = skewMs;
  };
  const violation = (text: string): void => {
    if (violations.length >= 20 || violations.includes(text)) return;
    violations.push(text);
    watched.onViolation(text);
  };
  const stateOf = (stream: string): StreamState | undefined => states.get(stream);
  const readers = openReaders({ lake, catalogue, clock, stateOf, violation });
  /** In the order in which they were begun: one that a full refresh gave up may be published late. */
  const publishedOf = (stream: string): readonly Published[] => published.get(stream) ?? [];
  const publishedAs = (stream: string, runId: string | undefined): Published | undefined =>
    publishedOf(stream).find((one) => one.manifest.runId === runId);

  function moved(next: StreamState, by: Invocation | undefined): void {
    const { stream, run } = next;
    const before = states.get(stream);
    states.set(stream, next);
    const who = `${by?.task}#${by?.id}`;
    if (before && by?.claim && by.claim.fence !== before.fence) {
      violation(`${who} moved ${stream} under claim ${by.claim.fence}, it is at ${before.fence}`);
    }
    if (next.fence < (before?.fence ?? 0)) violation(`${who} moved the fence of ${stream} back`);
    if (!run) return;
    if (!begun.has(`${stream} ${run.runId}`)) begun.set(`${stream} ${run.runId}`, clock.nowMs());
    const same = before?.run?.runId === run.runId ? before.run : undefined;
    judgeAnew(before, next, who);
    pages += Math.max(0, run.pages - (same?.pages ?? 0));
    if (run.sequence < (same?.sequence ?? 0)) violation(`${who} moved ${stream} back`);
    const prefix = runPrefix({ ...run, source: next.source, stream });
    for (let sequence = 0; sequence < run.sequence; sequence++) {
      const key = batchKey(prefix, sequence);
      if (!lake.batches.has(key)) violation(`${who} committed ${key}, which is not in the lake`);
    }
    const { cursor } = run;
    if (cursor && 'stored' in cursor) {
      const key = cursorKey({ source: next.source, stream, runId: run.runId }, cursor.stored);
      if (!lake.texts.has(key)) violation(`${who} moved to ${key}, which is not in the lake`);
    }
    if (next.watermark !== before?.watermark) judgeWatermark(next, who);
    const finished = run.status === 'finished' && same?.status !== 'finished';
    if (finished && !publishedAs(stream, run.runId)) {
      violation(`${who} finished ${run.runId} of ${stream}, which is not published`);
    }
    const { schema, current } = tableNames(next);
    const shown = catalogue.tables.get(`${schema}.${current}`)?.runs;
    if (finished && !shown?.has(`${run.date}/${run.runId}`)) {
      violation(`${who} finished ${run.runId} of ${stream}, which no table shows`);
    }
  }

  /** Under one claim a stream drains one run, and one more where that has lost its cursor. */
  function judgeAnew(before: StreamState | undefined, next: StreamState, who: string): void {
    const { stream, fence, run } = next;
    const isOther = before?.run && before.fence === fence && before.run.runId !== run?.runId;
    if (!isOther) return;
    const claim = `${stream} ${fence}`;
    const times = (begunAnew.get(claim) ?? 0) + 1;
    begunAnew.set(claim, times);
    if (times > 1) violation(`${who} began ${stream} anew ${times} times under claim ${fence}`);
  }

  function judgeWatermark({ stream, watermark, run }: StreamState, who: string): void {
    const said = publishedAs(stream, run?.runId)?.manifest.watermark?.value ?? undefined;
    if (said !== watermark) {
      violation(`${who} moved the watermark of ${stream} to ${watermark}, published is ${said}`);
    }
  }

  function wrote(key: string, text: string): void {
    const reading = readManifest(text, key);
    if (reading.kind === 'damaged') {
      violation(reading.faults.join('; '));
      return;
    }
    const { manifest } = reading;
    const others = publishedOf(manifest.stream);
    const twin = publishedAs(manifest.stream, manifest.runId);
    if (twin && facts(twin.manifest) !== facts(manifest)) {
      violation(
        `${key} was published again with other facts: ${facts(twin.manifest)} ${facts(manifest)}`,
      );
    }
    const stream = scenario.streams.find((one) => one.name === manifest.stream);
    if (twin || !stream) return;
    const newest =
      others
        .map((other) => other.manifest.runId)
        .sort()
        .at(-1) ?? '';
    const one: Published = {
      manifest,
      publishedAtMs: clock.nowMs(),
      isLate: manifest.runId < newest,
      begunAtMs: begun.get(`${manifest.stream} ${manifest.runId}`) ?? 0,
      batches: lake.under(manifest.prefix),
    };
    const earlier = others.filter((other) => other.begunAtMs <= one.begunAtMs);
    const later = others.filter((other) => other.begunAtMs > one.begunAtMs);
    published.set(manifest.stream, [...earlier, one, ...later]);
    readers.published(one);
    for (const fault of judgePublished(stream, one, earlier, server, clock.nowMs())) {
      violation(`${key}: ${fault}`);
    }
    if (!stream.kin) return;
    const list = listOfRun(lake, manifest, originMs.get(manifest.runId) ?? 0);
    lists.set(stream.name, [...(lists.get(stream.name) ?? []), list]);
    const run = states.get(stream.name)?.run;
    const ours = run?.runId === manifest.runId ? run : undefined;
    for (const fault of judgeChildren(stream, ours, linesOf(one), list)) {
      violation(`${key}: ${fault}`);
    }
  }

  /** No parent that was brought is passed over, and no child of one that stands is lost. */
  function judgeKinship(stream: SimStream): string[] {
    const { kin, name } = stream;
    if (!kin) return [];
    const declared = scenario.source.streams.find((one) => one.name === kin.parent);
    const isSnapshot = !declared || !bringsChanges(scenario.source, declared);
    const parents = publishedOf(kin.parent).map((one) => ({ ...one, lines: linesOf(one) }));
    const passed = judgeParents(stream, parents, lists.get(name) ?? [], isSnapshot);
    const own = scenario.source.streams.find((one) => one.name === name);
    const all = publishedOf(name);
    const isWhole = !own || !bringsChanges(scenario.source, own);
    const fresh = isWhole
      ? all.length - 1
      : all.findLastIndex(({ manifest }) => manifest.fullRefresh);
    const lines = new Set(all.slice(Math.max(0, fresh)).flatMap(linesOf));
    const standing = parents.at(-1)?.lines ?? [];
    return [...passed, ...judgeKin(stream, standing, lines)];
  }

  return {
    violations,
    violation,
    pages: () => pages,
    fenceOf: (stream) => states.get(stream)?.fence,
    watchLedger: (ledger) => ({
      ...ledger,
      takePermits(...given) {
        heedClock();
        return ledger.takePermits(...given);
      },
      settlePermits(...given) {
        heedClock();
        return ledger.settlePermits(...given);
      },
      async moveStream(next) {
        const by = caller();
        const won = await ledger.moveStream(next);
        if (won) moved(structuredClone(next), by);
        return won;
      },
    }),
    watchLake: (watchedLake) => ({
      ...watchedLake,
      async landBatch(key, draft, record) {
        const landing = await watchedLake.landBatch(key, draft, record);
        const open = ![...published.values()]
          .flat()
          .some((one) => key.startsWith(one.manifest.prefix));
        if (landing.kind === 'landed' && !open) violation(`${key} landed in a published run`);
        readers.judge(key);
        return landing;
      },
      async writeText(key, text) {
        await watchedLake.writeText(key, text);
        readers.rewrote(key, text);
      },
      async deleteObjects(keys) {
        readers.removing(keys);
        await watchedLake.deleteObjects(keys);
        for (const key of keys) readers.judge(key);
      },
      async createText(key, text) {
        const made = await watchedLake.createText(key, text);
        const [, , , runId = ''] = key.split('/');
        const isOfList = key.startsWith(`${PARTITIONS_FOLDER}/`);
        if (made === 'created' && key.endsWith('/origin.json')) {
          originMs.set(runId, clock.nowMs());
        }
        if (made === 'created' && !isOfList && key !== LAKE_KEY) wrote(key, text);
        return made;
      },
    }),
    watchCatalogue: (watchedCatalogue) => ({
      ...watchedCatalogue,
      async publishRun(model, run) {
        await watchedCatalogue.publishRun(model, run);
        readers.judge(run.runId);
      },
      async moveRun(stream, run) {
        await watchedCatalogue.moveRun(stream, run);
        readers.judge(run.runId);
      },
    }),
    judgeRemains: () => readers.judgeRemains(),
    async judgeEnd(ledger) {
      for (const stream of scenario.streams) {
        const state = states.get(stream.name);
        const last = publishedOf(stream.name);
        for (const fault of judgeEnd(stream, state, last, readers.linesNow, server))
          violation(fault);
        for (const fault of judgeKinship(stream)) violation(fault);
      }
      const run = await ledger.readRun(scenario.source.name);
      if (run?.status !== 'done') violation(`the run is ${run?.status} at the end`);
      for (const { budget } of await ledger.readBudgets()) {
        const held = budget.leases.find(
          (lease) => lease.permits > 0 && lease.expiresAtMs > clock.nowMs(),
        );
        if (held) violation(`${held.holder} still holds ${held.permits} permits at the end`);
      }
      const refused = server.refused();
      if (scenario.budget !== 'wild' && refused > refusalsExcused(scenario, leaps)) {
        violation(`the ${scenario.limit.kind} refused ${refused} requests, though we spend alone`);
      }
    },
  };
}

/**
 * Windows of one second are shared as a pace: a request that is sent at the end of one and counted
 * in the next can be one too many there. Whoever is early by a wrong clock comes before there is
 * room, and waits then: each stream may, at one window or another. Everything else must never be
 * refused, but when the clock of the budget was set by hours: what was spent is not known then,
 * and each stream may learn that once.
 */
function refusalsExcused({ budget, limit, streams }: Scenario, leaps: number): number {
  const excused = leaps * streams.length;
  if (limit.kind === 'burst') return excused + 2;
  return excused + (limit.kind !== 'declared' && budget === 'skewed' ? 2 * streams.length : 0);
}

/** What two writings of one manifest must agree on. */
const facts = ({ finishedAt: _at, spent: _spent, columns: _columns, ...rest }: Manifest): string =>
  JSON.stringify(rest);
