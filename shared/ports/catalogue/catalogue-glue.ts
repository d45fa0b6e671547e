// The catalogue in AWS Glue, where Athena finds its tables. Tables change under their version
// (optimistic locking), so that nobody overwrites what another has published; a table that is not
// ours is never touched.

import {
  AlreadyExistsException,
  BatchUpdatePartitionCommand,
  ConcurrentModificationException,
  CreateDatabaseCommand,
  CreatePartitionCommand,
  CreateTableCommand,
  EntityNotFoundException,
  GetTableCommand,
  type GlueClient,
  GlueServiceException,
  type Table,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { CONTENTION_ATTEMPTS } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import {
  currentView,
  type GlueTable,
  glueNames,
  historyPartition,
  historyTable,
  MARK,
  readMark,
} from '../../core/table/glue-table.ts';
import {
  type PublishedRun,
  type PublishedTable,
  publishInto,
} from '../../core/table/published-table.ts';
import type { TableModel } from '../../core/table/views.ts';
import type { Catalogue } from './catalogue.ts';

type PublishedFolder = Pick<PublishedRun, 'runId' | 'date' | 'prefix'>;

type Stream = Pick<TableModel, 'source' | 'stream'>;

/** @param place of the lake, `s3://bucket/prefix` */
export function glueCatalogue(client: GlueClient, place: string): Catalogue {
  const glue: Glue = { client, tables: tablesOf(client), place };
  /** The history table as it tells of itself; absent before the first run. */
  const historyOf = async (stream: Stream): Promise<PublishedTable | undefined> => {
    const { schema, history } = glueNames(stream);
    const standing = await glue.tables.get(schema, history);
    return standing && marked(schema, standing);
  };
  return {
    publishRun: (model, run) =>
      told(model, async () => {
        const { model: standing } = await widen(glue, model, run);
        await addPartition(glue, standing, run);
        await turnView(glue, model);
      }),
    shownRuns: (stream) =>
      told(stream, async () => {
        const table = await historyOf(stream);
        return table ? { kind: 'upTo', runId: table.runId } : { kind: 'none' };
      }),
    moveRun: (stream, run) =>
      told(stream, async () => {
        const table = await historyOf(stream);
        if (!table) return;
        const isNew = await addPartition(glue, table.model, run);
        if (!isNew) await movePartition(glue, table.model, run);
      }),
  };
}

interface Glue {
  readonly client: GlueClient;
  readonly tables: ReturnType<typeof tablesOf>;
  readonly place: string;
}

/** Creates the history table, or adds to it what the run brings. */
async function widen(glue: Glue, model: TableModel, run: PublishedRun): Promise<PublishedTable> {
  const { schema, history } = glueNames(model);
  for (let attempt = 1; attempt <= CONTENTION_ATTEMPTS; attempt++) {
    const standing = await glue.tables.get(schema, history);
    const before = standing && marked(schema, standing);
    const table = publishInto(before, model, run);
    if (await glue.tables.put(schema, standing, historyTable(table, glue.place))) return table;
  }
  throw contended(schema, history);
}

/**
 * The view follows the history table as it stands after the view was read, so nobody who is late
 * turns it back.
 */
async function turnView({ tables }: Glue, stream: Stream): Promise<void> {
  const { schema, current, history } = glueNames(stream);
  for (let attempt = 1; attempt <= CONTENTION_ATTEMPTS; attempt++) {
    const view = await tables.get(schema, current);
    if (view && view.Parameters?.[MARK] === undefined) throw othersTable(schema, current);
    const standing = await tables.get(schema, history);
    // Somebody has dropped it since: the next run publishes anew.
    if (!standing) return;
    if (await tables.put(schema, view, currentView(marked(schema, standing)))) return;
  }
  throw contended(schema, current);
}

/** @returns false when the run has a partition already, which stays */
function addPartition(
  { client, place }: Glue,
  model: TableModel,
  run: PublishedFolder,
): Promise<boolean> {
  const { schema, history } = glueNames(model);
  const create = new CreatePartitionCommand({
    DatabaseName: schema,
    TableName: history,
    PartitionInput: historyPartition(model.columns, run, place),
  });
  return sent(client.send(create), AlreadyExistsException);
}

async function movePartition({ client, place }: Glue, model: TableModel, run: PublishedFolder) {
  const { schema, history } = glueNames(model);
  const entry = {
    PartitionValueList: [run.date, run.runId],
    PartitionInput: historyPartition(model.columns, run, place),
  };
  const { Errors = [] } = await client.send(
    new BatchUpdatePartitionCommand({
      DatabaseName: schema,
      TableName: history,
      Entries: [entry],
    }),
  );
  const [fault] = Errors;
  if (!fault) return;
  const { ErrorCode = 'unknown', ErrorMessage = '' } = fault.ErrorDetail ?? {};
  throw Object.assign(new Error(ErrorMessage), { name: ErrorCode });
}

function tablesOf(client: GlueClient) {
  const get = async (schema: string, name: string): Promise<Table | undefined> => {
    try {
      const answer = await client.send(new GetTableCommand({ DatabaseName: schema, Name: name }));
      return answer.Table;
    } catch (error) {
      if (error instanceof EntityNotFoundException) return undefined;
      throw error;
    }
  };

  /** Whether it is ours; the database is made when it is missing. */
  async function create(schema: string, table: GlueTable): Promise<boolean> {
    const command = new CreateTableCommand({ DatabaseName: schema, TableInput: table });
    try {
      return await sent(client.send(command), AlreadyExistsException);
    } catch (error) {
      if (!(error instanceof EntityNotFoundException)) throw error;
      const Description = 'Driplake: the streams of one source.';
      const database = { DatabaseInput: { Name: schema, Description } };
      await sent(client.send(new CreateDatabaseCommand(database)), AlreadyExistsException);
      return false;
    }
  }

  return {
    get,
    /** Writes a table where `standing` stands; false when something else stands there by now. */
    async put(schema: string, standing: Table | undefined, table: GlueTable): Promise<boolean> {
      if (!standing) return create(schema, table);
      if (isSame(standing, table)) return true;
      const update = new UpdateTableCommand({
        DatabaseName: schema,
        TableInput: table,
        ...(standing.VersionId === undefined ? {} : { VersionId: standing.VersionId }),
        // Each run would leave a version behind, and Glue counts them.
        SkipArchive: true,
      });
      return sent(client.send(update), ConcurrentModificationException);
    },
  };
}

/** The mark tells all of a history table, the text and the columns all of a view. */
const isSame = (standing: Table, { Parameters, ViewOriginalText }: GlueTable): boolean =>
  standing.Parameters?.[MARK] === Parameters[MARK] &&
  (standing.ViewOriginalText ?? '') === (ViewOriginalText ?? '');

/** True when a request went through, false for the one answer that says: another was faster. */
async function sent(
  request: Promise<unknown>,
  lost: typeof AlreadyExistsException | typeof ConcurrentModificationException,
): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof lost) return false;
    throw error;
  }
}

