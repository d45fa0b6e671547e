import { describe, expect, it } from 'vitest';
import { readAhead } from '../../../shared/ports/lake/read-ahead.ts';

async function* keysOf(count: number): AsyncGenerator<number, void, undefined> {
  for (let key = 0; key < count; key++) yield key;
}

async function all<Answer>(answers: AsyncIterable<Answer>): Promise<Answer[]> {
  const list: Answer[] = [];
  for await (const answer of answers) list.push(answer);
  return list;
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
};

describe('reading ahead', () => {
  it('gives the answers in the order of the keys, whichever comes first', async () => {
    const read = async (key: number): Promise<number> => {
      await turns(key % 2 === 0 ? 50 : 1);
      return key;
    };
    for (const width of [1, 2, 32]) {
      expect(await all(readAhead(keysOf(25), width, read))).toEqual([...Array(25).keys()]);
    }
    expect(await all(readAhead(keysOf(0), 4, read))).toEqual([]);
  });

  it('has so many reads under way and no more', async () => {
    let underWay = 0;
    let most = 0;
    const read = async (key: number): Promise<number> => {
      most = Math.max(most, ++underWay);
      await turns(20);
      underWay--;
      return key;
    };
    await all(readAhead(keysOf(100), 8, read));
    expect(most).toBe(8);
  });

  it('ends with the first fault in the order of the keys, though a later one came before', async () => {
    const read = async (key: number): Promise<number> => {
      await turns(key === 3 ? 30 : 1);
      if (key >= 3) throw new Error(`no ${key}`);
      return key;
    };
    const seen: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const answer of readAhead(keysOf(10), 4, read)) seen.push(answer);
    };
    await expect(reading()).rejects.toThrow('no 3');
    expect(seen).toEqual([0, 1, 2]);
  });

  it('asks for nothing more when its reader has seen enough', async () => {
    let asked = 0;
    const read = async (key: number): Promise<number> => {
      asked++;
      return key;
    };
    for await (const answer of readAhead(keysOf(1_000), 4, read)) if (answer === 5) break;
    expect(asked).toBeLessThan(12);
  });
});
