import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addChecks } from '../../../infra/checks.ts';
import { createCatalogue } from '../../../infra/parts/catalogue.ts';
import { loadQueries } from '../../../infra/settings/load-queries.ts';
import { loadSources } from '../../../infra/settings/load-sources.ts';
import { readSettings } from '../../../infra/settings/settings.ts';
import type { Source } from '../../../shared/core/source/source.ts';
import { type Properties, privateBucket, type Template } from '../synthesise.ts';

const outdir = mkdtempSync(path.join(tmpdir(), 'driplake-synth-'));
afterAll(() => rmSync(outdir, { recursive: true }));

const choices: Record<string, unknown> = {
  sources: 'lightspeed-r,lightspeed-x',
  scanLimitGigabytes: '2.5',
};

let sources: readonly Source[];
let template: Template;
beforeAll(async () => {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const app = new App({
    outdir,
    context: { ...context, '@aws-cdk/core:validateAgainstDefaultRules': false },
    analyticsReporting: false,
  });
  const settings = readSettings(choices);
  sources = await loadSources(settings.sources);
  const stack = createCatalogue(app, settings, sources, loadQueries());
  addChecks(app);
  app.synth();
  template = JSON.parse(readFileSync(path.join(outdir, stack.templateFile), 'utf8'));
});

const ofType = (type: string): Properties[] =>
  Object.values(template.Resources).flatMap(({ Type, Properties }) =>
    Type === type ? [Properties] : [],
  );

const only = (type: string): Properties => {
  const [found, ...others] = ofType(type);
  expect(others).toEqual([]);
  return found ?? expect.fail(`there is no ${type}`);
};

/** `{Ref: Results1A2B3C4D}` becomes `<Results>` within the text around it. */
function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  const [kind, what] = Object.entries(Object(value))[0] ?? [];
  if (kind === 'Ref') return `<${String(what).replace(/[0-9A-F]{8}$/, '')}>`;
  return [Object(what)[1]].flat().map(plain).join('');
}

describe('the workgroup', () => {
  it('puts its own settings above those of whoever asks', () => {
    expect(only('AWS::Athena::WorkGroup')).toMatchObject({
      Name: 'Driplake',
      State: 'ENABLED',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        PublishCloudWatchMetricsEnabled: true,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ResultConfiguration: {
          EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
          ExpectedBucketOwner: { Ref: 'AWS::AccountId' },
        },
      },
    });
  });

  it('ends a query that would read more than the settings allow', () => {
    const { WorkGroupConfiguration } = only('AWS::Athena::WorkGroup');
    expect(Object(WorkGroupConfiguration).BytesScannedCutoffPerQuery).toBe(2_500_000_000);
    expect(readSettings({ sources: 'a' }).scanLimitGigabytes).toBe(100);
    // Athena takes 10 MB at least.
    const least = (value: unknown) => () =>
      readSettings({ sources: 'a', scanLimitGigabytes: value });
    expect(least('0.01')).not.toThrow();
    expect(least('0.009')).toThrow(/scanLimitGigabytes/);
  });
});

