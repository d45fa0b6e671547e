import { expect, it } from 'vitest';
import { WAVES } from '../../../shared/core/bounds.ts';
import { readSource } from '../../../shared/core/source/source.ts';

/** Streams of which each but the first is the child of the one before. */
const chainOf = (length: number) => ({
  name: 'shop',
  baseUrl: 'https://api.shop.example',
  streams: Array.from({ length }, (_, depth) => ({
    name: `level-${depth}`,
    path: depth === 0 ? 'top' : `below/{up.id}/${depth}`,
    records: 'data',
    pagination: { kind: 'single' },
    ...(depth === 0 ? {} : { partitions: { parent: `level-${depth - 1}`, as: 'up' } }),
  })),
});

it('streams may follow from each other as deep as an execution has room for', () => {
  expect(readSource(chainOf(WAVES), 'shop.ts').streams).toHaveLength(WAVES);
  expect(() => readSource(chainOf(WAVES + 1), 'shop.ts')).toThrow(
    `streams[${WAVES}].partitions: expected ${WAVES} streams behind each other at most, got level-16 of level-15`,
  );
});
