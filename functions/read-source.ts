// Finds a source by its name among the files of `sources/`. The bundler sees the pattern of the
// import and takes all of them along.

import { DriplakeError, explain, Failure } from '../shared/core/failures.ts';
import { readSource, type Source } from '../shared/core/source/source.ts';
import { variable } from '../shared/core/source/variable.ts';
import { isName } from '../shared/core/table/keys.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The source in `sources/<name>.ts`.
 * @throws DriplakeError configuration: no such source, or every fault of its file
 */
export async function sourceNamed(name: string): Promise<Source> {
  const unknown = new DriplakeError(
    Failure.configuration,
    `There is no source ${JSON.stringify(name)}.`,
    'List them with `driplake sources`, or give the path of a source file.',
  );
  if (!isName(name)) throw unknown;
  let module: { default?: unknown };
  try {
    module = await import(`../sources/${name}.ts`);
  } catch (error) {
    if (error instanceof Error && isMissing(error, name)) throw unknown;
    throw new DriplakeError(
      Failure.configuration,
      `sources/${name}.ts can't be read: ${explain(error)}.`,
      'It must be a module whose default export is a source.',
      { cause: error },
    );
  }
  return readSource(module.default, `sources/${name}.ts`);
}

/** `DRIPLAKE_<SOURCE>_BASE_URL` sends a source elsewhere: to a test server, a proxy, a sandbox. */
export function withBaseUrl(source: Source, env: Environment): Source {
  const baseUrl = env[variable(source.name, 'baseUrl')];
  return baseUrl ? readSource({ ...source, baseUrl }, variable(source.name, 'baseUrl')) : source;
}

/** Node says so with a code, the bundler's glob with a message; a file may lack its imports too. */
const isMissing = (error: Error, name: string): boolean =>
  ('code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.split(' imported from ')[0]?.includes(`sources/${name}.ts`) === true) ||
  error.message.startsWith('Module not found in bundle');
