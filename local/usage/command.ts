// A command as an object: its name, what it takes and what it does, in one declaration. The types
// of its options come from how they are declared. `commander` parses; nothing else knows of it.

import { type Command, InvalidArgumentError, Option } from 'commander';

/** An option; its name is its key: `fullRefresh` is `--full-refresh`. Without `takes` it is a flag. */
export interface OptionSpec {
  readonly about: string;
  /** `-s` */
  readonly short?: string;
  /** What follows it: `<name>`. */
  readonly takes?: string;
  /** The words that may follow. */
  readonly among?: readonly string[];
  /** Given once for each value: a list would swallow the argument that may follow it. */
  readonly repeated?: true;
  /** Makes a value of the text. @throws `wrongValue` */
  readonly read?: (text: string) => unknown;
  readonly default?: unknown;
  /** The variable that stands for it where it is not given. */
  readonly env?: string;
  readonly required?: true;
  /** Key of the option that it can't stand beside. */
  readonly conflicts?: string;
}

type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type Value<Spec> = Spec extends { readonly repeated: true }
  ? readonly string[]
  : Spec extends { readonly read: (text: string) => infer Read }
    ? Read
    : Spec extends { readonly among: readonly (infer Choice)[] }
      ? Choice
      : Spec extends { readonly takes: string }
        ? string
        : true;

/** An option that a handler always has. */
type Always = { readonly default: unknown } | { readonly required: true };

/** What a handler gets of these options. */
export type OptionsOf<Specs> = {
  readonly [Key in keyof Specs as Specs[Key] extends Always ? Key : never]: Value<Specs[Key]>;
} & {
  readonly [Key in keyof Specs as Specs[Key] extends Always ? never : Key]?: Value<Specs[Key]>;
};

type ArgumentOf<Name> = Name extends `<${string}>` ? string : string | undefined;

interface CommandSpec<Specs, Name> {
  readonly name: string;
  /** One line of `driplake --help`. */
  readonly summary: string;
  /** `<source>` must be given, `[sql]` may be. */
  readonly argument?: { readonly name: Name; readonly about: string };
  /** In the order of the help. */
  readonly options: Specs;
  /** Paragraphs below the options. */
  readonly notes?: readonly string[];
  /**
   * Does it. What takes long to load is imported in here: the help of one command does not wait
   * for the tools of another.
   * @returns the exit code, where it is not 0
   * @throws UsageError for what the options together do not say
   */
  readonly handler: (
    options: OptionsOf<Specs>,
    argument: ArgumentOf<Name>,
  ) => Promise<number> | Promise<void>;
}

export interface DriplakeCommand {
  readonly name: string;
  addTo(driplake: Command): void;
}

/** Wrong usage, told like what the parser finds itself. */
export class UsageError extends Error {}

/** What `read` throws: `argument '' is invalid. It is empty.` */
export const wrongValue = (why: string): Error => new InvalidArgumentError(why);

export const command = <const Specs extends OptionSpecs, const Name extends string = never>(
  spec: CommandSpec<Specs, Name>,
): DriplakeCommand => ({
  name: spec.name,
  addTo(driplake) {
    const { argument, notes = [] } = spec;
    const added = driplake.command(spec.name).description(spec.summary);
    if (argument) added.argument(argument.name, argument.about);
    for (const [key, option] of Object.entries(spec.options)) {
      added.addOption(optionOf(key, option));
    }
    for (const note of notes) added.addHelpText('after', `\n${note}`);
    added.action(async () => {
      try {
        const code = await spec.handler(added.opts(), added.processedArgs[0]);
        if (typeof code === 'number') process.exitCode = code;
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        added.error(`error: ${error.message}`);
      }
    });
  },
});

function optionOf(key: string, spec: OptionSpec): Option {
  const long = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const flags = [spec.short, long].filter(Boolean).join(', ');
  const option = new Option([flags, spec.takes].filter(Boolean).join(' '), spec.about);
  if (spec.among) option.choices(spec.among);
  if (spec.read) option.argParser(spec.read);
  if (spec.repeated) option.argParser(collect);
  if (spec.default !== undefined) option.default(spec.default);
  if (spec.env !== undefined) option.env(spec.env);
  if (spec.conflicts !== undefined) option.conflicts(spec.conflicts);
  return option.makeOptionMandatory(spec.required === true);
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];
