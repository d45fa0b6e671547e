// Folders that the command makes: as deep as asked, and an end where none can be made.

import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../../shared/ports/lake/folder.ts';

const scratch = (): string => mkdtempSync(join(tmpdir(), 'driplake-folders-'));

describe('making a folder', () => {
  it('makes those above it, and takes one that is there as made', async () => {
    const folder = join(scratch(), 'a', 'b', 'c');
    await makeFolder(folder);
    await makeFolder(folder);
    expect(statSync(folder).isDirectory()).toBe(true);
  });

  it('says so when a file stands in its place, or above it', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    await expect(makeFolder(file)).rejects.toThrow('EEXIST');
    await expect(makeFolder(join(file, 'lake'))).rejects.toThrow('ENOTDIR');
  });

  it.runIf(process.platform === 'linux')('ends where the system takes no folders', async () => {
    await expect(makeFolder('/proc/driplake/lake')).rejects.toThrow(/E[A-Z]+: .*mkdir/);
  });
});
