// Deploys the app as its users do, with `cdk synth`, `cdk bootstrap` and `cdk deploy`: assets,
// template and stack go through S3, IAM and CloudFormation of the account, nothing is edited.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Account } from './account.ts';
import { type Environment, nodeFirst, root, run } from './processes.ts';

export interface Deployment {
  /** Number of resources by their type. */
  readonly resources: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export const STACK = 'Driplake';

/** What the schedule drains, every minute: few pages, and not what the other tests start late. */
export const SCHEDULED_STREAMS = ['users', 'posts'];

const everyMinute = {
  expression: 'rate(1 minute)',
  flexibleMinutes: 0,
  streams: SCHEDULED_STREAMS,
};

/**
 * @param serviceUrl where the API is that the deployed functions read
 * @param schedules when sources are drained without being asked to
 */
export async function synthesiseApp(
  out: string,
  serviceUrl: string,
  schedules: object = { jsonplaceholder: everyMinute },
): Promise<void> {
  const context = {
    sources: 'jsonplaceholder',
    baseUrls: JSON.stringify({ jsonplaceholder: serviceUrl }),
    schedules: JSON.stringify(schedules),
  };
  const args = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const env = { ...process.env, PATH: nodeFirst, CDK_DISABLE_CLI_TELEMETRY: 'true' };
  await cdk(['synth', '--quiet', '--output', out, ...args], env);
}

/** @param out what `synthesiseApp` wrote */
export async function deployApp(account: Account, out: string): Promise<Deployment> {
  const { accountId, region, env } = account;
  await cdk(['bootstrap', `aws://${accountId}/${region}`, '--app', out], env);
  const file = path.join(out, 'outputs.json');
  const args = ['--app', out, '--require-approval', 'never', '--outputs-file', file];
  // The emulated account has no Athena: the catalogue's stack stays away.
  await cdk(['deploy', STACK, ...args], env);
  const template = JSON.parse(readFileSync(path.join(out, `${STACK}.template.json`), 'utf8'));
  const resources: Record<string, number> = {};
  for (const { Type } of Object.values<{ Type: string }>(template.Resources)) {
    resources[Type] = (resources[Type] ?? 0) + 1;
  }
  return { resources, outputs: JSON.parse(readFileSync(file, 'utf8'))[STACK] };
}

const cdk = (args: string[], env: Environment): Promise<string> =>
  run(
    process.execPath,
    [path.join(root, 'node_modules/aws-cdk/bin/cdk'), ...args, '--no-notices', '--ci'],
    env,
  );
