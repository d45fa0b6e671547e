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
}

const command = fileURLToPath(new URL('../../local/driplake.js', import.meta.url));
const places: string[] = [];
const processes = new Set<ChildProcess>();

/** @param env beside PATH and HOME: nothing of ours is inherited */
export function workplace(env: Readonly<Record<string, string>> = {}): Workplace {
  const dir = mkdtempSync(path.join(tmpdir(), 'driplake-local-'));
  places.push(dir);
  const start = (...args: string[]): Running => startCommand(args, dir, env);
  return {
    dir,
    start,
    startWith: (more, ...args) => startCommand(args, dir, { ...env, ...more }),
    run: (...args) => start(...args).ended,
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
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Running {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [command, ...args], {
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
