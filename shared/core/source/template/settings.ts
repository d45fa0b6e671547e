// Puts the owner's settings and secrets into the templates of a source: `{accountId}`. A setting
// without a value is a configuration error; JSON and the like in braces is left as it is.

import { DriplakeError, Failure } from '../../failures.ts';
import { printable } from '../../faults.ts';
import { fillTemplate, namesIn, type Place, type Values } from './template.ts';

/**
 * What stands in braces and is meant to be a setting, with the blanks around it, which no name
 * has. In a `url` that is everything but JSON; in a
 * `text` what looks like a name and does not stand right behind one, as in `comments{message}`; of
 * a text that has a language of its own, such as GraphQL, only the `whole` can be one.
 */
export const inBraces = (template: string, where: 'url' | 'text' | 'whole'): string[] =>
  [...template.matchAll(BRACES[where])].map(([, name = '']) => name);

const BRACES = {
  url: /\{(\s*[^{}\s"']*\s*)\}/g,
  text: /(?<![\w)\]])\{([\w.-]+)\}/g,
  whole: /^\{([\w.-]+)\}$/g,
} as const;

/** What a source declares that its texts may name. */
export interface Declared {
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

/** What stands in braces: settings and secrets of a source, and what else a text may name. */
export interface Names {
  readonly source: Declared;
  /** Of settings and secrets. */
  readonly values: Values;
  /** Values of the partition that is walked, as plain text. */
  readonly partition?: Values;
}

/**
 * The template with every setting and secret that the source declares replaced by its value, and
 * every name of the partition by its own. A secret without a value stays in its braces: who asks
 * for an address is not told of it.
 * @param place where the text stands; by default a value is put in as it is
 * @throws DriplakeError configuration, when a setting has no value; or when one cannot stand there,
 * credentials when that is a secret
 */
export function fillNames(template: string, names: Names, place: Place = 'json'): string {
  const { source, values, partition } = names;
  const { settings = {}, secrets = {} } = source;
  const own = namesIn(template).flatMap((name): (readonly [string, string])[] => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (Object.hasOwn(settings, name)) return [[name, value ?? '']];
    return Object.hasOwn(secrets, name) && value !== undefined ? [[name, value]] : [];
  });
  const filled = fillTemplate(template, { ...partition, ...Object.fromEntries(own) }, place);
  if (filled.kind === 'filled') return filled.text;
  const { name, what } = filled;
  if (!own.some(([one]) => one === name)) {
    throw new DriplakeError(
      Failure.configuration,
      `The value of {${name}} holds ${what}: ${quote(partition?.[name])} in ${quote(template)}.`,
      'Look at what the parent or the list gives, and leave such values out with where.',
    );
  }
  const isSecret = !Object.hasOwn(settings, name);
  const meaning = (isSecret ? secrets : settings)[name] ?? '';
  const misfit = values[name] ? `holds ${what}` : 'has no value';
  throw new DriplakeError(
    isSecret ? Failure.credentials : Failure.configuration,
    `The ${isSecret ? 'secret' : 'setting'} ${name} ${misfit} (${meaning}).`,
    'Give it one in the environment or in the secret of the source.',
  );
}

/** The same where there is no partition. */
export const fillSettings = (
  template: string,
  source: Declared,
  values: Values,
  place: Place = 'json',
): string => fillNames(template, { source, values }, place);

const quote = (text = ''): string => printable(JSON.stringify(text));
