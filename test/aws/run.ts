// `npm run test:aws`: installs an emulated AWS account, deploys the app into it as a user would, and
// tries what was deployed. Needs Python 3.10 with pip, openssl, a JDK 17 and Maven 3.8. The last line
// counts the tests. Words after `--` choose files: `npm run test:aws -- stack`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BaseSequencer, startVitest, type TestSpecification } from 'vitest/node';
import { type Account, installAccount, startAccount } from './account.ts';
import { type Deployment, deployApp, synthesiseApp } from './deploy.ts';
import { installDynamoLocal, startDynamoLocal } from './dynamodb-local/dynamodb-local.ts';
import { freePort, stopAll } from './processes.ts';
import { copyProject, SHOP } from './shop.ts';
import { tallyExecutions } from './tally.ts';

/**
 * Everything is over within this, ms: a minute to install and deploy, seven for all executions. A
 * machine that does other things meanwhile, or a slow registry, may take four times that.
 */
const LIMIT_MS = 32 * 60_000;

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const work = mkdtempSync(path.join(tmpdir(), 'driplake-aws-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true, maxRetries: 5 }));

async function main(): Promise<Count> {
  const [servicePort, shopPort] = await Promise.all([freePort(), freePort()]);
  const project = path.join(work, 'project');
  copyProject(project, shopPort);
  const serviceUrl = `http://127.0.0.1:${servicePort}`;
  const out = path.join(work, 'cdk.out');
  const [account, dynamoLocal] = await Promise.all([
    openAccount(),
    openDynamoLocal(),
    timed('synthesised', () => synthesiseApp(out, { serviceUrl, own: { project, source: SHOP } })),
  ]);
  const deployment = await timed('bootstrapped and deployed', () => deployApp(account, out));
  describeStack(deployment);
  const count = await testDeployment(account, deployment, { servicePort, shopPort, dynamoLocal });
  say(await tallyExecutions(account, deployment.outputs));
  return count;
}

async function openAccount(): Promise<Account> {
  await timed('account installed', installAccount);
  return timed('account started', () => startAccount(work));
}

async function openDynamoLocal(): Promise<string> {
  await timed('DynamoDB Local installed', installDynamoLocal);
  return timed('DynamoDB Local started', startDynamoLocal);
}

async function testDeployment(
  { endpoint, region, certificate }: Account,
  { outputs }: Deployment,
  others: {
    readonly servicePort: number;
    readonly shopPort: number;
    readonly dynamoLocal: string;
  },
): Promise<Count> {
  const vitest = await startVitest('test', process.argv.slice(2), {
    root: path.join(import.meta.dirname, '..', '..'),
    include: ['test/aws/**/*.aws.ts'],
    watch: false,
    fileParallelism: false,
    sequence: { sequencer: EngineFirst },
    // Threads end with this process, whatever ends it.
    pool: 'threads',
    reporters: ['verbose'],
    provide: { account: { endpoint, region, certificate }, outputs, ...others },
  });
  const modules = vitest.state.getTestModules();
  const states = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => test.result().state),
  );
  // A suite whose preparation failed skips its tests: none of those has passed.
  const passed = states.filter((state) => state === 'passed').length;
  // A file that can't be loaded has no tests.
  const broken = modules.filter((module) => module.errors().length > 0).length;
  const unhandled = modules.length === 0 || vitest.state.getUnhandledErrors().length > 0 ? 1 : 0;
  await vitest.close();
  return { passed, failed: states.length - passed + broken + unhandled };
}

/** The engine is tried as it was deployed, before other files have left something in it. */
class EngineFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): string =>
      moduleId.endsWith('engine.aws.ts') ? '' : moduleId;
    return files.toSorted((one, other) => place(one).localeCompare(place(other)));
  }
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
  const results = process.env['DRIPLAKE_TEST_RESULTS'];
  if (results) writeFileSync(results, JSON.stringify({ passed, failed }));
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
