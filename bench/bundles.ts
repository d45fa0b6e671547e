// The bundles that a deployment would upload, found in what `cdk synth` wrote, and how long a fresh
// process takes to load each.

import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { STACK } from '../test/aws/deploy.ts';

export interface Bundle {
  /** Name of the deployed function. */
  readonly functionName: string;
  readonly file: string;
  readonly bytes: number;
}

export interface Start {
  /** Milliseconds to import the bundle, beyond those of an empty module; the processor's as well. */
  readonly ms: number;
  readonly cpuMs: number;
  /** Memory of the whole process after it, MB. */
  readonly residentMb: number;
}

/** Fresh processes for each bundle, and for the empty module. */
export const STARTS = 15;

const template = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })),
});
const code = z.object({ FunctionName: z.string(), Code: z.object({ S3Key: z.unknown() }) });
const assets = z.object({
  files: z.record(z.string(), z.object({ source: z.object({ path: z.string() }) })),
});

/** @param out where the app was synthesised to, its functions bundled */
export function bundlesIn(out: string): Bundle[] {
  const read = (name: string): unknown => JSON.parse(readFileSync(path.join(out, name), 'utf8'));
  const { Resources } = template.parse(read(`${STACK}.template.json`));
  const { files } = assets.parse(read(`${STACK}.assets.json`));
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => {
      const { FunctionName: functionName, Code } = code.parse(Properties);
      const hash = /[0-9a-f]{64}/.exec(JSON.stringify(Code.S3Key))?.[0] ?? '';
      const folder = files[hash]?.source.path;
      if (folder === undefined) throw new Error(`${functionName} has no bundle in ${out}`);
      const file = path.join(out, folder, 'index.mjs');
      return { functionName, file, bytes: statSync(file).size };
    });
}

/**
 * Imports each bundle in fresh processes of this Node, in turns, so that what else the machine does
 * meets all of them alike. Medians, less those of an empty module.
 * @param work a folder for the empty module
 */
export function measureStarts(bundles: readonly Bundle[], work: string): Start[] {
  const empty = path.join(work, 'empty.mjs');
  writeFileSync(empty, 'export const handler = async () => ({});\n');
  const files = [empty, ...bundles.map(({ file }) => file)];
  const rounds = Array.from({ length: STARTS }, () => files.map(start));
  const [nothing, ...starts] = files.map((_, index) => {
    const of = (pick: (one: Start) => number): number =>
      median(rounds.flatMap((round) => round.slice(index, index + 1)).map(pick));
    return {
      ms: of(({ ms }) => ms),
      cpuMs: of(({ cpuMs }) => cpuMs),
      residentMb: of(({ residentMb }) => residentMb),
    };
  });
  return starts.map((one) => ({
    ms: one.ms - (nothing?.ms ?? 0),
    cpuMs: one.cpuMs - (nothing?.cpuMs ?? 0),
    residentMb: one.residentMb,
  }));
}

const probe = `
const [cpu, at] = [process.cpuUsage(), performance.now()];
const { handler } = await import(process.argv[1]);
const ms = performance.now() - at;
const { user, system } = process.cpuUsage(cpu);
if (typeof handler !== 'function') throw new Error(process.argv[1] + ' exports no handler');
const residentMb = process.memoryUsage.rss() / 2 ** 20;
process.stdout.write(JSON.stringify({ ms, cpuMs: (user + system) / 1000, residentMb }));
`;

const measured = z.object({ ms: z.number(), cpuMs: z.number(), residentMb: z.number() });

/** What Lambda sets, as far as libraries look at it while they are loaded. */
const environment = { AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: 'bench' };

function start(file: string): Start {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', probe, '--', file],
    { env: environment, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${file} can't be loaded: ${stderr}`);
  return measured.parse(JSON.parse(stdout));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
