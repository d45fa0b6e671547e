// What real servers do to their headers between two releases: the recorded shapes, changed in
// names, order, case, floats, pairs and dates. Whatever they become, a budget that hears them never
// asks twice within a second after a refusal, and never waits ten times longer than they can mean.

import { jitteredUntilMs } from '../../shared/core/answer/backoff.ts';
import { classify } from '../../shared/core/answer/classify.ts';
import type { HttpAnswer } from '../../shared/core/answer/exchange.ts';
import { readLimitReports } from '../../shared/core/answer/headers.ts';
import { newBudget } from '../../shared/core/budget/budget.ts';
import { settle } from '../../shared/core/budget/settle.ts';
import { take } from '../../shared/core/budget/take.ts';
import type { Random } from '../apis/data.ts';
import { headerVectors } from '../core/answer/header-vectors.ts';
import { ask, spending } from '../core/budget/budget-builders.ts';
import { checkBudget, checkGrant } from '../core/budget/budget-checks.ts';
import { longestMeantMs } from './meanings.ts';
import { chance, damaged, oneOf } from './mutate.ts';

type Response = Extract<HttpAnswer, { kind: 'response' }>;
type Lines = readonly (readonly [name: string, value: string])[];

/** Recorded answers that say something of a limit. */
const SHAPES = headerVectors.flatMap(({ answer, source, stream, nowMs }) =>
  answer.kind === 'response' && Object.keys(answer.headers).length > 0
    ? [{ answer, source, stream, nowMs }]
    : [],
);

const ANSWERS = 4;
const PATIENCE = 10;
/** A backoff of our own, where nobody says how long. */
const OWN_MS = 60_000;

/** One holder that obeys four answers in turn; throws when a promise is broken. */
export function obeyAnyHeaders(random: Random): void {
  const shape = SHAPES[random.below(SHAPES.length)];
  if (!shape) throw new Error('there are no recorded shapes');
  const { source, stream, nowMs } = shape;
  const allowance = { limits: source.limits ?? [], shareForOthers: 0 };
  let budget = newBudget(allowance, nowMs);
  let [atMs, meantMs] = [nowMs, OWN_MS];
  for (let count = 0; count < ANSWERS; count++) {
    const request = ask({ want: 1 + random.below(5), stayMs: oneOf(random, [0, 22_500]) });
    const taken = take(budget, allowance, request, atMs);
    checkGrant(taken.grant, request, atMs, taken.budget);
    checkBudget(budget, taken.budget, allowance);
    budget = taken.budget;
    const answer = mutated(random, shape.answer);
    const answeredAtMs = Math.max(atMs, taken.grant.readyAtMs) + 1 + random.below(2_000);
    const waited = { atMs, readyAtMs: taken.grant.readyAtMs };
    meantMs = Math.max(meantMs, longestMeantMs(answer, source, answeredAtMs));
    const judged = classify(answer, source, stream, answeredAtMs);
    const reports = readLimitReports(allowance.limits, answer.headers, answeredAtMs);
    const told = judged.kind === 'throttled' ? judged.untilMs : undefined;
    const untilMs =
      told === undefined
        ? {}
        : { untilMs: jitteredUntilMs(told, answeredAtMs, random.fraction()) };
    const waitMs = (source.refusedWaitSeconds ?? 0) * 1000;
    const throttle = { why: 'refused', waitMs, ...untilMs };
    const next = settle(
      budget,
      spending({
        answeredAtMs: [answeredAtMs],
        reports,
        reportSentAtMs: answeredAtMs - 1,
        reportAtMs: answeredAtMs,
        ...(judged.kind === 'throttled' ? { throttle } : {}),
      }),
      answeredAtMs,
    );
    checkBudget(budget, next, allowance);
    budget = next;
    const soonestMs = nextRequestMs(budget, allowance, answeredAtMs);
    const facts = () => JSON.stringify({ waited, headers: answer.headers, status: answer.status });
    if (judged.kind === 'throttled' && soonestMs < answeredAtMs + 1_000) {
      throw new Error(`asks again after ${soonestMs - answeredAtMs} ms: ${facts()}`);
    }
    if (!(soonestMs - answeredAtMs <= PATIENCE * meantMs)) {
      const waits = `waits ${soonestMs - answeredAtMs} ms for ${meantMs} at most`;
      throw new Error(`${waits}: ${facts()}`);
    }
    atMs = soonestMs;
  }
}

