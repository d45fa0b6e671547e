// `npm run test:aws`: installs an emulated AWS account, deploys the app into it as a user would, and
// tries what was deployed. Needs Python 3.10 with pip, and openssl. The last line counts the tests.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startVitest } from 'vitest/node';
import { type Account, installAccount, startAccount } from './account.ts';
import { type Deployment, deployApp, synthesiseApp } from './deploy.ts';
import { freePort, stopAll } from './processes.ts';

/** Everything is over within this, ms: 30 s to install and deploy, 80 s for the executions. */
const LIMIT_MS = 5 * 60_000;

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const work = mkdtempSync(path.join(tmpdir(), 'driplake-aws-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true, maxRetries: 5 }));

async function main(): Promise<Count> {
  const servicePort = await freePort();
  const out = path.join(work, 'cdk.out');
  const [account] = await Promise.all([
    openAccount(),
    timed('synthesised', () => synthesiseApp(out, `http://127.0.0.1:${servicePort}`)),
  ]);
  const deployment = await timed('bootstrapped and deployed', () => deployApp(account, out));
  describeStack(deployment);
  return testDeployment(account, deployment, servicePort);
}

async function openAccount(): Promise<Account> {
  await timed('installed', installAccount);
  return timed('started', () => startAccount(work));
}

async function testDeployment(
  { endpoint, region, certificate }: Account,
  { outputs }: Deployment,
  servicePort: number,
): Promise<Count> {
  const vitest = await startVitest('test', [], {
    root: path.join(import.meta.dirname, '..', '..'),
    include: ['test/aws/*.aws.ts'],
    watch: false,
    fileParallelism: false,
    // Threads end with this process, whatever ends it.
    pool: 'threads',
    reporters: ['verbose'],
    provide: { account: { endpoint, region, certificate }, outputs, servicePort },
  });
  const modules = vitest.state.getTestModules();
  const states = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => test.result().state),
  );
  // A suite whose preparation failed skips its tests: none of those has passed.
  const passed = states.filter((state) => state === 'passed').length;
  const broken = modules.length === 0 || vitest.state.getUnhandledErrors().length > 0 ? 1 : 0;
  await vitest.close();
  return { passed, failed: states.length - passed + broken };
}

function describeStack({ resources, outputs }: Deployment): void {
  const total = Object.values(resources).reduce((sum, count) => sum + count, 0);
  say(`${total} resources:`);
  for (const [type, count] of Object.entries(resources).toSorted()) say(`  ${type} ${count}`);
  for (const [name, value] of Object.entries(outputs)) say(`  ${name} = ${value}`);
}

async function timed<Answer>(what: string, work: () => Promise<Answer>): Promise<Answer> {
  const startedAt = performance.now();
  const answer = await work();
  say(`${what} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return answer;
}

const explain = (error: unknown): string =>
  error instanceof Error
    ? [error.message, ...(error.cause ? [explain(error.cause)] : [])].join('\n')
    : String(error);

const say = (text: string): void => void process.stdout.write(`${text}\n`);

let over: Promise<never> | undefined;

/** Says what came out, stops what was started, and ends; whoever comes second waits for that. */
const finish = (count: Count): Promise<never> => {
  over ??= close(count);
  return over;
};

async function close({ passed, failed }: Count): Promise<never> {
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
  await stopAll();
  process.exit();
}

async function giveUp(why: string): Promise<never> {
  if (!over) say(why);
  return finish({ passed: 0, failed: 1 });
}

setTimeout(() => giveUp(`It is not over after ${LIMIT_MS / 1000} s.`), LIMIT_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => giveUp(`Stopped by ${signal}.`));
}
try {
  await finish(await main());
} catch (error) {
  await giveUp(explain(error));
}
