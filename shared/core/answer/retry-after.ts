// Until when an API that throttles asks us to stay away, wherever it says so.

import { THROTTLED_BODY_BYTES } from '../bounds.ts';
import type { Headers } from './exchange.ts';
import { type MomentUnit, readMoment, unitOf } from './moment.ts';

/**
 * Epoch milliseconds on our clock until which a throttled request keeps its scope waiting, or
 * undefined when it names no time: the `Retry-After` header (RFC 9110, 10.2.3: seconds or a date),
 * else the latest of those that name a limit (`Retry-After-short`), else a field of that name in a
 * JSON body, which clients of X-Series have been told to read. One whose name ends in `ms` is
 * milliseconds. May lie centuries ahead: some servers say so.
 */
export function retryAfterMs(
  headers: Headers,
  nowMs: number,
  body?: Uint8Array,
): number | undefined {
  const dateHeader = headers['date'];
  const read = ({ value, unit }: Told): readonly number[] => {
    const moment =
      value === undefined ? undefined : readMoment(value, { nowMs, dateHeader, unit });
    return moment === undefined ? [] : [moment];
  };
  const named = Object.keys(headers).filter((name) => name.startsWith('retry-after-'));
  const ofLimits = named.map((name) => ({ value: headers[name], unit: unitOf(name) }));
  return (
    read({ value: headers['retry-after'] })[0] ??
    ofLimits.flatMap(read).sort((one, other) => other - one)[0] ??
    retryAfterInBody(body).flatMap(read)[0]
  );
}

interface Told {
  readonly value: string | undefined;
  readonly unit?: MomentUnit | undefined;
}

function retryAfterInBody(body: Uint8Array | undefined): Told[] {
  if (body === undefined || body.length > THROTTLED_BODY_BYTES) return [];
  const fields = Object.entries(jsonObject(new TextDecoder().decode(body)));
  return fields.flatMap(([name, value]): Told[] => {
    const isTime = typeof value === 'string' || typeof value === 'number';
    if (!isTime || !RETRY_AFTER_FIELD.test(name)) return [];
    return [{ value: String(value), unit: unitOf(name) }];
  });
}

const RETRY_AFTER_FIELD = /^retry[-_]?after(?:[-_]?(?:ms|milliseconds|seconds))?$/i;

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
