// `npm run test:aws`: installs an emulated AWS account, deploys the app into it as a user would, and
// tries what was deployed. Needs Python 3.10 with pip, openssl, a JDK 17 and Maven 3.8. The last line
// counts the tests. Words after `--` choose files: `npm run test:aws -- stack`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BaseSequencer, startVitest, type TestSpecification } from 'vitest/node';
import { failed, type Results, resultsOf } from '../results.ts';
import { type Account, installAccount, startAccount } from './account.ts';
import { type Deployment, deployApp, synthesiseApp } from './deploy.ts';
import { installDynamoLocal, startDynamoLocal } from './dynamodb-local/dynamodb-local.ts';
import { freePort, stopAll } from './processes.ts';
import { copyProject, type OwnPorts, SHOP, SLOW } from './shop.ts';
import { tallyExecutions } from './tally.ts';

/**
 * Everything is over within this, ms: a minute to install and deploy, seven for all executions. A
 * machine that does other things meanwhile, or a slow registry, may take four times that.
 */
const LIMIT_MS = 32 * 60_000;

const work = mkdtempSync(path.join(tmpdir(), 'driplake-aws-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true, maxRetries: 5 }));

async function main(): Promise<Results> {
  const [servicePort, shopPort, slowPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
  ]);
  const project = path.join(work, 'project');
  copyProject(project, { shopPort, slowPort });
  const serviceUrl = `http://127.0.0.1:${servicePort}`;
  const out = path.join(work, 'cdk.out');
  const [account, dynamoLocal] = await Promise.all([
    openAccount(),
    openDynamoLocal(),
    timed('synthesised', () =>
      synthesiseApp(out, { serviceUrl, own: { project, sources: [SHOP, SLOW] } }),
    ),
  ]);
  const deployment = await timed('bootstrapped and deployed', () => deployApp(account, out));
  describeStack(deployment);
  const results = await testDeployment(account, deployment, {
    servicePort,
    shopPort,
    slowPort,
    dynamoLocal,
  });
  say(await tallyExecutions(account, deployment.outputs));
  return results;
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
  others: OwnPorts & { readonly servicePort: number; readonly dynamoLocal: string },
): Promise<Results> {
  let results = failed('npm run test:aws', 'Its tests did not end.');
  const vitest = await startVitest('test', process.argv.slice(2), {
    root: path.join(import.meta.dirname, '..', '..'),
    include: ['test/aws/**/*.aws.ts'],
    watch: false,
    fileParallelism: false,
    sequence: { sequencer: EngineFirst },
    // Threads end with this process, whatever ends it.
    pool: 'threads',
    reporters: [
      'verbose',
      {
        onTestRunEnd: (modules, outside) => {
          results = resultsOf(modules, outside);
        },
      },
    ],
    provide: { account: { endpoint, region, certificate }, outputs, ...others },
  });
  await vitest.close();
  return results;
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
const finish = (results: Results): Promise<never> => {
  over ??= close(results);
  return over;
};

async function close(results: Results): Promise<never> {
  const { passed, failures } = results;
  say(`${passed} passed, ${failures.length} failed`);
  const file = process.env['DRIPLAKE_TEST_RESULTS'];
  if (file) writeFileSync(file, JSON.stringify(results));
  process.exitCode = failures.length === 0 ? 0 : 1;
  await stopAll();
  process.exit();
}

async function giveUp(why: string): Promise<never> {
  if (!over) say(why);
  return finish(failed('npm run test:aws', why));
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
