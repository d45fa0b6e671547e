// Failures that pass: the broken answers a healthy vendor gives now and then, drawn from a seeded
// chance so that a run can be replayed. A fault is never an answer about the data: a client that
// reads it as one is wrong.

import { randomFrom } from './data.ts';
import { type ApiResponse, answer } from './exchange.ts';

export const faultKinds = [
  'bad-gateway',
  'gateway-timeout',
  'server-error',
  'try-again-later',
  'cut-off',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultOptions {
  /** Share of requests that fail, 0..1. */
  readonly rate: number;
  readonly seed?: number;
  readonly kinds?: readonly FaultKind[];
  /** After so many in a row the next answer is healthy, so that a patient client always ends. */
  readonly mostInARow?: number;
}

export interface Faults {
  /** Returns the healthy answer or a broken one in its place, with the same rate-limit headers. */
  strike(nowMs: number, healthy: ApiResponse): ApiResponse;
  seen(): Readonly<Partial<Record<FaultKind, number>>>;
}

export function passingFaults(options: FaultOptions): Faults {
  const { rate, seed = 1, kinds = faultKinds, mostInARow = 3 } = options;
  const random = randomFrom(seed);
  const struck = new Map<FaultKind, number>();
  let inARow = 0;
  return {
    strike: (nowMs, healthy) => {
      const chance = random.fraction();
      const kind = kinds[random.below(kinds.length)];
      const where = random.fraction();
      if (kind === undefined || chance >= rate || inARow >= mostInARow) {
        inARow = 0;
        return healthy;
      }
      inARow += 1;
      struck.set(kind, (struck.get(kind) ?? 0) + 1);
      return broken(kind, nowMs, healthy, where);
    },
    seen: () => Object.fromEntries(struck),
  };
}

/** The broken form of a healthy answer. `where` (0..1) says how far a cut-off body gets. */
export function broken(
  kind: FaultKind,
  nowMs: number,
  healthy: ApiResponse,
  where = 0.5,
): ApiResponse {
  const html = { ...healthy.headers, 'Content-Type': 'text/html; charset=UTF-8' };
  switch (kind) {
    case 'bad-gateway':
      return answer(nowMs, 502, gatewayPage('502 Bad Gateway'), html);
    case 'gateway-timeout':
      return answer(nowMs, 504, gatewayPage('504 Gateway Time-out'), html);
    case 'server-error':
      return answer(nowMs, 500, errorBody(500, 'Internal Server Error', 'Out of memory'), html);
    case 'try-again-later':
      return answer(nowMs, 400, errorBody(400, 'Bad Request', 'Please try again later.'), html);
    case 'cut-off': {
      const bytes = Buffer.byteLength(healthy.body);
      return { ...healthy, dropAfterBytes: Math.floor(bytes * where) };
    }
  }
}

/** The error shape of Lightspeed R-Series: every value a string. */
export function errorBody(code: number, name: string, message: string): string {
  const errorClass = code >= 500 ? 'Exception' : 'RestException';
  return JSON.stringify({ httpCode: String(code), httpMessage: name, message, errorClass });
}

function gatewayPage(title: string): string {
  const head = `<head><title>${title}</title></head>`;
  const body = `<body><center><h1>${title}</h1></center></body>`;
  return `<html>\r\n${head}\r\n${body}\r\n</html>\r\n`;
}
