// Deliberate bugs in the walk of partitions: what the simulation must find, or it proves nothing.

import type { HttpAnswer } from '../../shared/core/answer/exchange.ts';
import type { PartitionProgress } from '../../shared/core/run/partitions.ts';
import type { StreamRun, StreamState } from '../../shared/core/run/run.ts';
import { PARTITIONS_FOLDER } from '../../shared/core/table/keys.ts';
import type { Bug } from './bug.ts';
import type { SimPorts } from './world/sim-ports.ts';

const isOfList = (key: string): boolean => key.startsWith(`${PARTITIONS_FOLDER}/`);

const withLake = (ports: SimPorts, change: Partial<SimPorts['lake']>): SimPorts => ({
  ...ports,
  lake: { ...ports.lake, ...change },
});

/** A run of a stream with partitions, on its way into the ledger. */
interface Walking extends StreamState {
  readonly run: StreamRun & { readonly partition: PartitionProgress };
}

const isWalking = (next: StreamState): next is Walking => next.run?.partition !== undefined;

/** Changes what is written of a walk through partitions. */
const withWalk = (ports: SimPorts, change: (next: Walking) => StreamState): SimPorts => ({
  ...ports,
  ledger: {
    ...ports.ledger,
    moveStream: (next) => ports.ledger.moveStream(isWalking(next) ? change(next) : next),
  },
});

export const PARTITION_BUGS: Readonly<Record<string, Bug>> = {
  'writes a list over the one that stands': (ports) =>
    withLake(ports, {
      async createText(key, text) {
        if (!isOfList(key)) return ports.lake.createText(key, text);
        await ports.lake.writeText(key, text);
        return 'created';
      },
      readText: async (key) =>
        isOfList(key) && key.includes('/0') ? undefined : ports.lake.readText(key),
    }),

  'goes on in a partition at its first page': (ports) =>
    withWalk(ports, (next) => ({ ...next, run: { ...next.run, cursor: null } })),

  'leaves a partition with its round': (ports) =>
    withWalk(ports, (next) => {
      const { run } = next;
      const { partition } = run;
      if (run.cursor === null || run.status !== 'draining') return next;
      const index = partition.index + 1;
      if (index >= (run.list?.partitions ?? 0)) return next;
      return { ...next, run: { ...run, cursor: null, partition: { ...partition, index } } };
    }),

  'believes of each partition what an earlier one told': (ports, _invocation, world) => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      async moveStream(next) {
        const before = (await world.ledger.readStream(next.source, next.stream))?.run;
        const stale = before?.expected === undefined ? {} : { expected: before.expected };
        const run = next.run && { ...stale, ...next.run };
        return ports.ledger.moveStream({ ...next, ...(run ? { run } : {}) });
      },
    },
  }),

  'takes new partitions for known ones': (ports) =>
    withLake(ports, {
      createText: (key, text) =>
        ports.lake.createText(key, isOfList(key) ? text.replaceAll(',"isNew":true', '') : text),
    }),

  'takes a list for whole with its first piece': (ports) =>
    withLake(ports, {
      createText: (key, text) =>
        ports.lake.createText(
          key,
          isOfList(key) ? text.replace(/"next":\{[^}]*\}/, '"next":null') : text,
        ),
    }),

  'lists the last run of a parent alone': (ports) =>
    withLake(ports, {
      createText(key, text) {
        if (!key.endsWith('/origin.json')) return ports.lake.createText(key, text);
        const origin: { readonly runs: readonly string[] } = JSON.parse(text);
        const runs = origin.runs.slice(0, 1);
        return ports.lake.createText(key, JSON.stringify({ ...origin, runs }));
      },
    }),

  'takes a refused parent for one without children': (ports) => ({
    ...ports,
    http: {
      send: async (request, signal) => {
        const answer = await ports.http.send(request, signal);
        return isRefusal(answer) ? NO_CHILDREN : answer;
      },
    },
  }),
};

const isRefusal = (answer: HttpAnswer): boolean =>
  answer.kind === 'response' &&
  answer.status === 404 &&
  Buffer.from(answer.body).includes('none of these');

const NO_CHILDREN: HttpAnswer = {
  kind: 'response',
  status: 200,
  headers: {},
  body: Buffer.from('{"items":[],"next":"","total":0}'),
};