/** When the holder may ask again: it comes back whenever it is told to. */
function nextRequestMs(
  from: ReturnType<typeof newBudget>,
  allowance: Parameters<typeof take>[1],
  nowMs: number,
): number {
  let [budget, atMs] = [from, nowMs];
  for (let turn = 0; turn < 20; turn++) {
    const taken = take(budget, allowance, ask({ want: 1, stayMs: 1e12 }), atMs);
    const { grant } = taken;
    if (!Number.isSafeInteger(grant.readyAtMs)) throw new Error(`ready at ${grant.readyAtMs}`);
    if (grant.kind === 'granted') return Math.max(atMs, grant.readyAtMs);
    [budget, atMs] = [taken.budget, grant.readyAtMs];
  }
  throw new Error('comes back twenty times and gets nothing');
}

function mutated(random: Random, answer: Response): Response {
  let lines: Lines = Object.entries(answer.headers);
  for (let left = random.below(4); left > 0; left--) lines = mutation(random, lines);
  const status = chance(random, 0.5) ? answer.status : oneOf(random, [200, 403, 429, 503]);
  return { ...answer, status, headers: Object.fromEntries(lines) };
}

function mutation(random: Random, lines: Lines): Lines {
  const at = random.below(lines.length);
  const [name, value] = lines[at] ?? ['retry-after', '1'];
  const other = lines[random.below(lines.length)] ?? ['date', 'x'];
  const replaced = (line: readonly [string, string]): Lines => lines.with(at, line);
  if (lines.length === 0) return [['retry-after', oneOf(random, NUMBERS)]];
  switch (random.below(9)) {
    case 0:
      return lines.filter((_, index) => index !== at);
    case 1:
      return replaced([other[0], value]);
    case 2:
      return replaced([name, `${value}${oneOf(random, [',', ', ', '/', ';', ' '])}${other[1]}`]);
    case 3:
      return replaced([name, value.replaceAll(/\d+/g, (digits) => renumbered(random, digits))]);
    case 4:
      return replaced([name, redated(random, value)]);
    case 5:
      return replaced([name, oneOf(random, NUMBERS)]);
    case 6:
      return replaced([name, chance(random, 0.5) ? value.toUpperCase() : value.toLowerCase()]);
    case 7:
      return [...lines, ['retry-after', oneOf(random, NUMBERS)]];
    default:
      return replaced([name, damagedText(random, value)]);
  }
}

const NUMBERS = [
  '0',
  '1',
  '-1',
  '3.5',
  '60',
  '449',
  '1.0e2',
  '86400',
  '1000000',
  'soon',
  '',
] as const;

const renumbered = (random: Random, digits: string): string =>
  oneOf(random, [
    `${digits}.0`,
    `${digits}.${random.below(1e6)}`,
    `${digits}000`,
    `0${digits}`,
    String(random.below(1_000)),
    digits.slice(0, -1),
  ]);

/** Another day, hour or way to write a date; what is none is left as it is. */
function redated(random: Random, value: string): string {
  const atMs = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(atMs)) return value;
  const moved = new Date(atMs + (random.fraction() - 0.5) * oneOf(random, [1e4, 1e7, 1e10]));
  return oneOf(random, [
    moved.toUTCString(),
    moved.toISOString(),
    moved.toISOString().slice(0, 19),
    String(Math.floor(moved.getTime() / 1000)),
    String(moved.getTime()),
  ]);
}

const damagedText = (random: Random, text: string): string =>
  Buffer.from(damaged(random, new TextEncoder().encode(text)))
    .toString('latin1')
    .replaceAll(/[\r\n\0]/g, '');
