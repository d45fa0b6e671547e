// Deliberate bugs in the protocol, each put between the real code and the world: what the simulation
// must find, or it proves nothing.

import type { HttpAnswer } from '../../shared/core/answer/exchange.ts';
import type { Anew, StreamRun, StreamState } from '../../shared/core/run/run.ts';
import { CURSORS_FOLDER } from '../../shared/core/table/keys.ts';
import type { Landing } from '../../shared/ports/lake/lake.ts';
import type { Ledger } from '../../shared/ports/ledger/ledger.ts';
import type { Bug } from './bug.ts';
import { COMPACTION_BUGS } from './compaction-bugs.ts';
import { PARTITION_BUGS } from './partition-bugs.ts';
import type { SimPorts } from './world/sim-ports.ts';

export const BUGS: Readonly<Record<string, Bug>> = {
  'moves a stream wherever it stands': (ports, _invocation, world) =>
    withMove(ports, async (next, move) => {
      const present = await world.ledger.readStream(next.source, next.stream);
      return move({ ...next, revision: (present?.revision ?? 0) + 1 });
    }),

  'commits before the batch is landed': (ports) => {
    const landings: (() => Promise<unknown>)[] = [];
    const late = withMove(ports, async (next, move) => {
      const moved = await move(next);
      for (const land of landings.splice(0)) await land();
      return moved;
    });
    return withLanding(late, async (land) => {
      landings.push(land);
      return { kind: 'landed', objectBytes: 0 };
    });
  },

  'works on under a claim that was lost': (ports, { claim }) => {
    const fences = new Map<string, number>();
    const blind = withMove(ports, (next, move) =>
      move({ ...next, fence: fences.get(next.stream) ?? next.fence }),
    );
    return withLedger(blind, (ledger) => ({
      async readStream(source, stream) {
        const state = await ledger.readStream(source, stream);
        if (!state || !claim) return state;
        fences.set(stream, state.fence);
        return { ...state, fence: claim.fence };
      },
    }));
  },

  'overwrites a batch that is there': (ports, _invocation, world) =>
    withLanding(ports, (land, key) => {
      world.lake.batches.delete(key);
      return land();
    }),

  'takes a batch that is there for its own': (ports) =>
    withLanding(ports, async (land) => {
      await land();
      return { kind: 'landed', objectBytes: 0 };
    }),

  'adopts a batch with its own counts': (ports) =>
    withLanding(ports, async (land, _key, own) => {
      const landing = await land();
      if (landing.kind === 'landed') return landing;
      const { cursor, ended } = landing.record.next;
      return {
        kind: 'exists',
        record: { ...landing.record, next: { ...own.next, cursor, ended } },
      };
    }),

  'goes on by the offset alone, without the rows that it read last': (ports) =>
    withMove(ports, (next, move) => {
      const cursor = next.run?.cursor;
      if (!next.run || !cursor || !('offset' in cursor)) return move(next);
      const offset = cursor.offset + (cursor.overlap ?? 0) + (cursor.back?.rows ?? 0);
      return move({ ...next, run: { ...next.run, cursor: { offset } } });
    }),

  'forgets the rows that it read last': (ports) =>
    withMove(ports, (next, move) => {
      const cursor = next.run?.cursor;
      if (!next.run || !cursor || !('offset' in cursor)) return move(next);
      return move({ ...next, run: { ...next.run, cursor: { ...cursor, tail: [] } } });
    }),

  'commits a cursor before it is stored': (ports, _invocation, world) => ({
    ...ports,
    lake: {
      ...ports.lake,
      async writeText(key, text) {
        if (!key.startsWith(CURSORS_FOLDER)) return ports.lake.writeText(key, text);
        world.later(60, () => ports.lake.writeText(key, text));
      },
    },
  }),

  'moves the watermark with every batch': (ports) =>
    withMove(ports, (next, move) =>
      move(next.run?.highest ? { ...next, watermark: next.run.highest } : next),
    ),

  'never lets a lease run out': (ports) =>
    withMove(ports, (next, move) =>
      move(next.holder ? { ...next, streamLeaseUntilMs: Number.MAX_SAFE_INTEGER } : next),
    ),

  'forgets the cursor when it goes on': (ports, { task }) =>
    withMove(ports, (next, move) =>
      move(
        task === 'PlanRun' && next.run ? { ...next, run: { ...next.run, cursor: null } } : next,
      ),
    ),

  'takes a broken answer for the end': (ports) =>
    withAnswer(ports, (answer) => (isGood(answer) ? answer : END)),

  'takes an empty page for the end': (ports) =>
    withAnswer(ports, (answer) => (statusOf(answer) === 204 ? END : answer)),

  'takes a dead cursor for the end': (ports) =>
    withAnswer(ports, (answer) => (statusOf(answer) === 410 ? END : answer)),

  'begins anew in the folder of the run before': (ports) =>
    withMove(ports, (next, move) =>
      move(
        isBegunAnew(next) ? { ...next, run: { ...next.run, runId: next.run.anew.instead } } : next,
      ),
    ),

  'counts what was landed before it began anew': (ports, _invocation, world) =>
    withMove(ports, async (next, move) => {
      if (!isBegunAnew(next)) return move(next);
      const before = await world.ledger.readStream(next.source, next.stream);
      const { sequence = 0, pages = 0, records = 0, bytes = 0 } = before?.run ?? {};
      return move({ ...next, run: { ...next.run, sequence, pages, records, bytes } });
    }),

  'begins anew as often as a cursor dies': (ports) =>
    withMove(ports, (next, move) =>
      move(
        isBegunAnew(next)
          ? { ...next, run: { ...next.run, anew: { ...next.run.anew, fence: -1 } } }
          : next,
      ),
    ),

  'leaves a run open behind its last page': (ports) => {
    let skipped = 0;
    const open = withMove(ports, (next, move) => {
      const { run } = next;
      return move(run ? { ...next, run: { ...run, sequence: run.sequence - skipped } } : next);
    });
    return withLanding(open, async (land, _key, record) => {
      if (record.records > 0) return land();
      skipped = 1;
      return { kind: 'landed', objectBytes: 0 };
    });
  },

  'begins a run behind a later one': (ports, { task }) =>
    withLedger(ports, (ledger) => ({
      async readStreams(source) {
        const states = await ledger.readStreams(source);
        if (task !== 'PlanRun') return states;
        return states.map((state) =>
          state.run ? { ...state, run: { ...state.run, startedAtMs: 0 } } : state,
        );
      },
    })),

  'keeps a watermark back by its own clock alone': (ports) => ({
    ...ports,
    http: {
      async send(request, signal) {
        const answer = await ports.http.send(request, signal);
        if (answer.kind !== 'response') return answer;
        const { date: _untold, ...headers } = answer.headers;
        return { ...answer, headers };
      },
    },
  }),

  'waits for the leases of a clock that was ahead': (ports) =>
    withLedger(ports, (ledger) => ({
      async readStreams(source) {
        const states = await ledger.readStreams(source);
        return states.map((state) => ({ ...state, leasedAtMs: 0 }));
      },
    })),

  'settles without what it spent': (ports) =>
    withLedger(ports, (ledger) => ({
      settlePermits: (scope, allowance, spent) =>
        ledger.settlePermits(scope, allowance, { ...spent, answeredAtMs: [], reports: [] }),
    })),

  'settles twice, an old word for a new one': (ports, _invocation, world) =>
    withLedger(ports, (ledger) => ({
      async settlePermits(scope, allowance, spent) {
        await ledger.settlePermits(scope, allowance, spent);
        world.later(400, () => {
          const nowMs = ports.clock.nowMs();
          const again = { ...spent, reportSentAtMs: nowMs, reportAtMs: nowMs };
          return ledger.settlePermits(scope, allowance, again);
        });
      },
    })),

  ...PARTITION_BUGS,

  ...COMPACTION_BUGS,
};

