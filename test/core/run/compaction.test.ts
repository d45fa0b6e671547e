// Which runs are worth merging, and into how many objects.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPACT_BATCHES } from '../../../shared/core/bounds.ts';
import {
  endOfGroup,
  followedBy,
  isWhole,
  isWorthMerging,
  noObjects,
  nothingMerged,
  withObject,
} from '../../../shared/core/run/compaction.ts';
import { type CommitRecord, newStreamRun } from '../../../shared/core/run/run.ts';
import { compactedPrefix } from '../../../shared/core/table/keys.ts';

const MB = 1024 * 1024;

const listed = (sizes: readonly number[], mergedBytes: number) =>
  sizes.reduce(
    (run, bytes, index) => withObject(run, { bytes, modifiedMs: index }, mergedBytes),
    noObjects,
  );

function groupsOf(sizes: readonly number[], mergedBytes: number): number[][] {
  const groups: number[][] = [];
  for (let from = 0; from < sizes.length; ) {
    const end = endOfGroup(sizes, from, mergedBytes);
    groups.push(sizes.slice(from, end));
    from = end;
  }
  return groups;
}

describe('a run is worth merging', () => {
  it.each([
    [[], false],
    [[1], false],
    [[1, 1], true],
    [[100, 100], false],
    [[60, 60, 60], false],
    [[60, 60, 60, 60], true],
    [[200, 1], false],
  ])('when half of its objects go: of %j MB %s', (megabytes, worth) => {
    const sizes = megabytes.map((size) => size * MB);
    expect(isWorthMerging(listed(sizes, 128 * MB))).toBe(worth);
  });

  it('by its batches alone; what else lies there only has its age', () => {
    const half = withObject(noObjects, { bytes: 9, modifiedMs: 7 }, MB, false);
    expect(half).toEqual({ ...noObjects, newestMs: 7 });
  });
});

describe('the groups of batches', () => {
  it('are in order, whole, no larger than wanted, and as many as the list foretold', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 500 }), (given, wanted) => {
        const groups = groupsOf(given, wanted);
        expect(groups.flat()).toEqual(given);
        for (const group of groups) {
          const bytes = group.reduce((sum, size) => sum + size, 0);
          expect(group.length === 1 || bytes <= wanted).toBe(true);
        }
        expect(groups).toHaveLength(listed(given, wanted).merged);
      }),
    );
  });

  it('have no more batches than can be read in time', () => {
    const sizes = Array<number>(COMPACT_BATCHES + 1).fill(1);
    expect(groupsOf(sizes, MB).map((group) => group.length)).toEqual([COMPACT_BATCHES, 1]);
    expect(listed(sizes, MB).merged).toBe(2);
  });
});

describe('merged objects', () => {
  const { cursor, loops, pages } = newStreamRun({
    runId: 'r',
    startedAtMs: 0,
    fullRefresh: false,
    walk: '',
  });
  const record = (over: Partial<CommitRecord>, next: Partial<CommitRecord['next']>) => ({
    ...{ runId: 'r', sequence: 0, from: null, pages: 2, records: 20, bytes: 200 },
    ...over,
    next: { cursor, loops, pages, sequence: 3, records: 20, bytes: 200, ended: false, ...next },
  });

  it('follow each other, and are whole when they hold what the run wrote', () => {
    const first = followedBy(nothingMerged('r'), 'k', record({}, {}));
    expect(isWhole(first, { objects: 5, records: 30, bytes: 300 })).toBe(false);
    const rest = record({ sequence: 1, records: 10, bytes: 100 }, { sequence: 5 });
    const both = followedBy(first, 'k', {
      ...rest,
      next: { ...rest.next, records: 30, bytes: 300 },
    });
    expect(both).toMatchObject({ objects: 2, batches: 5 });
    expect(isWhole(both, { objects: 5, records: 30, bytes: 300 })).toBe(true);
  });

  it.each([
    ['of another run', record({ runId: 's' }, {})],
    ['in another place', record({ sequence: 1 }, {})],
    ['that leads nowhere', record({}, { sequence: 0 })],
    ['with too many records', record({ records: 21 }, {})],
    ['with too few bytes', record({ bytes: 199 }, {})],
  ])('are refused with one %s', (_, stray) => {
    expect(() => followedBy(nothingMerged('r'), 'a/key', stray)).toThrow('a/key does not follow');
  });

  it('lie beside their run, not below it', () => {
    const place = { source: 'shop', stream: 'items', date: '2026-11-21', runId: 'r' };
    expect(compactedPrefix(place)).toBe('shop/items/compacted/dt=2026-11-21/run=r/');
  });
});
