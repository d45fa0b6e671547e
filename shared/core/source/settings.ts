// Puts the owner's settings into the templates of a source: `{accountId}`. A setting without a
// value is a configuration error; JSON and the like in braces is left as it is.

import { DriplakeError, Failure } from '../failures.ts';

const SETTING = /\{(\w+)\}/g;

/** Names in braces, whether they are declared or not. */
export const settingsIn = (template: string): string[] =>
  [...template.matchAll(SETTING)].map(([, name = '']) => name);

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
 * @param encode how a value is written: `encodeURIComponent` in URLs, as it is elsewhere
 * @throws DriplakeError configuration, when a value is missing or empty
 */
export function fillSettings(
  template: string,
  declared: Readonly<Record<string, string>> | undefined,
  values: Readonly<Record<string, string>>,
  encode: (value: string) => string = (value) => value,
): string {
  return template.replaceAll(SETTING, (braces, name: string) => {
    const meaning = declared?.[name];
    if (meaning === undefined) return braces;
    const value = values[name];
    if (value) return encode(value);
    throw new DriplakeError(
      Failure.configuration,
      `The setting ${name} has no value (${meaning}).`,
      'Give it one in the environment or in the secret of the source.',
    );
  });
}
