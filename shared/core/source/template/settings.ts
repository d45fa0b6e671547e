// Puts the owner's settings into the templates of a source: `{accountId}`. A setting without a
// value is a configuration error; JSON and the like in braces is left as it is.

import { DriplakeError, Failure } from '../../failures.ts';
import { fillTemplate, namesIn, type Place } from './template.ts';

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

/**
 * The template with every `{setting}` that the source declares replaced by its value.
 * @param declared the names under `settings` of the source
 * @param place where the text stands; by default a value is put in as it is
 * @throws DriplakeError configuration, when a value is missing, empty, or cannot stand there
 */
export function fillSettings(
  template: string,
  declared: Readonly<Record<string, string>> | undefined,
  values: Readonly<Record<string, string>>,
  place: Place = 'json',
): string {
  const names = namesIn(template).filter((name) => Object.hasOwn(declared ?? {}, name));
  const own = Object.fromEntries(names.map((name) => [name, values[name] ?? '']));
  const filled = fillTemplate(template, own, place);
  if (filled.kind === 'filled') return filled.text;
  const meaning = declared?.[filled.name] ?? '';
  const misfit = values[filled.name] ? `holds ${filled.what}` : 'has no value';
  throw new DriplakeError(
    Failure.configuration,
    `The setting ${filled.name} ${misfit} (${meaning}).`,
    'Give it one in the environment or in the secret of the source.',
  );
}
