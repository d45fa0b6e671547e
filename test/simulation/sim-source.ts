// The source of a scenario: what a person would declare of the API that the simulation plays.

import type { Limit } from '../../shared/core/source/api-limits.ts';
import type { Source, Stream } from '../../shared/core/source/source.ts';

/** How a stream is paged, and whether its data moves. */
export type StreamKind =
  | 'offset'
  | 'shifting'
  | 'page'
  | 'token'
  | 'link'
  | 'keyset'
  | 'version'
  | 'changes'
  | 'children';

export interface SimStream {
  readonly name: string;
  readonly kind: StreamKind;
  readonly rows: number;
  readonly pageSize: number;
  readonly pagesPerRound: number;
  /** Bytes that make the cursors of a `token` stream longer than the head of a batch holds. */
  readonly cursorPadding: number;
  /** A `page` stream ends with a 404 behind its last page, not with a short one. */
  readonly endsByStatus: boolean;
  /** Every third number of such a stream is a page without rows, a 204. */
  readonly hasHoles: boolean;
  /** Share of requests before which a `token` stream forgets all cursors that it gave out. */
  readonly forgetsShare: number;
  /** Its source has a verdict for that; without one, only a resumed walk begins anew. */
  readonly knowsTheDead: boolean;
  /** A `changes` stream lists its rows by their ids: what changes behind the walk is not met. */
  readonly listsById: boolean;
  /** Of `children`: whose, and how they are asked for. */
  readonly kin?: Kin;
}

/** What a stream of children says of its walks: each parent has rows that never change. */
export interface Kin {
  readonly parent: string;
  /** Walks each parent once for each of these. */
  readonly shops: readonly string[];
  /** Some parents are refused by a 404, which the source says to skip. */
  readonly refuses: boolean;
  /** The stream has a watermark of its own. */
  readonly isDated: boolean;
  /** The API forgets a place in a list now and then. */
  readonly forgets: boolean;
  /** Milliseconds that a function takes for each line of the parent: some are late in the middle. */
  readonly lineMs: number;
}

export type LimitKind = 'none' | 'bucket' | 'burst' | 'window' | 'declared';

export interface SimLimit {
  readonly kind: LimitKind;
  /** Units of the bucket, or requests of the window. */
  readonly size: number;
  readonly leakPerSecond: number;
  readonly windowSeconds: number;
  /** Share of the limit that another application spends. */
  readonly foreignShare: number;
}

/** Hours after which the source says that a cursor of a `token` stream is forgotten. */
const CURSOR_HOURS = 6;

export const SIM_ORIGIN = 'https://api.shop.example';

export const sourceOf = (
  streams: readonly SimStream[],
  limit: SimLimit,
  skewMs: number,
  signsIn: boolean,
): Source => ({
  name: 'shop',
  baseUrl: SIM_ORIGIN,
  limits: limitsOf(limit),
  credentials: signsIn
    ? { kind: 'oauth2-refresh-token', tokenUrl: `${SIM_ORIGIN}/token` }
    : { kind: 'none' },
  concurrency: 2,
  patienceSeconds: 120,
  streams: streams.map((stream) => streamOf(stream, skewMs)),
});

function limitsOf({ kind, size, leakPerSecond, windowSeconds }: SimLimit): Limit[] {
  const bucket: Limit = {
    kind: 'leaky-bucket',
    size,
    leakPerSecond,
    headers: { level: 'x-level', leakPerSecond: 'x-drip' },
  };
  switch (kind) {
    case 'none':
      return [];
    case 'bucket':
      return [bucket];
    case 'burst':
      return [
        bucket,
        { kind: 'window', requests: 3, periodSeconds: 1, headers: { usedOfLimit: 'x-burst' } },
      ];
    case 'window':
      return [
        {
          kind: 'window',
          requests: size,
          periodSeconds: windowSeconds,
          headers: { limit: 'x-limit', remaining: 'x-remaining', reset: 'x-reset' },
        },
      ];
    case 'declared':
      return [{ kind: 'declared', requests: size, periodSeconds: windowSeconds }];
  }
}

