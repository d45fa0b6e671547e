// Synthesises the engine once, as `cdk synth` would, and reads the template back as plain data.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Validations } from 'aws-cdk-lib/core';
import { addChecks } from '../../infra/checks.ts';
import { createEngine } from '../../infra/engine.ts';
import { readSettings } from '../../infra/settings/settings.ts';
import { readSource } from '../../shared/core/source/source.ts';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type Properties = { readonly [key: string]: Json };
export type Resource = { Type: string; Properties: Properties; DeletionPolicy?: string };
export type Template = {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: Json }>;
  Parameters: Record<string, Json>;
};
export type Synthesised = {
  readonly template: Template;
  /** What cdk-nag and the CDK's own rules found and nobody acknowledged. */
  readonly findings: Json;
  /** All reasons given, one per acknowledgement. */
  readonly reasons: readonly string[];
  /** Folder that an asset of the template was bundled into. */
  readonly assetFolder: (logicalId: string) => string;
  /** Removes what was synthesised from the disk. */
  readonly remove: () => void;
};

const stream = {
  name: 'items',
  path: '/items',
  records: { path: '' },
  pagination: { kind: 'single' },
};

export const openSource = readSource(
  { name: 'open', baseUrl: 'https://open.example', streams: [stream] },
  'open',
);

export const shopSource = readSource(
  {
    name: 'shop',
    baseUrl: 'https://shop.example/{accountId}',
    settings: { accountId: 'Number of the account' },
    credentials: { kind: 'oauth2-refresh-token', tokenUrl: 'https://shop.example/token' },
    streams: [stream],
  },
  'shop',
);

const choices: Record<string, unknown> = {
  sources: ['open', 'shop'],
  schedules: {
    shop: [
      'rate(1 hour)',
      { expression: 'cron(0 3 * * ? *)', timeZone: 'Europe/Berlin', fullRefresh: true },
    ],
  },
  reservedConcurrency: { 'pull-pages': 20 },
  alarmEmail: 'operator@shop.example',
};

/**
 * @param bundle whether to bundle the functions: only their sizes and contents need it
 * @param context settings in place of those above
 */
export function synthesise({
  bundle = false,
  context: changed = {},
}: {
  bundle?: boolean;
  context?: Record<string, unknown>;
} = {}): Synthesised {
  const outdir = mkdtempSync(path.join(tmpdir(), 'driplake-synth-'));
  const file = new URL('../../cdk.json', import.meta.url);
  const { context } = JSON.parse(readFileSync(file, 'utf8'));
  const app = new App({
    outdir,
    context: {
      ...context,
      'aws:cdk:bundling-stacks': bundle ? ['**'] : [],
      // The schemas of all CloudFormation resources take seconds to load; `npm run check` does it.
      '@aws-cdk/core:validateAgainstDefaultRules': false,
    },
    analyticsReporting: false,
  });
  const stack = createEngine(app, readSettings({ ...choices, ...changed }), [
    openSource,
    shopSource,
  ]);
  addChecks(app);
  app.synth();
  const template: Template = JSON.parse(
    readFileSync(path.join(outdir, stack.templateFile), 'utf8'),
  );
  const report = JSON.parse(readFileSync(path.join(outdir, 'validation-report.json'), 'utf8'));
  return {
    template,
    findings: report.pluginReports,
    reasons: app.node.findAll().flatMap(reasonsOf),
    remove: () => rmSync(outdir, { recursive: true }),
    assetFolder: (logicalId) => assetFolder(outdir, stack.templateFile, template, logicalId),
  };
}

type Node = { node: { metadata: { type: string; data: unknown }[] } };

const reasonsOf = ({ node }: Node): string[] =>
  node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.values(Object(data)).map(String));

function assetFolder(outdir: string, file: string, template: Template, logicalId: string): string {
  const code = template.Resources[logicalId]?.Properties['Code'];
  const hash = /[0-9a-f]{64}/.exec(JSON.stringify(code))?.[0] ?? 'none';
  const manifest = file.replace('.template.json', '.assets.json');
  const { files } = JSON.parse(readFileSync(path.join(outdir, manifest), 'utf8'));
  return path.join(outdir, files[hash].source.path);
}

/** What every bucket has: encrypted, and no way for the public. */
export const privateBucket = {
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  },
  BucketEncryption: {
    ServerSideEncryptionConfiguration: [
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ],
  },
} as const;
