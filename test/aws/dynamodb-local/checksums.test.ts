import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { strayFiles } from './checksums.ts';

// Of "one", by sha256sum.
const ONE = '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'driplake-checksums-'));
  writeFileSync(path.join(folder, 'one.jar'), 'one');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('finds nothing in a folder that has what the list has', () => {
  expect(strayFiles(folder, `${ONE}  one.jar\n`)).toEqual([]);
});

it('names a file that is another, one that is missing and one that nobody asked for', () => {
  writeFileSync(path.join(folder, 'one.jar'), 'One');
  writeFileSync(path.join(folder, 'three.jar'), 'three');
  expect(strayFiles(folder, `${ONE}  one.jar\n${ONE}  two.jar\n`)).toEqual([
    expect.stringMatching(`^one.jar: expected SHA-256 ${ONE}, got [0-9a-f]{64}$`),
    'two.jar: expected, not there',
    'three.jar: not in the list',
  ]);
});

it.each(['', 'one.jar', `${ONE} one.jar`, `${ONE}  ../one.jar`, `${ONE.slice(1)}  one.jar`])(
  'refuses a list with the line "%s", which would check nothing',
  (line) => expect(() => strayFiles(folder, line)).toThrow(/No checksum and file/),
);

it('has a list of DynamoDB Local as it was tried', () => {
  const list = readFileSync(path.join(import.meta.dirname, 'checksums.txt'), 'utf8');
  const faults = strayFiles(folder, list);
  expect(faults.filter((fault) => fault.startsWith('DynamoDBLocal-2.6.1.jar'))).toHaveLength(1);
  expect(faults.length).toBeGreaterThan(80);
});
