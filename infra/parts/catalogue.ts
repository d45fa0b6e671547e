// The catalogue stack: where Athena answers, what a query may cost, the queries that come along.
// It names the tables that finished runs make, and needs nothing of the engine: either stack can be
// deployed, changed or deleted without the other.

import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type App, CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Source } from '../../shared/core/source/source.ts';
import type { SavedQuery } from '../../shared/core/table/saved-query.ts';
import { quoteName, quoteText } from '../../shared/core/table/sql-text.ts';
import { tableNames } from '../../shared/core/table/views.ts';
import type { Settings } from '../settings/settings.ts';
import { abandonedUploads, privateBucket } from './storage.ts';

/** Folders of the results bucket: what queries answer, and what exports write. */
const RESULTS_FOLDER = 'results';
const EXPORTS_FOLDER = 'exports';

/** Days after which the answer of a query is deleted: Athena forgets the query itself after 45. */
const RESULT_DAYS = 30;

const BYTES_PER_GIGABYTE = 1_000_000_000;

/** @param queries the saved queries; those of sources that are not deployed are left out */
export function createCatalogue(
  app: App,
  settings: Pick<Settings, 'stack' | 'scanLimitGigabytes'>,
  sources: readonly Source[],
  queries: readonly SavedQuery[],
): Stack {
  const stack = new Stack(app, `${settings.stack}-catalogue`, {
    description: 'Driplake: where Athena answers, and saved queries over the data lake.',
    tags: { application: 'driplake' },
  });
  const results = createResults(stack);
  const workgroup = createWorkgroup(stack, settings, results);
  const exportsUrl = `s3://${results.bucketName}/${EXPORTS_FOLDER}/`;
  const texts = [
    ...queries
      .filter((query) => sources.some((source) => source.name === query.source))
      .map(savedText),
    ...sources.flatMap((source) =>
      source.streams.flatMap((stream) => exportTexts(source.name, stream.name, exportsUrl)),
    ),
  ];
  // Below another construct an id ends in a hash of the whole name: `a.b-c` is not `a-b.c`.
  const scope = new Construct(stack, 'Queries');
  for (const text of texts) createQuery(scope, workgroup, text);

  const first = sources[0];
  const { schema, current } = tableNames({
    source: first?.name ?? '',
    stream: first?.streams[0]?.name ?? '',
  });
  const console = `https://${stack.region}.console.aws.amazon.com/athena/home?region=${stack.region}`;
  const example = `select count(*) from ${schema}.${current}`;
  const outputs = {
    WorkgroupName: ['Choose it in Athena: it has the limits and the queries', workgroup.name],
    ConsoleUrl: ['Saved queries are under "Saved queries"', `${console}#/query-editor`],
    ResultsUrl: [
      `Answers of queries; deleted after ${RESULT_DAYS} days`,
      `s3://${results.bucketName}/${RESULTS_FOLDER}/`,
    ],
    ExportsUrl: ['What the export queries write; kept', exportsUrl],
    QueryCommand: [
      'Asks a question from the shell',
      `aws athena start-query-execution --work-group ${workgroup.name} --query-string "${example}"`,
    ],
  } as const;
  for (const [name, [description, value]] of Object.entries(outputs)) {
    new CfnOutput(stack, name, { description, value });
  }
  return stack;
}

/**
 * Answers are named by their query's id, a UUID, which begins with one of sixteen digits. The rules
 * name these, since CREATE TABLE AS writes below `tables/` beside them: a table would go on
 * standing in the catalogue, empty, when its files had expired.
 */
function createResults(stack: Stack): Bucket {
  const results = new Bucket(stack, 'Results', {
    ...privateBucket,
    lifecycleRules: [
      abandonedUploads,
      ...[...'0123456789abcdef', 'Unsaved/'].map((start) => ({
        id: `answers-${start.replace('/', '')}`,
        prefix: `${RESULTS_FOLDER}/${start}`,
        expiration: Duration.days(RESULT_DAYS),
      })),
    ],
  });
  Validations.of(results).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs would outlive the answers that they are about. Athena keeps its own history ' +
      'of who asked what; CloudTrail data events name the readers of the objects.',
  });
  return results;
}

/** Its settings win over those of whoever asks, so that no answer lands elsewhere or in clear. */
function createWorkgroup(
  stack: Stack,
  settings: Pick<Settings, 'stack' | 'scanLimitGigabytes'>,
  results: Bucket,
): CfnWorkGroup {
  return new CfnWorkGroup(stack, 'Workgroup', {
    name: settings.stack,
    description: 'Queries over the tables of Driplake',
    state: 'ENABLED',
    // It goes with its history and its queries, which the sources bring along again.
    recursiveDeleteOption: true,
    workGroupConfiguration: {
      enforceWorkGroupConfiguration: true,
      publishCloudWatchMetricsEnabled: true,
      requesterPaysEnabled: false,
      bytesScannedCutoffPerQuery: Math.round(settings.scanLimitGigabytes * BYTES_PER_GIGABYTE),
      engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
      resultConfiguration: {
        outputLocation: `s3://${results.bucketName}/${RESULTS_FOLDER}/`,
        expectedBucketOwner: stack.account,
        encryptionConfiguration: { encryptionOption: 'SSE_S3' },
      },
    },
  });
}

interface QueryText {
  /** As the console lists it; unique. */
  readonly name: string;
  readonly description: string;
  readonly database: string;
  readonly sql: string;
}

const savedText = (query: SavedQuery): QueryText => ({
  name: query.name,
  description: [`${query.title}.`, query.description].join(' ').trim(),
  database: tableNames({ source: query.source, stream: '' }).schema,
  sql: query.sql,
});

/** Two ways to make Parquet of a stream's current rows: files for others, a table for Athena. */
function exportTexts(source: string, stream: string, exportsUrl: string): QueryText[] {
  const { schema, current } = tableNames({ source, stream });
  const rows = `SELECT * FROM ${quoteName(schema)}.${quoteName(current)}`;
  const folder = `${exportsUrl}${schema}/${current}/`;
  const copy = `${quoteName(schema)}.${quoteName(`${current}_parquet`)}`;
  return [
    {
      name: `${source}.${stream} to Parquet files`,
      description:
        `Writes the current rows below exports/${schema}/${current}/ of the results bucket, where ` +
        'they stay. The folder must be empty: name another one for the next export.',
      database: schema,
      sql:
        `UNLOAD (${rows})\nTO ${quoteText(folder)}\n` +
        "WITH (format = 'PARQUET', compression = 'ZSTD')",
    },
    {
      name: `${source}.${stream} to a Parquet table`,
      description:
        `Makes the table ${current}_parquet of the current rows as they are now; Athena reads it ` +
        'faster and for less. Its files are below results/tables/ of the results bucket and stay: ' +
        'for a newer copy, DROP TABLE, delete them, and run this again.',
      database: schema,
      sql:
        `CREATE TABLE ${copy}\n` +
        `WITH (format = 'PARQUET', write_compression = 'ZSTD')\nAS ${rows}`,
    },
  ];
}

function createQuery(scope: Construct, workgroup: CfnWorkGroup, text: QueryText): void {
  const query = new CfnNamedQuery(scope, text.name, {
    name: text.name,
    description: text.description,
    database: text.database,
    queryString: text.sql,
    workGroup: workgroup.name,
  });
  // The name is text that creates no order by itself.
  query.addResourceDependency(workgroup);
}
