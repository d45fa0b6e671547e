import { expect, it } from 'vitest';
import { seenSet } from '../../../shared/core/partition/seen.ts';

it('knows what it has seen, through all of its growing', () => {
  const seen = seenSet();
  const names = Array.from({ length: 20_000 }, (_, index) => `["${index}"]`);
  expect(names.map(seen.add).filter((isNew) => !isNew)).toEqual([]);
  expect(names.map(seen.add).filter((isNew) => isNew)).toEqual([]);
  expect(seen.size()).toBe(20_000);
});
