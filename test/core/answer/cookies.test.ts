import { describe, expect, it } from 'vitest';
import { keepCookies, readCookies } from '../../../shared/core/answer/cookies.ts';

const NOW = Date.UTC(2026, 11, 1);
const read = (...lines: readonly string[]) => readCookies({ 'set-cookie': lines.join('\n') }, NOW);

describe('cookies of an answer', () => {
  it('are read one a line, whatever stands behind them', () => {
    const date = 'Expires=Wed, 09 Jun 2100 10:18:14 GMT';
    expect(read(`a=1; ${date}; Path=/; HttpOnly`, 'b="x=y"', 'c=3;Max-Age=60')).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', value: '"x=y"' },
      { name: 'c', value: '3' },
    ]);
    expect(readCookies({}, NOW)).toEqual([]);
  });

  it('that are over are to be forgotten', () => {
    const over = [
      'a=1; Max-Age=0',
      'a=1; max-age=-5',
      'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ];
    for (const line of [...over, 'a=', 'a=; Path=/']) {
      expect(read(line)).toEqual([{ name: 'a', value: undefined }]);
    }
  });

  it('that no header could carry set nothing', () => {
    expect(read('no pair', '=1', 'a b=1', 'a=1 2', 'a=1,2', 'a=ü', '')).toEqual([]);
  });
});

describe('kept cookies', () => {
  const keep = (before: string | undefined, ...lines: readonly string[]) =>
    keepCookies(before, read(...lines), ['a', 'b']);

  it('are those of these names, the last of each', () => {
    expect(keep(undefined, 'a=1', 'c=3', 'b=2', 'a=4')).toBe('a=4; b=2');
    expect(keep('a=1; b=2', 'b=3')).toBe('a=1; b=3');
    expect(keep('a=1=; b=2')).toBe('a=1=; b=2');
  });

  it('are forgotten when the API says so, and are none when all are', () => {
    expect(keep('a=1; b=2', 'a=; Max-Age=0')).toBe('b=2');
    expect(keep('a=1', 'a=')).toBeUndefined();
    expect(keep(undefined, 'c=1')).toBeUndefined();
  });
});
