// One word for one thing: names that had two meanings, or a thing that had two names, do not come
// back. What each word means stands at the head of docs/architecture.md. Words of source files,
// which their owners write, are no names of the code.

import { describe, expect, it } from 'vitest';
import { codeOf, files, places } from './tree.ts';

/** Names that are retired, and what to say instead. */
const RETIRED: readonly (readonly [name: RegExp, instead: string])[] = [
  [/\bblocked(Until|Why|For)\w*\b|\bisBlocked\b/, 'throttled...: a 429 has one name'],
  [/\brefusals?\b|\bRefusals?\b/, 'throttle, rejection: what was it?'],
  [/\bwords?(SentAtMs|AtMs)?\b|\bWord\b|\breadWords\b/, 'report, LimitReport; or command'],
  [/\b[hH]eard\b|\bhear\w*\b/, 'reported, applyReport'],
  [/\broomsFor\b|\bRoom\b|\bbucketRoom\b|\bwindowRoom\b/, 'Headroom'],
  [/\bforeign\w*\b/, 'otherKind, otherData, othersShare'],
  [/\bRunPlace\b|\bStreamPlace\b|\bPagePlace\b/, 'RunFolder, QueuePlace, location, index'],
  [/\breserveMs\b|\breserved\b/, 'landingMs, booked'],
  [/\breadRuns\b/, 'readLatestRuns'],
  [/\bhearWord\b/, 'confirmation'],
];

describe('words', () => {
  it.each(RETIRED.map(([name, instead]) => ({ name, instead })))(
    '$name is retired: $instead',
    ({ name }) => {
      expect(places(files, name)).toEqual([]);
    },
  );

  it('are looked for in code that is there', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.some((file) => codeOf(file).includes('throttled'))).toBe(true);
  });
});
