import { describe, expect, it } from 'vitest';
import { includedFields } from '../../../shared/core/partition/included.ts';
import { aSource, aStream } from '../builders.ts';

const included = (include: Record<string, string>, values = {}, settings = {}) =>
  includedFields(
    aSource({ settings: { account: 'Its number' } }),
    aStream({ include }),
    settings,
    values,
  );

describe('what a stream includes', () => {
  it('is nothing for most', () => {
    expect(includedFields(aSource(), aStream(), {})).toEqual([]);
  });

  it('are values as they stand in the lines of the parent', () => {
    const values = {
      'issue.number': '12345678901234567890',
      'issue.title': '"a"',
      'issue.x': 'null',
    };
    const include = { number: '{issue.number}', title: '{issue.title}', x: '{issue.x}' };
    expect(included(include, values)).toEqual([
      ['number', '12345678901234567890'],
      ['title', '"a"'],
      ['x', 'null'],
    ]);
  });

  it('are texts of values and settings', () => {
    const include = { place: '{account}/{issue.title} no. {issue.number}', account: '{account}' };
    const values = { 'issue.number': '7', 'issue.title': '"{account}"' };
    expect(included(include, values, { account: '17' })).toEqual([
      ['place', '"17/{account} no. 7"'],
      ['account', '"17"'],
    ]);
  });

  it('is no text of a value that is null', () => {
    expect(() => included({ a: 'no. {issue.x}' }, { 'issue.x': 'null' })).toThrow(
      'The value of {issue.x} holds nothing',
    );
  });
});
