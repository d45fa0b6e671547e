// Puts the owner's settings into the templates of a source: `{accountId}`. A setting without a
// value is a configuration error; JSON and the like in braces is left as it is.

import { DriplakeError, Failure } from '../../failures.ts';
import { printable } from '../../faults.ts';
import { fillTemplate, namesIn, type Place, type Values } from './template.ts';

/**
 * What stands in braces and is meant to be a setting. In a `url` that is everything but JSON; in a
 * `text` what looks like a name and does not stand right behind one, as in `comments{message}`; of
 * a text that has a language of its own, such as GraphQL, only the `whole` can be one.
 */
export const inBraces = (template: string, where: 'url' | 'text' | 'whole'): string[] =>
  [...template.matchAll(BRACES[where])].map(([, name = '']) => name);

const BRACES = {
  url: /\{([^{}\s"']*)\}/g,
  text: /(?<![\w)\]])\{([\w.-]+)\}/g,
  whole: /^\{([\w.-]+)\}$/g,
} as const;

/** What stands in braces: settings of a source, and what else a text may name. */
export interface Names {
  /** The names under `settings` of the source. */
  readonly declared: Readonly<Record<string, string>> | undefined;
  readonly settings: Values;
  /** Values of the partition that is walked, as plain text. */
  readonly partition?: Values;
}

/**
 * The template with every `{setting}` that the source declares replaced by its value, and every
 * name of the partition by its own.
 * @param place where the text stands; by default a value is put in as it is
 * @throws DriplakeError configuration, when a value is missing, empty, or cannot stand there
 */
export function fillNames(template: string, names: Names, place: Place = 'json'): string {
  const { declared = {}, settings, partition } = names;
  const owners = namesIn(template).filter((name) => Object.hasOwn(declared, name));
  const own = Object.fromEntries(owners.map((name) => [name, settings[name] ?? '']));
  const filled = fillTemplate(template, { ...partition, ...own }, place);
  if (filled.kind === 'filled') return filled.text;
  const { name, what } = filled;
  if (!Object.hasOwn(own, name)) {
    throw new DriplakeError(
      Failure.configuration,
      `The value of {${name}} holds ${what}: ${quote(partition?.[name])} in ${quote(template)}.`,
      'Look at what the parent or the list gives, and leave such values out with where.',
    );
  }
  const misfit = settings[name] ? `holds ${what}` : 'has no value';
  throw new DriplakeError(
    Failure.configuration,
    `The setting ${name} ${misfit} (${declared[name] ?? ''}).`,
    'Give it one in the environment or in the secret of the source.',
  );
}

/** The same where there are settings alone. */
export const fillSettings = (
  template: string,
  declared: Names['declared'],
  settings: Values,
  place: Place = 'json',
): string => fillNames(template, { declared, settings }, place);

const quote = (text = ''): string => printable(JSON.stringify(text));
