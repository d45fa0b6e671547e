// Connects the handlers to this machine: a folder, dynalite, the environment, the terminal.

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Connection } from '../functions/connection.ts';
import { sourceNamed } from '../functions/read-source.ts';
import { DriplakeError, explain, Failure } from '../shared/core/failures.ts';
import { breakEvenSeconds, PULL_MEMORY_MB } from '../shared/core/limits.ts';
import { readSource, type Source } from '../shared/core/source.ts';
import { systemClock } from '../shared/ports/clock.ts';
import { undiciHttp } from '../shared/ports/http-undici.ts';
import type { Journal } from '../shared/ports/journal.ts';
import { folderLake } from '../shared/ports/lake-folder.ts';
import { systemRandom } from '../shared/ports/random.ts';
import { envSecrets, variable } from '../shared/ports/secrets-env.ts';
import { contexts } from '../shared/pull/context.ts';
import type { Ports } from '../shared/pull/ports.ts';
import { openLedger } from './ledger.ts';
import { isAlive } from './ledger-server.ts';

export interface LocalOptions {
  readonly lakeDir: string;
  readonly stateDir: string;
  readonly journal: Journal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** Sources that are not files of `sources/`, by name. */
  readonly sources?: ReadonlyMap<string, Source>;
}

export interface LocalConnection extends Connection {
  readonly ports: Ports;
  close(): Promise<void>;
}

/** @throws DriplakeError ledger */
export async function connectLocal(options: LocalOptions): Promise<LocalConnection> {
  const { lakeDir, stateDir, journal, env, signal } = options;
  const clock = systemClock();
  const random = systemRandom();
  const ledger = await openLedger(stateDir, clock, random);
  const ports: Ports = {
    clock,
    random,
    http: undiciHttp(),
    lake: folderLake(lakeDir),
    ledger,
    secrets: envSecrets({ env, envFile: '.env', stateDir }),
    tokenLock: ledger,
    journal,
  };
  const sourceOf = async (name: string): Promise<Source> =>
    options.sources?.get(name) ?? withBaseUrl(await sourceNamed(name), env);
  return {
    ports,
    sourceOf,
    contextOf: contexts(ports, sourceOf),
    breakEvenSeconds: breakEvenSeconds(PULL_MEMORY_MB),
    isGone: async (holder) => isGone(holder),
    ...(signal ? { signal } : {}),
    close: () => ledger.close(),
  };
}

/** `local:<pid>:<mark>` */
export const executionId = (mark: string): string => `local:${process.pid}:${mark}`;

/** A holder of this machine whose process has ended. Our own process holds nothing from before. */
function isGone(holder: string): boolean {
  const pid = Number(/^local:(\d+):/.exec(holder)?.[1]);
  return Number.isInteger(pid) && (pid === process.pid || !isAlive(pid));
}

/**
 * The source that a person named: a file's path, or one of `sources/`.
 * @throws DriplakeError configuration, with every fault of the file
 */
export async function findSource(named: string, env: LocalOptions['env']): Promise<Source> {
  const isPath = /\.([mc]?[jt]s|json)$/.test(named) || named.includes('/');
  return withBaseUrl(isPath ? await sourceIn(named) : await sourceNamed(named), env);
}

async function sourceIn(file: string): Promise<Source> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new DriplakeError(
      Failure.configuration,
      `There is no file ${file}.`,
      'Give the path of a source file, or the name of a source (`driplake sources`).',
    );
  }
  let module: { default?: unknown };
  try {
    const isJson = path.endsWith('.json');
    module = await import(pathToFileURL(path).href, isJson ? { with: { type: 'json' } } : {});
  } catch (error) {
    throw new DriplakeError(
      Failure.configuration,
      `${file} can't be read: ${explain(error)}.`,
      'It must be a module whose default export is a source.',
    );
  }
  if (module.default === undefined) {
    throw new DriplakeError(
      Failure.configuration,
      `${file} has no default export.`,
      'Write `export default defineSource({ ... })`.',
    );
  }
  return readSource(module.default, file);
}

/** `DRIPLAKE_<SOURCE>_BASE_URL` sends a source elsewhere: to a test server, a proxy, a sandbox. */
function withBaseUrl(source: Source, env: LocalOptions['env']): Source {
  const baseUrl = env[variable(source.name, 'baseUrl')];
  return baseUrl ? readSource({ ...source, baseUrl }, variable(source.name, 'baseUrl')) : source;
}

/** Names of the files of `sources/`. */
export async function sourceNames(): Promise<string[]> {
  const folder = join(import.meta.dirname, '..', 'sources');
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .sort();
}
