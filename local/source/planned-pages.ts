// How many pages a run of a stream is expected to take, and why: by what the API told when it was
// asked once, or by the last run. A stream with partitions takes those of one, times as many as
// there are: as many as its parents have records, which the API or their last run tells.

import { parentsOf } from '../../shared/core/partition/parents.ts';
import type { StreamRun } from '../../shared/core/run/run.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { count } from '../screen/text-table.ts';
import type { Probe } from './probe.ts';

export interface StreamPages {
  readonly stream: string;
  /** Undefined when neither the API nor an earlier run tells. */
  readonly pages: number | undefined;
  readonly why: string;
}

/** What is known of a source's streams. */
export interface Known {
  readonly source: Source;
  readonly probes: readonly Probe[];
  /** The latest run by stream, where it has finished. */
  readonly lastRuns: ReadonlyMap<string, StreamRun>;
}

export function plannedPages(known: Known, one: Probe): StreamPages {
  const { stream, verdict } = one;
  if (verdict !== 'ok') return { stream, pages: 0, why: verdict };
  const last = known.lastRuns.get(stream);
  const told = one.partition === undefined ? pagesOfWalk(one) : pagesOfWalks(known, one, last);
  if (told) return { stream, ...told };
  if (last) return { stream, pages: last.pages, why: `the last run had ${count(last.pages)}` };
  return { stream, pages: undefined, why: 'the API does not tell, and no run has finished' };
}

/** As many as the partitions of the last run took, or else as the one that was begun. */
function pagesOfWalks(known: Known, one: Probe, last: StreamRun | undefined) {
  const many = partitionsOf(known, one);
  const before = last?.list?.partitions ?? 0;
  if (many === undefined) return undefined;
  if (last && before > 0) {
    const each = last.pages / before;
    const why = `${count(many)} partitions, ${each.toFixed(1)} pages each in the last run`;
    return { pages: Math.ceil(many * each), why };
  }
  const walk = pagesOfWalk(one);
  if (!walk) return undefined;
  return {
    pages: many * walk.pages,
    why: `${count(many)} partitions, each like the first: ${walk.why}`,
  };
}

/** Of the walk that was begun; undefined when the answer does not tell. */
function pagesOfWalk({ expected, records, next, overlap = 0 }: Probe) {
  if (next === undefined) return { pages: 1, why: 'the first page is the last' };
  if (expected === undefined || records === 0) return undefined;
  const pages = 1 + Math.ceil(Math.max(0, expected - records) / Math.max(1, records - overlap));
  const repeated = overlap > 0 ? `, ${overlap} of them again` : '';
  return { pages, why: `${count(expected)} records, ${records} a page${repeated}` };
}

/** How many walks a run makes: for each record of its parents one of each list and window. */
function partitionsOf(known: Known, { stream: name, partition }: Probe): number | undefined {
  const stream = known.source.streams.find((one) => one.name === name);
  let many = partition?.ofEachParent ?? 1;
  for (const { parent } of stream ? parentsOf(known.source, stream) : []) {
    const records = recordsOf(known, parent);
    if (records === undefined) return undefined;
    many *= records;
  }
  return many;
}

/** Records of a run of a parent; those that `where` leaves out are not known, and counted. */
function recordsOf(known: Known, parent: string): number | undefined {
  const one = known.probes.find(({ stream }) => stream === parent);
  const last = known.lastRuns.get(parent)?.records;
  if (one?.verdict !== 'ok') return last;
  const ofWalk = one.expected ?? (one.next === undefined ? one.records : undefined);
  const many = one.partition === undefined ? 1 : partitionsOf(known, one);
  return ofWalk === undefined || many === undefined ? last : many * ofWalk;
}
