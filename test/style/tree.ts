// The tree as the rules of the house read it: its files, their code without what is only said, and
// what they import.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '..', '..');
export const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
export const exists = (file: string): boolean => existsSync(path.join(root, file));

export function filesIn(folder: string, ending: string): string[] {
  if (!exists(folder)) return [];
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** Folders of what is delivered. */
export const CODE = ['shared', 'functions', 'local', 'infra', 'sources', 'examples'];

/** Their files; with `all`, tests and benchmarks too. */
export const files = CODE.flatMap((folder) => filesIn(folder, '.ts'));
export const benches = filesIn('bench', '.ts');
export const all = [...files, ...filesIn('test', '.ts'), ...benches];

/** The code without what is only said: comments and texts become blanks of the same length. */
export function codeOf(file: string): string {
  const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');
  return read(file).replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`/g,
    blank,
  );
}

/** `file:line` of each place where the code matches. */
export function places(among: readonly string[], pattern: RegExp): string[] {
  return among.flatMap((file) =>
    codeOf(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

interface Import {
  /** A file of ours, by its path from the root. */
  readonly to: string;
  /** For a type only: nothing is loaded. */
  readonly isType: boolean;
  /** When it is used, not when the file is loaded. */
  readonly isDynamic: boolean;
}

export function importsOf(file: string): Import[] {
  const pattern = /(?:^|\n)\s*(?:import|export)\s(type\s)?[^;]*?from\s+'(\.[^']+)'/g;
  const dynamic = /\bimport\(\s*['`](\.[^'`]+)['`]\s*\)/g;
  const text = read(file);
  const found = [
    ...[...text.matchAll(pattern)].map((match) => ({
      to: match[2],
      isType: match[1] !== undefined,
      isDynamic: false,
    })),
    ...[...text.matchAll(dynamic)].map((match) => ({
      to: match[1],
      isType: false,
      isDynamic: true,
    })),
  ];
  return found.map(({ to = '', ...how }) => ({
    to: path.posix.normalize(path.posix.join(path.posix.dirname(file), to)),
    ...how,
  }));
}

/** Sources in functions are loaded by name, and every function is one room with its neighbours. */
export const roomOf = (file: string): string =>
  file.startsWith('functions/') ? 'functions' : path.posix.dirname(file);
