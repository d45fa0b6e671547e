// Reads the corpus of test/apis/headers: response headers and a time in, words, wait and judgement
// out. Moments are written relative to the vector's own time, names as the vendor writes them.

import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { HttpAnswer } from '../../../shared/core/answer/exchange.ts';
import type { LimitReport } from '../../../shared/core/limit-report.ts';
import { limit } from '../../../shared/core/source/api-limits.ts';
import { readSource, type Source, type Stream } from '../../../shared/core/source/source.ts';
import { presetOf } from './every-preset.ts';

const whole = z.int().nonnegative();
const limits = z.union([z.string(), z.array(limit)]);

const expectedReport = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('leaky-bucket'),
    index: whole,
    levelMilli: whole,
    sizeMilli: whole,
    hiddenMilli: whole.optional(),
    leakMilli: whole.optional(),
    costMilli: whole.optional(),
  }),
  z.strictObject({ kind: z.literal('leak'), index: whole, leakMilli: whole }),
  z.strictObject({ kind: z.literal('concurrency'), index: whole, atOnce: whole }),
  z.strictObject({
    kind: z.literal('window'),
    index: whole,
    limit: whole.optional(),
    remaining: whole.optional(),
    resetInMs: whole.optional(),
    periodMs: whole.optional(),
  }),
]);

const vector = z.strictObject({
  name: z.string().min(1),
  /** Where the shape comes from; `naive-client list N` names lines of naive-client.json. */
  from: z.string().min(1),
  /** Name of a preset, or limits; both defaults are those of the file. */
  limits: limits.optional(),
  now: z.iso.datetime().optional(),
  credentials: z.enum(['bearer', 'oauth2-client-credentials', 'oauth2-refresh-token']).optional(),
  verdicts: z.array(z.unknown()).optional(),
  refusedWaitSeconds: z.number().optional(),
  status: z.int().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Text as it is, anything else as JSON. Default: an empty list. */
  body: z.json().optional(),
  fault: z
    .enum(['unreachable', 'timeout', 'cut-off', 'too-large', 'redirect', 'aborted'])
    .optional(),
  expect: z.strictObject({
    reports: z.array(expectedReport).optional(),
    /** What is not believed, in words. */
    doubts: z.array(z.string()).optional(),
    /** Null: blocked, but nobody says until when. */
    throttledForMs: whole.nullable().optional(),
    judgement: z
      .enum(['keep', 'retry', 'throttled', 'refresh', 'skip', 'refuse', 'aborted'])
      .optional(),
  }),
});

const file = z.strictObject({
  api: z.string().min(1),
  limits,
  now: z.iso.datetime(),
  vectors: z.array(vector).min(1),
});

export interface HeaderVector {
  readonly api: string;
  readonly name: string;
  readonly from: string;
  readonly nowMs: number;
  readonly source: Source;
  readonly stream: Stream;
  readonly answer: HttpAnswer;
  readonly reports: readonly LimitReport[] | undefined;
  readonly doubts: readonly string[] | undefined;
  readonly blockedUntilMs: number | null | undefined;
  readonly judgement: string | undefined;
}

const FOLDER = new URL('../../apis/headers/', import.meta.url);

/** Every vector of every file, in the files' order. */
export const headerVectors: readonly HeaderVector[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .flatMap((name) => {
    const { api, vectors, ...defaults } = file.parse(readJson(new URL(name, FOLDER)));
    return vectors.map((one) =>
      prepare(api, {
        ...one,
        limits: one.limits ?? defaults.limits,
        now: one.now ?? defaults.now,
      }),
    );
  });

/** Lines of the list of naive clients' mistakes, and what covers each. */
export const naiveClientLines = z
  .array(z.strictObject({ line: whole, mistake: z.string(), where: z.string() }))
  .parse(readJson(new URL('../naive-client.json', FOLDER)));

function readJson(url: URL): unknown {
  return JSON.parse(readFileSync(url, 'utf8'));
}

type Vector = z.infer<typeof vector> & { limits: z.infer<typeof limits>; now: string };

function prepare(api: string, one: Vector): HeaderVector {
  const nowMs = Date.parse(one.now);
  const { reports, doubts, throttledForMs, judgement } = one.expect;
  const source = sourceOf(one);
  const [stream] = source.streams;
  if (stream === undefined) throw new Error('a source has streams');
  return {
    api,
    name: one.name,
    from: one.from,
    nowMs,
    source,
    stream,
    answer: answerOf(one),
    doubts,
    reports: reports?.map((report): LimitReport => absolute(report, nowMs)),
    blockedUntilMs: typeof throttledForMs === 'number' ? nowMs + throttledForMs : throttledForMs,
    judgement,
  };
}

function sourceOf(one: Vector): Source {
  const named = typeof one.limits === 'string' ? one.limits : undefined;
  const preset = (suffix: string): unknown => named && presetOf(`${named}${suffix}`);
  const fields = {
    limits: named === undefined ? one.limits : preset(''),
    verdicts: one.verdicts ?? preset('Verdicts'),
    refusedWaitSeconds: one.refusedWaitSeconds ?? preset('RefusedWaitSeconds'),
    credentials: credentialsOf(one.credentials),
  };
  if (fields.limits === undefined) throw new Error(`no preset is called ${named}`);
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const stream = { name: 'rows', path: '/rows', records: 'data', pagination: { kind: 'single' } };
  const base = { name: 'vector', baseUrl: 'https://api.example.com', streams: [stream] };
  return readSource({ ...base, ...Object.fromEntries(given) }, one.name);
}

function credentialsOf(kind: Vector['credentials']): unknown {
  if (kind === undefined) return undefined;
  return kind === 'bearer' ? { kind } : { kind, tokenUrl: 'https://api.example.com/token' };
}

/** As the port hands it over: names in lower case, the body as bytes. */
function answerOf({ fault, status = 200, headers = {}, body = '[]' }: Vector): HttpAnswer {
  if (fault !== undefined) return { kind: 'fault', reason: fault, message: 'connection fault' };
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const bytes = new TextEncoder().encode(text);
  return { kind: 'response', status, headers: Object.fromEntries(lower), body: bytes };
}

function absolute(expected: z.infer<typeof expectedReport>, nowMs: number): LimitReport {
  const entries = Object.entries(expected).filter(([name]) => name !== 'resetInMs');
  const inMs = expected.kind === 'window' ? expected.resetInMs : undefined;
  const reset = inMs === undefined ? [] : [['resetAtMs', nowMs + inMs]];
  return Object.fromEntries([...entries, ...reset]);
}
