// Runs the `driplake` command as a person does: a real process, its two outputs, its exit code.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export interface Ended {
  /** Null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Returns when this is true of what was said so far; throws when the process ends before. */
  until(said: (stderr: string, stdout: string) => boolean): Promise<void>;
}

export interface Workplace {
  /** An empty folder, the working directory of its commands. */
  readonly dir: string;
  start(...args: string[]): Running;
  /** With more in its environment. */
  startWith(env: Readonly<Record<string, string>>, ...args: string[]): Running;
  run(...args: string[]): Promise<Ended>;
  /** In a shell that has set limits before (`ulimit -f 8`: files of 4 KiB at most). */
  runUnder(limits: string, ...args: string[]): Promise<Ended>;
}

const cli = fileURLToPath(new URL('../../local/driplake.js', import.meta.url));
const command = (args: readonly string[]): string[] => [process.execPath, cli, ...args];

/** The system sends a signal, too, to who writes beyond its limit, and Node dies of that. */
const FILE_LIMIT_IS_AN_ERROR = "--import=data:text/javascript,process.on('SIGXFSZ',()=>{})";

const places: string[] = [];
const processes = new Set<ChildProcess>();

/** @param env beside PATH and HOME: nothing of ours is inherited */
export function workplace(env: Readonly<Record<string, string>> = {}): Workplace {
  const dir = mkdtempSync(path.join(tmpdir(), 'driplake-local-'));
  places.push(dir);
  const start = (...args: string[]): Running => startCommand(command(args), dir, env);
  return {
    dir,
    start,
    startWith: (more, ...args) => startCommand(command(args), dir, { ...env, ...more }),
    run: (...args) => start(...args).ended,
    runUnder: (limits, ...args) =>
      startCommand(['sh', '-c', `${limits}; exec "$0" "$@"`, ...command(args)], dir, {
        ...env,
        NODE_OPTIONS: FILE_LIMIT_IS_AN_ERROR,
        NODE_DISABLE_COMPILE_CACHE: '1',
      }).ended,
  };
}

/** Removes every workplace of the file, and what still runs in one. Call it once at the top. */
export function cleanUpWorkplaces(): void {
  afterAll(() => {
    for (const child of processes) child.kill('SIGKILL');
    for (const dir of places.splice(0)) rmSync(dir, { recursive: true, force: true });
  });
}

function startCommand(
  [file = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Running {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(file, args, {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.add(child);
  const said = { stdout: '', stderr: '' };
  let look = (): void => {};
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      look();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      processes.delete(child);
      resolve({ code, signal, ...said });
    });
  });
  return {
    ended,
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    until: (isThere) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (isThere(said.stderr, said.stdout)) resolve();
        };
        look();
        void ended.then((end) => reject(new Error(`it ended before: ${JSON.stringify(end)}`)));
      }),
  };
}