type Move = Ledger['moveStream'];

const withLedger = (ports: SimPorts, change: (ledger: Ledger) => Partial<Ledger>): SimPorts => ({
  ...ports,
  ledger: { ...ports.ledger, ...change(ports.ledger) },
});

const withMove = (
  ports: SimPorts,
  moveStream: (next: Parameters<Move>[0], move: Move) => Promise<boolean>,
): SimPorts =>
  withLedger(ports, (ledger) => ({ moveStream: (next) => moveStream(next, ledger.moveStream) }));

type Lands = SimPorts['lake']['landBatch'];

const withLanding = (
  ports: SimPorts,
  landBatch: (
    land: () => Promise<Landing>,
    key: string,
    record: Parameters<Lands>[2],
  ) => Promise<Landing>,
): SimPorts => ({
  ...ports,
  lake: {
    ...ports.lake,
    landBatch: (key, draft, record) =>
      landBatch(() => ports.lake.landBatch(key, draft, record), key, record),
  },
});

/** A run that has just begun its walk anew. */
const isBegunAnew = (
  next: StreamState,
): next is StreamState & { readonly run: StreamRun & { readonly anew: Anew } } =>
  next.run?.anew !== undefined && next.run.cursor === null && next.run.pages === 0;

const withAnswer = (ports: SimPorts, change: (answer: HttpAnswer) => HttpAnswer): SimPorts => ({
  ...ports,
  http: {
    send: async (request, signal) => change(await ports.http.send(request, signal)),
  },
});

const statusOf = (answer: HttpAnswer): number => (answer.kind === 'response' ? answer.status : 0);

const isGood = (answer: HttpAnswer): boolean =>
  answer.kind === 'response' &&
  (answer.status === 429 || (answer.status === 200 && answer.body.at(-1) === '}'.charCodeAt(0)));

const END: HttpAnswer = {
  kind: 'response',
  status: 200,
  headers: {},
  body: Buffer.from('{"items":[],"total":0,"next":"","version":{"max":null}}'),
};
