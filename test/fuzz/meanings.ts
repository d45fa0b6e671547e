// The longest time that an answer can mean, read in the loosest way: any number of it as seconds or
// as an epoch, any date, any window and bucket that it or its source tells of. It is no reader: it
// only says what nobody could have meant.

import type { HttpAnswer } from '../../shared/core/answer/exchange.ts';
import { termsOf } from '../../shared/core/budget/limit-kinds.ts';
import type { Source } from '../../shared/core/source/source.ts';

type Response = Extract<HttpAnswer, { kind: 'response' }>;

/** Milliseconds from `nowMs`, at least those of the declared limits. */
export function longestMeantMs(answer: Response, source: Source, nowMs: number): number {
  const serverMs = Date.parse(answer.headers['date'] ?? '');
  const clocks = Number.isNaN(serverMs) ? [nowMs] : [nowMs, serverMs];
  const body = new TextDecoder().decode(answer.body.subarray(0, 2_000));
  const { date: _, ...told }: Record<string, string> = { ...answer.headers, body };
  const texts = Object.values(told);
  const inMs = namesOfMs(source);
  const spans = Object.entries(told).flatMap(([name, text]) => [
    ...datesIn(text),
    ...numbersIn(text, inMs.has(name) ? 1 : 1_000),
  ]);
  const limits = (source.limits ?? []).map((limit) => {
    if (limit.kind !== 'leaky-bucket') return termsOf(limit).periodMs ?? 0;
    const amounts = texts.flatMap((text) => [...text.matchAll(NUMBER)].map(Number));
    const leaks = amounts.flatMap((amount) => [amount, amount / (limit.emptiesInSeconds ?? 1)]);
    const slowest = Math.min(limit.leakPerSecond, ...leaks.filter((leak) => leak >= 1e-3));
    return (Math.max(limit.size, ...amounts) / slowest) * 1000;
  });
  return Math.max(0, (source.refusedWaitSeconds ?? 0) * 1000, ...limits, ...spans);

  function datesIn(text: string): number[] {
    const dates = text.split(/,(?! ?\d{1,2}[ -][a-z])|"/i);
    const moments = dates
      .filter((part) => /[a-z-]/i.test(part))
      .map((part) => Date.parse(part.trim()));
    return moments.filter((ms) => !Number.isNaN(ms)).flatMap((ms) => clocks.map((at) => ms - at));
  }

  function numbersIn(text: string, unitMs: number): number[] {
    return [...text.matchAll(NUMBER)]
      .map(Number)
      .flatMap((number) => [
        ...(number * unitMs < 1e12
          ? [number * (/\d ?[mhd]/i.test(text) ? 86_400_000 : unitMs)]
          : []),
        ...clocks.flatMap((at) => [number - at, number * 1000 - at]).filter((ms) => ms < 4e9),
      ]);
  }
}

/** Headers whose name says that they are milliseconds. */
function namesOfMs(source: Source): ReadonlySet<string> {
  const names = (source.limits ?? []).flatMap((limit) => {
    if (limit.kind !== 'window') return [];
    const { reset, resetMs, periodMs } = limit.headers ?? {};
    const ends = [reset ?? []].flat().filter((name) => /-ms$/i.test(name));
    return [resetMs ?? [], periodMs ?? [], ends].flat();
  });
  return new Set(names.map((name) => name.toLowerCase()));
}

const NUMBER = /\d+(?:\.\d+)?/g;
