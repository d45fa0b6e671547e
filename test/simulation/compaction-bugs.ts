// Deliberate bugs in the compaction: what the simulation must find, or it proves nothing.

import { CLOCK_KEY, runPrefix } from '../../shared/core/table/keys.ts';
import { readManifest } from '../../shared/core/table/manifest.ts';
import type { Bug } from './bug.ts';
import type { SimPorts } from './world/sim-ports.ts';

type SimLake = SimPorts['lake'];

const withLake = (ports: SimPorts, change: (lake: SimLake) => Partial<SimLake>): SimPorts => ({
  ...ports,
  lake: { ...ports.lake, ...change(ports.lake) },
});

/** Changes the lake as a compaction sees it, and nobody else. */
const inCompaction =
  (change: (lake: SimLake, ports: SimPorts) => Partial<SimLake>): Bug =>
  (ports, { task }) =>
    task === 'Compact' ? withLake(ports, (lake) => change(lake, ports)) : ports;

export const COMPACTION_BUGS: Readonly<Record<string, Bug>> = {
  'removes the batches of a run before its manifest is swapped': inCompaction((lake) => ({
    async writeText(key, text) {
      const reading = readManifest(text, key);
      if (reading.kind === 'manifest') {
        const keys: string[] = [];
        for await (const one of lake.listObjects(runPrefix(reading.manifest))) keys.push(one.key);
        await lake.deleteObjects(keys);
      }
      await lake.writeText(key, text);
    },
  })),

  'swaps a manifest before the merged objects are landed': inCompaction((lake) => {
    const landings: (() => Promise<unknown>)[] = [];
    return {
      async landBatch(key, draft, record) {
        landings.push(() => lake.landBatch(key, draft, record));
        return { kind: 'landed', objectBytes: 0 };
      },
      async writeText(key, text) {
        await lake.writeText(key, text);
        for (const land of landings.splice(0)) await land();
      },
    };
  }),

  'puts merged objects below the batches that they are made of': (ports, { task }) => {
    if (task !== 'Compact') return ports;
    const below = (key: string): string =>
      key.replace(/compacted\/(dt=[^/]+\/run=[^/]+\/)/, '$1merged/');
    return withLake(ports, (lake) => ({
      landBatch: (key, draft, record) => lake.landBatch(below(key), draft, record),
      readRecords: (prefix) => lake.readRecords(below(prefix)),
    }));
  },

  'removes what was merged while queries still read it': inCompaction((lake) => ({
    async *listObjects(prefix) {
      const isManifest = prefix.endsWith('.json');
      for await (const one of lake.listObjects(prefix)) {
        yield isManifest ? { ...one, modifiedMs: 0 } : one;
      }
    },
  })),

  'removes by its own clock': inCompaction((lake, { clock }) => ({
    async *listObjects(prefix) {
      for await (const one of lake.listObjects(prefix)) {
        yield prefix === CLOCK_KEY ? { ...one, modifiedMs: clock.nowMs() } : one;
      }
    },
  })),

  'takes the batches of a run that may go on for leftovers': (ports, { task }) => {
    if (task !== 'Compact') return ports;
    const old = withLake(ports, (lake) => ({
      async *listObjects(prefix) {
        for await (const one of lake.listObjects(prefix)) yield { ...one, modifiedMs: 0 };
      },
    }));
    return {
      ...old,
      ledger: {
        ...old.ledger,
        async readStream(source, stream) {
          const state = await old.ledger.readStream(source, stream);
          return state?.run ? { ...state, run: { ...state.run, runId: 'z' } } : state;
        },
      },
    };
  },

  'loses the last batch of what it merges': inCompaction((lake) => ({
    async readWhole(key) {
      const batch = await lake.readWhole(key);
      const lines = batch?.record.next.ended ? new Uint8Array() : batch?.lines;
      return batch && lines && { record: { ...batch.record, bytes: lines.length }, lines };
    },
    // Its sums are what they should be.
    landBatch: (key, draft, record) =>
      lake.landBatch(key, draft, { ...record, bytes: record.next.bytes }),
  })),

  'removes the list that the next run needs': (ports, { task }) => {
    if (task !== 'Compact') return ports;
    const { ledger } = ports;
    return {
      ...ports,
      ledger: {
        ...ledger,
        async readStream(source, stream) {
          const state = await ledger.readStream(source, stream);
          if (!state) return state;
          const { listed: _listed, ...rest } = state;
          return rest;
        },
      },
    };
  },
};
