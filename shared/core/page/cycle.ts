// Finds a walk that goes in circles (A, A; A, B, A; circles of any length) with constant memory, as
// a fold over its steps: Brent's method. A step is a place and the rows that led to it, for some
// APIs give one cursor all the time. It never reports a walk that has not come back.
//
// The cursors a, b, c, b, c: the anchor is a at step 1 and c at step 3, where its span doubles to
// 4. Step 5 is c again, 2 steps behind the anchor: a circle. No list of what was seen is kept.

/** What is remembered between cursors: JSON, a few dozen bytes whatever the length of the walk. */
export interface CycleState {
  /** Steps after which the anchor moves up; doubles each time. */
  readonly power: number;
  /** Steps since the anchor was set. */
  readonly steps: number;
  /** The fingerprint that later ones are compared with. */
  readonly anchor: string;
}

/** Before the first cursor; no fingerprint is empty. */
export const cycleStart: CycleState = { power: 1, steps: 0, anchor: '' };

/**
 * One step further. A circle of `length` entered after `tail` steps is found within `2 *
 * max(tail + 1, length) + length` steps: the anchor moves to places 1, 2, 4, 8, ... until it is
 * inside the circle with a span long enough to come round.
 * @param rows names the rows of the step; asked for few steps only, unless the place never changes
 */
export function advance(
  state: CycleState,
  place: string,
  rows: () => string = () => '',
): { readonly state: CycleState; readonly cycle: boolean } {
  const isSamePlace = state.anchor.startsWith(`${place}\n`);
  if (isSamePlace && state.anchor === `${place}\n${rows()}`) return { state, cycle: true };
  const steps = state.steps + 1;
  if (steps < state.power) return { state: { ...state, steps }, cycle: false };
  const anchor = `${place}\n${rows()}`;
  return { state: { power: state.power * 2, steps: 0, anchor }, cycle: false };
}

/** Characters of a cursor that is its own fingerprint: most are shorter than this. */
const SHORT = 64;

/**
 * A short name of a cursor. Long ones are hashed (FNV-1a, 64 bits): since a cursor is only ever
 * compared with the anchor, a walk of 50 million pages meets a false match once in 10^11 walks.
 */
export function fingerprint(cursor: unknown): string {
  const text = JSON.stringify(cursor) ?? '';
  return text.length <= SHORT ? text : `#${fnv1a(text)}-${text.length}`;
}

/** FNV-1a on two halves of 32 bits: cursors may be megabytes long, and BigInt is slow. */
function fnv1a(text: string): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let index = 0; index < text.length; index += 1) {
    low = (low ^ text.charCodeAt(index)) >>> 0;
    // Times 2^40 + 0x1b3: the first shifts the low half into the high one.
    const product = low * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / 2 ** 32) + low * 2 ** 8) % 2 ** 32;
    low = product % 2 ** 32;
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
