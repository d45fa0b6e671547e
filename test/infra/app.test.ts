import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const out = mkdtempSync(path.join(tmpdir(), 'driplake-app-'));
afterAll(() => rmSync(out, { recursive: true }));

/** What `cdk synth` puts into the context beside cdk.json, cdk.context.json and the -c options. */
const FROM_THE_CLI = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:disable-version-reporting': true,
  'aws:cdk:bundling-stacks': [],
  '@aws-cdk/core:validateAgainstDefaultRules': false,
};

/** Runs the app as the CDK runs it, without bundling. @returns its stacks and what it says */
function synthesise(given: object): { readonly stacks: string[]; readonly said: string } {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const outdir = mkdtempSync(path.join(out, 'synth-'));
  const { stderr } = spawnSync(process.execPath, ['infra/app.ts'], {
    encoding: 'utf8',
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...FROM_THE_CLI, ...given }),
    },
  });
  const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  return { stacks: templates.map((file) => file.split('.')[0] ?? '').sort(), said: stderr };
}

describe('the app', () => {
  it('has an engine, and a catalogue where runs are published as tables', () => {
    expect(synthesise({})).toEqual({ stacks: ['Driplake', 'Driplake-catalogue'], said: '' });
    const bare = { stacks: ['Driplake'], said: '' };
    expect(synthesise({ catalogue: 'none' })).toEqual(bare);
  });

  it('says all at once what is wrong with the settings, and makes nothing', () => {
    const { stacks, said } = synthesise({ schedule: 'rate(1 hour)', dashboard: 'perhaps' });
    expect(stacks).toEqual([]);
    expect(said.split('\n')).toEqual([
      'The CDK context has faults:',
      '  schedule: no such setting; did you mean schedules?',
      '  dashboard: expected a boolean, got "perhaps"',
      'Correct cdk.json, ~/.cdk.json or the -c options.',
      '',
    ]);
  });
});
