// Compares the files of a folder with a list of their SHA-256, as `sha256sum *` writes it: every
// file is one of the list, and the same, or the folder is refused.

import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One fault for each file that is another, is missing, or is nowhere in the list. */
export function strayFiles(folder: string, list: string): string[] {
  const wanted = readList(list);
  const found = new Set(readdirSync(folder));
  return [
    ...[...wanted].flatMap(([name, checksum]) => {
      if (!found.has(name)) return [`${name}: expected, not there`];
      const got = hash('sha256', readFileSync(path.join(folder, name)));
      return got === checksum ? [] : [`${name}: expected SHA-256 ${checksum}, got ${got}`];
    }),
    ...[...found].filter((name) => !wanted.has(name)).map((name) => `${name}: not in the list`),
  ];
}

/** Checksums by file. @throws Error for a line of another form: it would let a file pass */
function readList(list: string): ReadonlyMap<string, string> {
  const lines = list.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [, checksum, name] = /^([0-9a-f]{64}) {2}([^/\\\s]+)$/.exec(line) ?? [];
      if (!checksum || !name) throw new Error(`No checksum and file: ${line}`);
      return [name, checksum];
    }),
  );
}
