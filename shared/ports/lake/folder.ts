// Makes a folder and those above it. It asks once at each level: the `recursive` of Node never ends
// below a file system that takes no folders, such as /proc.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** @throws the error of the system when there is no such folder afterwards */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  if (await made(folder, mode)) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolder(above, mode);
  if (!(await made(folder, mode))) await mkdir(folder, { mode });
}

/** Whether the folder is there now; false when the one above it is missing. */
async function made(folder: string, mode: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return false;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return true;
    throw error;
  }
}
