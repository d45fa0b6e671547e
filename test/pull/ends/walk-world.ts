// One list of an API, walked by whole runs in memory: planned, pulled round by round, finished and
// published. What a test compares is what a reader of the lake sees, and what a person is told.

import type { HttpAnswer } from '../../../shared/core/answer/exchange.ts';
import type { StreamState } from '../../../shared/core/run/run.ts';
import { readSource, type Source, type Stream } from '../../../shared/core/source/source.ts';
import { memoryHttp, memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { connectSource } from '../../../shared/pull/context.ts';
import { finishRun } from '../../../shared/pull/finish/close.ts';
import { finishStream } from '../../../shared/pull/finish/finish.ts';
import { planRun } from '../../../shared/pull/plan/plan.ts';
import type { Ports } from '../../../shared/pull/ports.ts';
import { pullRound } from '../../../shared/pull/round.ts';
import { memoryPorts } from '../../fuzz/pulls.ts';

export interface Asked {
  readonly url: string;
  /** Parameters of the query, and of a JSON body. */
  readonly at: Readonly<Record<string, string>>;
}

export interface Given {
  readonly status?: number;
  /** A text is sent as it is. */
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of an answer: nobody is there. */
  readonly fault?: 'unreachable' | 'cut-off';
}

export interface Ran {
  /** As `driplake run` would exit. */
  readonly exit: 0 | 1;
  readonly cause: string;
  readonly warnings: readonly string[];
  /** The rows of the run that was published last. */
  readonly rows: readonly unknown[];
  /** The newest of each row by `id`, over all published runs. */
  readonly table: readonly unknown[];
  /** Of this run. */
  readonly requests: readonly string[];
  readonly state: StreamState | undefined;
}

export const ORIGIN = 'https://api.example.com';

export const sourceOf = (stream: Partial<Stream>): Source =>
  readSource(
    {
      name: 'probe',
      baseUrl: ORIGIN,
      patienceSeconds: 60,
      streams: [{ name: 'rows', path: 'rows', records: 'data', primaryKey: ['id'], ...stream }],
    },
    'the test',
  );

export function openWalk(
  serve: (asked: Asked) => Given,
  shell: Partial<Pick<Ports, 'clock' | 'journal'>> = {},
) {
  const requests: string[] = [];
  const ports = memoryPorts(
    memoryHttp(({ url, body = '{}' }): HttpAnswer => {
      requests.push(url);
      if (requests.length > MOST_REQUESTS) throw new Error(`it goes on and on at ${url}`);
      const query = Object.fromEntries(new URL(url).searchParams);
      const {
        status = 200,
        json,
        headers = {},
        fault,
      } = serve({ url, at: { ...query, ...parsed(body) } });
      if (fault) return { kind: 'fault', reason: fault, message: 'Nobody is there' };
      return memoryResponse(status, json, headers);
    }),
    shell,
  );
  let executions = 0;
  return {
    /** Time passes when somebody sleeps. */
    clock: ports.clock,
    async run(source: Source, options: { fullRefresh?: true; pagesPerRound?: number } = {}) {
      const before = requests.length;
      await ports.clock.sleep(60_000);
      const execution = { id: `run:${executions++}`, isGone: async () => true };
      const startedAtMs = ports.clock.nowMs();
      const request = { source: source.name, ...options };
      const plan = await planRun(ports, source, request, { ...execution, startedAtMs });
      if (plan.kind !== 'planned') throw new Error(plan.cause);
      const [assigned] = plan.streams;
      if (!assigned) throw new Error('the stream is busy');
      const context = await connectSource(ports, source);
      const round = { timeLeftMs: () => 300_000, breakEvenSeconds: 20 };
      let outcome = await pullRound(ports, context, assigned, round);
      while (outcome.kind === 'more' || outcome.kind === 'wait') {
        if (outcome.kind === 'wait') await ports.clock.sleep(outcome.waitSeconds * 1000);
        outcome = await pullRound(ports, context, assigned, round);
      }
      if (outcome.kind === 'done') await finishStream(ports, source, assigned);
      const { runId, streams: plans } = plan;
      const report = await finishRun(ports, source, { runId, plans, ends: [] });
      const published = await publishedRuns();
      const ran: Ran = {
        exit: report.kind === 'done' ? 0 : 1,
        cause: report.streams[0]?.cause ?? '',
        warnings: report.streams[0]?.warnings ?? [],
        rows: published.at(-1) ?? [],
        table: [...new Map(published.flat().map((row) => [Object(row).id, row])).values()],
        requests: requests.slice(before),
        state: await ports.ledger.readStream(source.name, 'rows'),
      };
      return ran;
    },
  };

  async function publishedRuns(): Promise<unknown[][]> {
    const runs: unknown[][] = [];
    for await (const { key } of ports.lake.listObjects('_manifests/')) {
      if (key.endsWith('schema.json')) continue;
      const { prefix } = JSON.parse((await ports.lake.readText(key)) ?? '');
      const rows: unknown[] = [];
      for await (const batch of ports.lake.readRecords(prefix)) {
        const text = Buffer.from(await ports.lake.readBatch(batch.key)).toString();
        rows.push(
          ...text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line)),
        );
      }
      runs.push(rows);
    }
    return runs;
  }
}

const MOST_REQUESTS = 5_000;

function parsed(body: string): Record<string, string> {
  const found: unknown = JSON.parse(body);
  return Object.fromEntries(Object.entries(Object(found)).map(([key, at]) => [key, String(at)]));
}

/** Rows `from` up to `from + count`, whose ids are their places counted from 1. */
export const rowsOf = (count: number, from = 0): { readonly id: number }[] =>
  Array.from({ length: Math.max(0, count) }, (_, index) => ({ id: from + index + 1 }));
