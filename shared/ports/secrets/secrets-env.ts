// Secrets on a person's machine: `DRIPLAKE_<SOURCE>_<FIELD>` in the environment or in a `.env`
// file. Rotated tokens are kept in the state folder, readable by their owner only, until the owner
// changes the sign-in that they came from. A file is whole or absent, and a damaged one is never
// ignored.

import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import * as z from 'zod/mini';
import { tokenFields } from '../../core/answer/token.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { variable, variablePrefix } from '../../core/source/variable.ts';
import { makeFolder } from '../lake/folder.ts';
import { complete, type SecretFields, type Secrets, signInOf } from './secrets.ts';

export interface EnvSecretsOptions {
  /** `process.env`; it wins over the file, an empty value counts as none. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the `.env` file; it need not exist. */
  readonly envFile: string;
  /** Folder whose `secrets/` keeps the rotated tokens. */
  readonly stateDir: string;
}

/** `signIn` tells from which clientId and refreshToken of the environment the chain started. */
const storedSchema = z.strictObject({
  signIn: z.string(),
  tokens: z.record(z.string(), z.string()),
});

export function envSecrets({ env, envFile, stateDir }: EnvSecretsOptions): Secrets {
  const given = async (source: string, required: readonly string[]): Promise<SecretFields> =>
    fieldsOf(source, { ...(await readEnvFile(envFile)), ...present(env) }, required);
  const pathOf = (source: string): string => join(stateDir, 'secrets', `${checked(source)}.json`);

  return {
    async read(source, required) {
      const own = await given(source, required);
      const stored = await readStored(pathOf(source));
      const fields = stored?.signIn === signInOf(own) ? { ...own, ...stored.tokens } : own;
      return complete(fields, required, {
        place: `the environment and ${envFile} for ${source}`,
        remedy: (missing) => `Set ${missing.map((name) => variable(source, name)).join(', ')}.`,
      });
    },
    async storeTokens(source, tokens) {
      const own = await given(source, []);
      const stored = await readStored(pathOf(source));
      const before = stored?.signIn === signInOf(own) ? stored.tokens : {};
      const next = { signIn: signInOf(own), tokens: { ...before, ...tokenFields(tokens) } };
      await writeWhole(pathOf(source), `${JSON.stringify(next, null, 2)}\n`);
    },
    named: (source, fields) => fields.map((field) => variable(source, field)).join(', '),
  };
}

const camel = (name: string): string =>
  name.toLowerCase().replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** All variables of the source; those asked for by name keep exactly that name. */
function fieldsOf(
  source: string,
  variables: Readonly<Record<string, string>>,
  required: readonly string[],
): SecretFields {
  const prefix = variablePrefix(source);
  const found = Object.entries(variables)
    .filter(([name]) => name.startsWith(prefix) && name.length > prefix.length)
    .map(([name, value]) => [camel(name.slice(prefix.length)), value]);
  const named = required.flatMap((field) => {
    const value = variables[variable(source, field)];
    return value === undefined ? [] : [[field, value]];
  });
  return Object.fromEntries([...found, ...named]);
}

const present = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );

async function readEnvFile(path: string): Promise<Record<string, string>> {
  const text = await readIfThere(path);
  return text === undefined ? {} : present(parseEnv(text));
}

async function readStored(path: string): Promise<z.infer<typeof storedSchema> | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const parsed = storedSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new DriplakeError(
    Failure.credentials,
    `The stored tokens in ${path} are damaged.`,
    'Delete the file and sign in again, with the new refresh token in the environment.',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new DriplakeError(
      Failure.credentials,
      `${path} cannot be read (${why}).`,
      'Make it readable for you, or remove it.',
      { cause: error },
    );
  }
}

/** The file is the old one or the new one, after a loss of power too. */
async function writeWhole(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder, 0o700);
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A source's name becomes a file's name. */
function checked(source: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(source)) return source;
  throw new Error(`expected the name of a source, got ${JSON.stringify(source)}`);
}
