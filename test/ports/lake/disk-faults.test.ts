// What a disk says no with: in the system's words, and with a remedy for that cause.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { explain, Failure } from '../../../shared/core/failures.ts';
import { diskFault } from '../../../shared/ports/lake/disk-faults.ts';

const WHAT = "The lake /data can't be written";
const told = (error: unknown): string =>
  explain(diskFault(Failure.lake, WHAT, error, 'choose another folder with --lake'));

const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
  code: 'ENOSPC',
});

it('is told with the cause, the place and what helps', () => {
  expect(told(full)).toBe(
    "The lake /data can't be written: ENOSPC: no space left on device, write. Free some space, or choose another folder with --lake.",
  );
});

it.each([
  ['IO error: s/ledger/000005.log: No space left on device', 'Free some space, or'],
  ['IO error: s/ledger/000005.log: Permission denied', 'Make it readable and writable for you'],
  ['IO error: s/ledger/000005.log: Read-only file system', 'Mount it so that it can be written'],
  ['IO Error: Could not write file "x.part": File too large', 'Allow larger files (ulimit -f)'],
  ['something that nobody has seen', 'Look at what it says, or choose'],
])('is known by its words where a database wraps it: %s', (message, remedy) => {
  expect(told(new Error(message))).toContain(`${message}. ${remedy}`);
});

it('is known as the system really says it', async () => {
  const below = path.join(import.meta.filename, 'nothing');
  const error = await writeFile(below, '').catch((thrown: unknown) => thrown);
  expect(told(error)).toContain('Move away what stands in its place, or choose');
});
