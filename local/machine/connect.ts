// Connects the handlers to this machine: a folder, dynalite, the environment, the terminal.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Connection } from '../../functions/connection.ts';
import { type Environment, sourceNamed, withBaseUrl } from '../../functions/read-source.ts';
import { breakEvenSeconds, PULL_MEMORY_MB } from '../../shared/core/bounds.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import type { Http } from '../../shared/ports/http/http.ts';
import { nodeHttp } from '../../shared/ports/http/http-node.ts';
import type { Journal } from '../../shared/ports/journal.ts';
import { folderLake } from '../../shared/ports/lake/lake-folder.ts';
import { systemRandom } from '../../shared/ports/random.ts';
import { envSecrets } from '../../shared/ports/secrets/secrets-env.ts';
import { contexts } from '../../shared/pull/context.ts';
import type { Ports } from '../../shared/pull/ports.ts';
import { openLedger } from '../ledger/ledger.ts';

export interface LocalOptions {
  readonly lakeDir: string;
  readonly stateDir: string;
  readonly journal: Journal;
  readonly env: Environment;
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
  const http = nodeHttp();
  const ports: Ports = {
    clock,
    catalogue: manifestsOnly,
    random,
    http: finishing(http),
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
    close: async () => {
      http.close();
      await ledger.close();
    },
  };
}

/** A request under way is answered within this after an interruption, or given up, ms. */
const LAST_ANSWER_MS = 5_000;

/** HTTP that an interruption lets finish what it asked: the API has charged for it already. */
const finishing = (http: Http): Http => ({
  async send(request, signal) {
    if (!signal || signal.aborted) return http.send(request, signal);
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(() => controller.abort(), LAST_ANSWER_MS);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await http.send(request, controller.signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    }
  },
});

/** `local:<pid>:<mark>` */
export const executionId = (mark: string): string => `local:${process.pid}:${mark}`;

/** A holder of this machine whose process has ended. Our own process holds nothing from before. */
export function isGone(holder: string): boolean {
  const pid = Number(/^local:(\d+):/.exec(holder)?.[1]);
  return Number.isInteger(pid) && (pid === process.pid || !isAlive(pid));
}

/** Whether a process of this number lives; it may be another program by now. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return !isZombie(pid);
}

/** One that has ended, and whose parent was not told yet: the system still answers for it. */
function isZombie(pid: number): boolean {
  try {
    // `4242 (a name, perhaps with a bracket) Z 1 ...`; there is none but on Linux.
    return /^.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
    return /^\s*Z/.test(stdout ?? '');
  }
}