function marked(schema: string, table: Table): PublishedTable {
  const read = readMark(table.Parameters?.[MARK]);
  if (read) return read;
  throw othersTable(schema, table.Name ?? '');
}

const othersTable = (schema: string, table: string): DriplakeError =>
  new DriplakeError(
    Failure.catalogue,
    `Glue has a table ${schema}.${table} that Driplake did not make.`,
    'Rename it or drop it, then run again: the run is kept, and is published then.',
  );

const contended = (schema: string, table: string): DriplakeError =>
  new DriplakeError(
    Failure.catalogue,
    `The table ${schema}.${table} was changed by others ${CONTENTION_ATTEMPTS} times in a row.`,
    'Let nothing else write it, then run again.',
  );

const REMEDIES: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'Allow the function to use Glue (with Lake Formation: grant its role CREATE_TABLE, ALTER and ' +
    'DATA_LOCATION_ACCESS), or deploy with `-c catalogue=none`.',
  InvalidInputException: 'See the message of Glue; `schema.json` in the lake has the columns.',
  ValidationException: 'See the message of Glue; `schema.json` in the lake has the columns.',
  ResourceNumberLimitExceededException: 'Ask AWS for a higher quota of Glue tables or partitions.',
  GlueEncryptionException: 'Allow the function to use the key that encrypts the catalogue.',
};

/** What only a person can mend is told with its remedy; the rest is tried again by the machine. */
async function told<Answer>(stream: Stream, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    const remedy = error instanceof GlueServiceException ? REMEDIES[error.name] : undefined;
    if (remedy === undefined || !(error instanceof Error)) throw error;
    throw new DriplakeError(
      Failure.catalogue,
      `Glue refused the tables of ${stream.source}/${stream.stream}: ${error.name}: ${error.message.split('\n', 1)[0]}.`,
      `${remedy} Then run again: the run is kept, and is published then.`,
      { cause: error },
    );
  }
}
