import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DriplakeError, Failure } from '../../../shared/core/failures.ts';
import { defineSource, readSource } from '../../../shared/core/source/source.ts';
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

  it('says once what its streams have in common, and each of them may say it otherwise', () => {
    const pagination = { kind: 'offset', pageSize: 20 } as const;
    const base = { name: 'shop', baseUrl: 'https://api.example.com' };
    const written = defineSource({
      ...base,
      defaults: { records: 'data', pagination, primaryKey: ['id'], query: { a: 1, b: 2 } },
      streams: [
        { name: 'items', path: 'items' },
        { name: 'sales', path: 'sales', primaryKey: ['no'], query: { b: 3 } },
      ],
    });
    const all = { records: 'data', pagination };
    expect(readSource(written, 'test')).toEqual({
      ...base,
      streams: [
        { name: 'items', path: 'items', ...all, primaryKey: ['id'], query: { a: 1, b: 2 } },
        { name: 'sales', path: 'sales', ...all, primaryKey: ['no'], query: { a: 1, b: 3 } },
      ],
    });
    expect(() => readSource({ ...written, defaults: 'data' }, 'test')).toThrow(
      'defaults: expected an object, got "data"',
    );
  });

  it('survives its way through JSON', () => {
    expect(readSource(JSON.parse(JSON.stringify(aSource())), 'test')).toEqual(aSource());
  });
});
