import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { memoryLake } from '../../shared/ports/lake.ts';
import { folderLake } from '../../shared/ports/lake-folder.ts';
import { lakeContract } from './lake-contract.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

lakeContract('memory', async () => memoryLake());

lakeContract('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'driplake-lake-'));
  folders.push(folder);
  return folderLake(join(folder, 'lake'));
});
