import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DriplakeError, Failure } from '../../../shared/core/failures.ts';
import { readSource } from '../../../shared/core/source/source.ts';
import { aSource } from '../builders.ts';

const broken = new URL('../../sources/broken/', import.meta.url);

describe('a source file', () => {
  for (const file of readdirSync(broken)) {
    it(`is refused with all of its faults at once: ${file}`, async () => {
      const { default: source, faults } = await import(new URL(file, broken).href);
      const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
      const lines = faults.map((fault: string) => `  ${fault}`).join('\n');
      expect(() => readSource(source, file)).toThrow(`${file} has ${count}:\n${lines}`);
    });
  }

  it('is refused as a configuration error, which no retry mends', () => {
    try {
      readSource(undefined, 'nothing.ts');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(DriplakeError);
      expect(error).toMatchObject({ name: Failure.configuration });
    }
  });

  it('survives its way through JSON', () => {
    expect(readSource(JSON.parse(JSON.stringify(aSource())), 'test')).toEqual(aSource());
  });
});
