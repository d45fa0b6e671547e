// Deploys the app as its users do, with `cdk synth`, `cdk bootstrap` and `cdk deploy --all`: assets,
// templates and stacks go through S3, IAM and CloudFormation of the account, nothing is edited.

import { readdirSync, readFileSync } from 'node:fs';
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

/** So rarely that no test sees it; a scheduled source has an alarm of its age. */
const weekly = { expression: 'rate(7 days)' };

export interface App {
  /** Where the API is that the deployed functions read. */
  readonly serviceUrl: string;
  /** When sources are drained without being asked to. */
  readonly schedules?: object;
  /** Sources of the user's own, and the checkout that has them. */
  readonly own?: { readonly project: string; readonly sources: readonly string[] };
}

export async function synthesiseApp(out: string, app: App): Promise<void> {
  const { serviceUrl, own } = app;
  const names = own?.sources ?? [];
  const rarely = Object.fromEntries(names.map((name) => [name, weekly]));
  const { schedules = { jsonplaceholder: everyMinute, ...rarely } } = app;
  const context = {
    sources: ['jsonplaceholder', ...names].join(','),
    baseUrls: JSON.stringify({ jsonplaceholder: serviceUrl }),
    schedules: JSON.stringify(schedules),
  };
  const args = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const env = { ...process.env, PATH: nodeFirst, CDK_DISABLE_CLI_TELEMETRY: 'true' };
  await cdk(['synth', '--quiet', '--output', out, ...args], env, own?.project);
}

/** @param out what `synthesiseApp` wrote */
export async function deployApp(account: Account, out: string): Promise<Deployment> {
  const { accountId, region, env } = account;
  await cdk(['bootstrap', `aws://${accountId}/${region}`, '--app', out], env);
  const file = path.join(out, 'outputs.json');
  const args = ['--app', out, '--require-approval', 'never', '--outputs-file', file];
  await cdk(['deploy', '--all', ...args], env);
  const resources: Record<string, number> = {};
  for (const name of readdirSync(out).filter((one) => one.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(path.join(out, name), 'utf8'));
    for (const { Type } of Object.values<{ Type: string }>(template.Resources)) {
      resources[Type] = (resources[Type] ?? 0) + 1;
    }
  }
  return { resources, outputs: JSON.parse(readFileSync(file, 'utf8'))[STACK] };
}

const cdk = (args: string[], env: Environment, cwd = root): Promise<string> =>
  run(
    process.execPath,
    [path.join(root, 'node_modules/aws-cdk/bin/cdk'), ...args, '--no-notices', '--ci'],
    env,
    cwd,
  );