const BY_STATUS: Stream['verdicts'] = [
  { status: 404, text: 'invalid page', verdict: 'end' },
  { status: 204, verdict: 'empty' },
];

/** A link leads on, the total of each list is told, and the parent's id is put before the rest. */
function childrenOf({ name, pageSize, pagesPerRound, kin }: SimStream): Stream {
  const { parent = '', shops = [], refuses, isDated } = kin ?? {};
  return {
    ...{ name, path: `${name}/{of.id}`, records: 'items', pagesPerRound },
    ...(shops.length > 0 ? { query: { shop: '{shop}' } } : {}),
    partitions: [
      { parent, as: 'of' },
      ...(shops.length > 0 ? [{ name: 'shop', values: [...shops] }] : []),
    ],
    include: { of: '{of.id}' },
    pagination: { kind: 'link', from: 'next', pageSize, sizeParam: 'size' },
    total: { body: 'total' },
    primaryKey: ['id'],
    verdicts: [
      ...(refuses ? [{ status: 404, verdict: 'skip' as const }] : []),
      { status: 410, verdict: 'restart' },
    ],
    ...(isDated ? { incremental: { field: 'at', param: 'since' } } : {}),
  };
}

function streamOf(sim: SimStream, skewMs: number): Stream {
  const { name, kind, pageSize, pagesPerRound, listsById } = sim;
  const common = { name, path: name, records: 'items', pagesPerRound };
  switch (kind) {
    case 'children':
      return childrenOf(sim);
    case 'offset':
      return { ...common, pagination: { kind, pageSize, total: 'total' } };
    case 'shifting': {
      const total = pageSize % 2 === 0 ? { total: 'total' } : {};
      const overlap = Math.max(1, Math.floor(pageSize / 2));
      const pagination = { kind: 'offset' as const, pageSize, overlap, ...total };
      return { ...common, pagination, primaryKey: ['id'] };
    }
    case 'page':
      return sim.endsByStatus
        ? { ...common, pagination: { kind, pageSize, sizeParam: 'size' }, verdicts: BY_STATUS }
        : { ...common, pagination: { kind, pageSize, sizeParam: 'size', end: 'short-page' } };
    case 'token':
      return {
        ...common,
        pagination: { kind: 'cursor', from: 'next', param: 'token', pageSize, sizeParam: 'size' },
        cursorHours: CURSOR_HOURS,
        ...(sim.knowsTheDead ? { verdicts: [{ status: 410, verdict: 'restart' }] } : {}),
      };
    case 'link':
      return { ...common, pagination: { kind, from: 'next', pageSize, sizeParam: 'size' } };
    case 'keyset':
      return {
        ...common,
        pagination: { kind, field: 'id', param: 'after', pageSize, sizeParam: 'size' },
        primaryKey: ['id'],
      };
    case 'version':
      return {
        ...common,
        pagination: {
          kind: 'cursor',
          from: 'version.max',
          param: 'after',
          end: 'empty-page',
          pageSize,
          sizeParam: 'size',
        },
        primaryKey: ['id'],
        incremental: { field: 'version', type: 'integer' },
      };
    case 'changes': {
      // A clock that is ahead asks for rows that are still moving: the next run reads them again.
      const lookback = { lookbackSeconds: Math.ceil((4 * skewMs) / 1000) + 2 };
      return {
        ...common,
        pagination: { kind: 'link', from: 'next', pageSize, sizeParam: 'size' },
        primaryKey: ['id'],
        incremental: {
          field: 'at',
          param: 'since',
          ...(listsById ? {} : { ...lookback, until: { param: 'until' } }),
        },
      };
    }
  }
}

/** Hours after which the server really forgets: a run may go on a while with a cursor it has. */
export const SERVER_CURSOR_HOURS = CURSOR_HOURS + 2;
