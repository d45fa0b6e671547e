// What `run`, `check` and `plan` begin with: the source that was named, the streams asked for, the
// demo's service when it is the demo, and a connection whose credentials are all there. Everything
// that can be wrong with the command is found here, before anything is asked of the API.

import type { Environment } from '../../functions/read-source.ts';
import { secretFields } from '../../shared/core/source/credentials/credential-kinds.ts';
import type { Source } from '../../shared/core/source/source.ts';
import type { Journal } from '../../shared/ports/journal.ts';
import { checkStreams, findSource } from '../source/find-source.ts';
import { connectLocal, type LocalConnection } from './connect.ts';
import { demoFor } from './demo-service.ts';

export interface OpenOptions {
  /** A name, or the path of a source file. */
  readonly source: string;
  readonly streams: readonly string[];
  /** Where batches land; commands that land none leave it out. */
  readonly lakeDir?: string;
  readonly stateDir: string;
  readonly journal: Journal;
  readonly env: Environment;
  readonly signal?: AbortSignal;
}

/**
 * Uses a source and closes what was opened for it, whatever happens.
 * @throws DriplakeError configuration or credentials, when the command can't begin
 */
export async function withSource<Answer>(
  options: OpenOptions,
  use: (source: Source, connection: LocalConnection) => Promise<Answer>,
): Promise<Answer> {
  checkStreams(await findSource(options.source, options.env), options.streams);
  const demo = await demoFor(options.source, options.env);
  try {
    const env = { ...options.env, ...demo?.env };
    const source = await findSource(options.source, env);
    const sources = new Map([[source.name, source]]);
    const connection = await connectLocal({ lakeDir: 'lake', ...options, env, sources });
    try {
      await requireSecrets(connection, source);
      return await use(source, connection);
    } finally {
      await connection.close();
    }
  } finally {
    await demo?.close();
  }
}

/** All fields that the source needs, or an error that names every missing one. */
const requireSecrets = (connection: LocalConnection, source: Source): Promise<unknown> =>
  connection.ports.secrets.read(source.name, secretFields(source));
