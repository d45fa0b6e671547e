import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTemplates } from '../../infra/checks.ts';
import { createCatalogue } from '../../infra/parts/catalogue.ts';
import { createSecrets } from '../../infra/parts/secrets.ts';
import { readSource, type Source } from '../../shared/core/source/source.ts';
import { synthesise } from './synthesise.ts';

const sourceOf = (name: string, streams: readonly string[], more: object = {}): Source => {
  const fields = { records: { path: '' }, pagination: { kind: 'single' } };
  return readSource(
    {
      name,
      baseUrl: 'https://api.example',
      streams: streams.map((stream) => ({ name: stream, path: stream, ...fields })),
      ...more,
    },
    name,
  );
};

let outdir: string;
let app: App;
beforeEach(() => {
  outdir = mkdtempSync(path.join(tmpdir(), 'driplake-synth-'));
  app = new App({ outdir, analyticsReporting: false });
});
afterEach(() => rmSync(outdir, { recursive: true }));

/** A property of all resources of a type. */
function each(type: string, property: string): unknown[] {
  const [stack] = app.synth().stacks;
  return Object.values(Object(stack?.template.Resources))
    .map(Object)
    .flatMap(({ Type, Properties }) => (Type === type ? [Properties[property]] : []));
}

const catalogueOf = (sources: readonly Source[]): Stack =>
  createCatalogue(app, { stack: 'Driplake', scanLimitGigabytes: 1 }, sources, []);

describe('names that are alike but for a hyphen', () => {
  it('are two schedules, whichever source has several', () => {
    const hourly = 'rate(1 hour)';
    const schedules = { shop: [hourly, hourly], 'shop-2': hourly, compaction: hourly };
    const sources = ['open', ...Object.keys(schedules)];
    const engine = synthesise({ context: { sources, schedules } });
    engine.remove();
    const names = Object.values(engine.template.Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::Scheduler::Schedule' ? [Properties['Name']] : [],
    );
    expect(names.sort()).toEqual(['_compaction', 'compaction', 'shop', 'shop-2', 'shop.2']);
  });

  it('are two secrets', () => {
    const credentials = { kind: 'bearer' };
    const sources = ['shop1', 'shop-1'].map((name) => sourceOf(name, ['a'], { credentials }));
    createSecrets(new Stack(app, 'Driplake'), sources, 'driplake/');
    const names = each('AWS::SecretsManager::Secret', 'Name');
    expect(names).toEqual(['driplake/shop1', 'driplake/shop-1']);
  });

  it('are queries of their own', () => {
    catalogueOf([sourceOf('a', ['b-c', 'bc']), sourceOf('a-b', ['c'])]);
    const names = each('AWS::Athena::NamedQuery', 'Name').map(String);
    expect(names.filter((name) => name.endsWith(' to Parquet files'))).toEqual([
      'a.b-c to Parquet files',
      'a.bc to Parquet files',
      'a-b.c to Parquet files',
    ]);
  });
});

describe('a stack of more resources than CloudFormation takes', () => {
  it('is refused with the settings that make it smaller', () => {
    const streams = Array.from({ length: 100 }, (_, index) => `stream-${index}`);
    catalogueOf(['a', 'b', 'c'].map((name) => sourceOf(name, streams)));
    expect(() => writeTemplates(app)).toThrow(
      expect.objectContaining({
        name: 'Driplake.Configuration',
        message: expect.stringMatching(
          /'Driplake-catalogue': 603 .* of 500: .*NamedQuery \(600\)/,
        ),
        remedy: 'Deploy fewer sources together: divide them (sources) among deployments (stack).',
      }),
    );
  });
});
