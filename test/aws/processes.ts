// Processes that the test starts, and stops again whatever happens: each in a group of its own, so
// that what it starts itself goes with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const root = path.join(import.meta.dirname, '..', '..');

export type Environment = Readonly<Record<string, string | undefined>>;

/** The `node` that runs this comes first: the app and the deployed functions run on it too. */
export const nodeFirst = `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH']}`;

const running = new Set<ChildProcess>();
// Vitest ends this process at once when it is told to end: nobody waits for `stopAll` then.
process.once('exit', () => signalAll('SIGKILL'));

/** How long a process may take to go when it is asked to, ms. */
const GRACE_MS = 5_000;

/**
 * Runs a command to its end and gives its output back.
 * @throws Error with the last lines of that output, when it fails
 */
export async function run(
  command: string,
  args: string[],
  env: Environment,
  cwd = root,
): Promise<string> {
  const child = start(command, args, env, cwd);
  const chunks: string[] = [];
  child.stdout?.on('data', (text: string) => chunks.push(text));
  child.stderr?.on('data', (text: string) => chunks.push(text));
  const [code]: unknown[] = await once(child, 'close');
  const output = chunks.join('');
  if (code === 0) return output;
  const lines = output.trimEnd().split('\n').slice(-20).join('\n');
  throw new Error(
    `${path.basename(command)} ${args.slice(0, 3).join(' ')}: exit ${code}\n${lines}`,
  );
}

/** Starts a process that stays, or that `run` waits for. */
export function start(
  command: string,
  args: string[],
  env: Environment,
  cwd = root,
): ChildProcess {
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.setEncoding('utf8');
  child.stderr?.setEncoding('utf8');
  running.add(child);
  for (const end of ['close', 'error']) child.once(end, () => running.delete(child));
  return child;
}

/** Ends every process that is still there, with its group. */
export async function stopAll(): Promise<void> {
  const closing = [...running].map((child) => once(child, 'close'));
  signalAll('SIGTERM');
  await Promise.race([Promise.all(closing), sleep(GRACE_MS, undefined, { ref: false })]);
  signalAll('SIGKILL');
}

function signalAll(signal: NodeJS.Signals): void {
  for (const { pid } of running) {
    if (pid === undefined) continue;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** A port of the loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
