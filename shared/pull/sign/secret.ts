// The secret of a source: its fields as they are or were last, every credential that was ever read
// from it, and which of its values stand in requests.

import { redactor } from '../../core/answer/redact.ts';
import { CREDENTIAL_CHARS } from '../../core/bounds.ts';
import { secretFields, secretNames } from '../../core/source/credentials/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import { namesIn } from '../../core/source/template/template.ts';
import { textsOf } from '../../core/source/template/texts.ts';
import type { SecretFields, Secrets } from '../../ports/secrets/secrets.ts';

export interface SecretReader {
  /** Values that `redact` hides from now on. */
  learn(values: readonly string[]): void;
  /** As it is now. */
  read(): Promise<SecretFields>;
  /** As it was read last. */
  fields(): Promise<SecretFields>;
  /** The same, nothing before the first time. */
  known(): SecretFields;
  redact(text: string): string;
  /** Whether a credential that was ever read stands in these bytes. */
  isIn(bytes: Uint8Array): boolean;
}

/** The secret of a source, and every credential that was ever read from it. */
export function secretReader(source: Source, secrets: Secrets): SecretReader {
  const required = secretFields(source);
  /** With the token that the sign-in turned into. */
  const masked = [...secretNames(source), 'accessToken'];
  const seen = new Set<string>();
  let mask = redactor([]);
  let needles: readonly string[] = [];
  let known: SecretFields | undefined;
  const learn = (values: readonly string[]): void => {
    const before = seen.size;
    for (const value of values) seen.add(value);
    if (seen.size === before) return;
    mask = redactor([...seen]);
    needles = [...new Set([...seen].filter(isLong).flatMap((one) => [one, inJson(one)]))];
  };
  const read = async (): Promise<SecretFields> => {
    const fields = required.length === 0 ? {} : await secrets.read(source.name, required);
    learn(masked.flatMap((name) => fields[name] ?? []));
    known = fields;
    return fields;
  };
  return {
    learn,
    read,
    fields: async () => known ?? read(),
    known: () => known ?? {},
    redact: (text) => mask(text),
    isIn(bytes) {
      const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return needles.some((needle) => whole.includes(needle));
    },
  };
}

/** Secrets that requests name, by which they are written. */
export function namedSecrets({ secrets = {}, credentials, headers, streams }: Source): string[] {
  const format = { format: '', ...credentials }.format;
  const named = new Set(
    [...textsOf({ headers, streams, format }, '')].flatMap(([, text]) => namesIn(text)),
  );
  return Object.keys(secrets).filter((name) => named.has(name));
}

/** Shorter values stand in rows by chance. */
const isLong = (value: string): boolean => value.length >= CREDENTIAL_CHARS;

const inJson = (value: string): string => JSON.stringify(value).slice(1, -1);

export const pickFields = (
  fields: SecretFields,
  names: readonly string[],
): Record<string, string> => Object.fromEntries(names.map((name) => [name, fields[name] ?? '']));

/** A URL with the secrets in its path as their names in braces. */
export function unfilled(url: string, fields: SecretFields, names: readonly string[]): string {
  const mark = url.search(/[?#]/);
  const [path, rest] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark)];
  const named = names.reduce((text, name) => {
    const value = (fields[name] ?? '').toWellFormed();
    if (value === '') return text;
    const encoded = encodeURIComponent(value);
    const lower = encoded.replaceAll(/%../g, (triplet) => triplet.toLowerCase());
    return [encoded, lower, value].reduce(
      (at, form) => at.replaceAll(form, () => `{${name}}`),
      text,
    );
  }, path);
  return named + rest;
}