describe('the results', () => {
  it('lie encrypted in a bucket of their own that nobody else reaches, and stay with it', () => {
    expect(only('AWS::S3::Bucket')).toMatchObject({
      ...privateBucket,
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    const policy = JSON.stringify(only('AWS::S3::BucketPolicy'));
    expect(policy).toContain('"aws:SecureTransport":"false"');
    const bucket = Object.values(template.Resources).find(
      ({ Type }) => Type === 'AWS::S3::Bucket',
    );
    expect(bucket?.DeletionPolicy).toBe('Retain');
  });

  it('expire after a month, but for exports and the files of tables', () => {
    const { LifecycleConfiguration } = only('AWS::S3::Bucket');
    const rules: { Prefix?: string; ExpirationInDays?: number }[] =
      Object(LifecycleConfiguration).Rules;
    const expires = (key: string) =>
      rules.some(
        ({ Prefix, ExpirationInDays: days }) =>
          days === 30 && Prefix !== undefined && key.startsWith(Prefix),
      );
    const { WorkGroupConfiguration } = only('AWS::Athena::WorkGroup');
    const place = plain(Object(WorkGroupConfiguration).ResultConfiguration.OutputLocation);
    expect(place).toBe('s3://<Results>/results/');
    for (const digit of '0123456789abcdef') {
      expect(expires(`results/${digit}1f0c9a3-7d1e-4a3c-9f52-0e2b6d1c8a77.csv`)).toBe(true);
    }
    expect(expires('results/tables/1f0c9a3b-7d1e-4a3c-9f52-0e2b6d1c8a77/part')).toBe(false);
    expect(expires('exports/lightspeed_r/sales/part')).toBe(false);
  });
});

describe('the named queries', () => {
  const queries = () => ofType('AWS::Athena::NamedQuery');
  const named = (name: string): Properties =>
    queries().find(({ Name }) => Name === name) ?? expect.fail(`there is no ${name}`);

  it('are the saved ones of the deployed sources, word for word', () => {
    const saved = loadQueries().filter(({ source }) => source !== 'jsonplaceholder');
    expect(saved.length).toBeGreaterThan(1);
    for (const query of saved) {
      expect(named(query.name)).toMatchObject({
        Database: query.source.replaceAll('-', '_'),
        QueryString: query.sql,
        Description: expect.stringContaining(query.title),
      });
    }
    expect(queries().map(({ Name }) => Name)).not.toContain('jsonplaceholder.engagement');
  });

  it('make Parquet of every stream, as files and as a table', () => {
    const streams = sources.flatMap(({ name, streams }) =>
      streams.map((stream) => `${name}.${stream.name}`),
    );
    for (const stream of streams) {
      const table = `"${stream.replaceAll('-', '_').replace('.', '"."')}"`;
      const folder = stream.replaceAll('-', '_').replace('.', '/');
      expect(plain(named(`${stream} to Parquet files`)['QueryString'])).toBe(
        `UNLOAD (SELECT * FROM ${table})\n` +
          `TO 's3://<Results>/exports/${folder}/'\n` +
          "WITH (format = 'PARQUET', compression = 'ZSTD')",
      );
      // A workgroup that enforces its place refuses a table that names another.
      expect(named(`${stream} to a Parquet table`)['QueryString']).toBe(
        `CREATE TABLE ${table.replace(/"$/, '_parquet"')}\n` +
          `WITH (format = 'PARQUET', write_compression = 'ZSTD')\nAS SELECT * FROM ${table}`,
      );
    }
    expect(queries()).toHaveLength(2 * streams.length + 2);
  });

  it('fit what Athena and CloudFormation take, and wait for their workgroup', () => {
    for (const { Name, Description, QueryString, WorkGroup } of queries()) {
      expect(String(Name).length).toBeLessThanOrEqual(128);
      expect(String(Description).length).toBeLessThanOrEqual(1_024);
      expect(plain(QueryString).length).toBeLessThanOrEqual(262_144);
      expect(WorkGroup).toBe('Driplake');
    }
    expect(new Set(queries().map(({ Name }) => Name)).size).toBe(queries().length);
    expect(Object.keys(template.Resources).length).toBeLessThan(500);
    const waiting = Object.values(template.Resources).filter(
      (resource) => resource.Type === 'AWS::Athena::NamedQuery' && 'DependsOn' in resource,
    );
    expect(waiting).toHaveLength(queries().length);
  });
});

describe('the stack', () => {
  it('tells where to ask', () => {
    expect(Object.keys(template.Outputs).sort()).toEqual([
      'ConsoleUrl',
      'ExportsUrl',
      'QueryCommand',
      'ResultsUrl',
      'WorkgroupName',
    ]);
  });

  it('has no finding that nobody has answered', () => {
    const report = JSON.parse(readFileSync(path.join(outdir, 'validation-report.json'), 'utf8'));
    expect(Object(report).pluginReports).toEqual([]);
  });

  it('is in the app beside the engine, and depends on nothing in it', () => {
    expect(JSON.stringify(template)).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput/);
  });
});
