// A source that means one account today and another one tomorrow, or the same one elsewhere.

import { runSync } from '../../local/machine/machine.ts';
import type { StreamReport } from '../../shared/core/run/report.ts';
import type { StreamState } from '../../shared/core/run/run.ts';
import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import type { Ledger } from '../../shared/ports/ledger/ledger.ts';
import { contexts } from '../../shared/pull/context.ts';
import { type ApiModel, answer } from '../apis/exchange.ts';
import { machineOf, openWorld } from './harness.ts';

export const PAGE = 10;

/** 30 rows of an account; those of account 2 are all older than those of account 1. */
const rowsOf = (account: string) =>
  Array.from({ length: 30 }, (_, index) => ({
    id: `${account}-${index}`,
    version: index + (account === '1' ? 101 : 1),
  }));

export const linesOf = (account: string): string[] =>
  rowsOf(account).map((row) => JSON.stringify(row));

/** Accounts by path, query or header, `01` being `1`; it breaks while `isBroken` says so. */
function books(isBroken: () => boolean) {
  const asked: string[] = [];
  const model: ApiModel = {
    handle({ path, query, headers }, nowMs) {
      asked.push(path);
      const inPath = /\/account\/(\d+)\//.exec(path)?.[1];
      const account = String(Number(inPath ?? query.get('shop') ?? headers['x-shop'] ?? '1'));
      if (isBroken()) return answer(nowMs, 500, '{}');
      const page = Number(query.get('page') ?? 1);
      const size = Number(query.get('limit') ?? PAGE);
      const from = (page - 1) * size;
      const since = Number(query.get('since') ?? 0);
      const rows = rowsOf(account).filter((row) => row.version >= since);
      const data = rows.slice(from, from + size);
      const next = from + size < rows.length ? `${path}?page=${page + 1}` : null;
      return answer(nowMs, 200, JSON.stringify({ data, next }));
    },
    stats: () => ({ requests: asked.length, allowed: 0, refused: 0, idle: 0, violations: [] }),
    spendForeign: () => undefined,
  };
  return { ...model, asked };
}

export const INCREMENTAL: Stream['incremental'] = {
  field: 'version',
  param: 'since',
  type: 'integer',
};

export interface Declared {
  readonly source?: Partial<Source>;
  readonly stream?: Partial<Stream>;
  readonly settings?: Readonly<Record<string, string>>;
}

const sourceWith = ({ source, stream }: Declared, url = 'https://api.example.com'): Source =>
  readSource(
    {
      name: 'books',
      patienceSeconds: 0,
      settings: { account: 'Number of the account', contact: 'Who to write to' },
      ...source,
      baseUrl: `${url}${source?.baseUrl ?? '/account/{account}'}`,
      streams: [
        {
          name: 'rows',
          path: 'rows',
          records: 'data',
          pagination: { kind: 'page', pageSize: PAGE, sizeParam: 'limit' },
          primaryKey: ['id'],
          incremental: INCREMENTAL,
          pagesPerRound: 1,
          ...stream,
        },
      ],
    },
    'the test',
  );

/** When the ledger cannot be reached. */
const DEATHS = {
  'at-commit': ({ run }: StreamState) => run !== undefined && run.pages > 0,
  'at-finish': ({ run }: StreamState) => run?.status === 'finished',
  'at-word': ({ run }: StreamState) => run?.move.kind === 'confirmedFor',
};

const deaf = (ledger: Ledger, isOut: (next: StreamState) => boolean): Ledger => ({
  ...ledger,
  async moveStream(next) {
    if (isOut(next)) throw new Error('the ledger cannot be reached');
    return ledger.moveStream(next);
  },
});

interface How {
  readonly fullRefresh?: true;
  readonly sameData?: true;
  /** The API breaks after so many. */
  readonly pages?: number;
  readonly dies?: keyof typeof DEATHS;
  /** In a process that outlives runs, with the settings that it read. */
  readonly warm?: true;
}

const open: (() => Promise<void>)[] = [];

export async function closeAccounts(): Promise<void> {
  for (const close of open.splice(0)) await close();
}

/** A world whose source and settings are others at each run. */
export async function accounts() {
  let breaksAt = Number.POSITIVE_INFINITY;
  const model = books(() => model.asked.length >= breaksAt);
  const world = await openWorld(sourceWith({}), model);
  open.push(world.close);
  let executions = 0;
  let source = world.source;
  let settings: Readonly<Record<string, string>> = {};
  const { named } = world.ports.secrets;
  const secrets = { read: async () => settings, storeTokens: async () => undefined, named };
  const sourceOf = async (): Promise<Source> => source;
  const newProcess = () => contexts({ ...world.ports, secrets }, sourceOf);
  const warmProcess = newProcess();
  return {
    model,
    ledger: world.ports.ledger,
    state: () => world.ports.ledger.readStream('books', 'rows'),
    forget: async () => {
      const state = await world.ports.ledger.readStream('books', 'rows');
      if (!state) throw new Error('nothing to forget');
      const { address: _address, run: _run, ...old } = state;
      await world.ports.ledger.moveStream({ ...old, revision: state.revision + 1 });
    },
    published: () => world.published('rows'),
    async run(declared: Declared, how: How = {}) {
      breaksAt = how.pages === undefined ? breaksAt : model.asked.length + how.pages + 1;
      if (how.pages === undefined) breaksAt = Number.POSITIVE_INFINITY;
      source = sourceWith(declared, world.url);
      settings = { account: '1', contact: 'me', ...declared.settings };
      const contextOf = how.warm ? warmProcess : newProcess();
      const { ledger: heard } = world.ports;
      const ledger = how.dies ? deaf(heard, DEATHS[how.dies]) : heard;
      const ports = { ...world.ports, ledger };
      const connection = { ...world.connection, ports, sourceOf, contextOf };
      const input = {
        source: 'books',
        ...(how.fullRefresh ? { fullRefresh: true } : {}),
        ...(how.sameData ? { sameData: true } : {}),
      };
      const options = machineOf(`test:${++executions}`);
      const before = model.asked.length;
      const ended = await runSync(input, connection, options);
      const [stream]: StreamReport[] = Object(ended.report).streams ?? [];
      return { ...stream, asked: model.asked.length - before };
    },
  };
}
