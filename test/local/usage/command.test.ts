import { Command } from 'commander';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { command, type OptionsOf, UsageError, wrongValue } from '../../../local/usage/command.ts';

const options = {
  fullRefresh: { about: 'all again', conflicts: 'since' },
  since: { takes: '<time>', about: 'from then on' },
  stream: { short: '-s', takes: '<name>', about: 'only this', repeated: true },
  format: { takes: '<format>', about: 'how', among: ['csv', 'json'], default: 'csv' },
  limit: { takes: '<count>', about: 'how many', read: countOf, required: true },
} as const;
type Options = OptionsOf<typeof options>;

function countOf(text: string): number {
  if (!/^\d+$/.test(text)) throw wrongValue('It is no number.');
  return Number(text);
}

/** What the handler of a command with these options was given, and what was said on stderr. */
async function parse(...args: string[]): Promise<{ given: unknown[]; said: string }> {
  const given: unknown[] = [];
  const said: string[] = [];
  const program = new Command('driplake')
    .exitOverride()
    .configureOutput({ writeErr: (text) => void said.push(text) });
  command({
    name: 'count',
    summary: 'Counts.',
    argument: { name: '[what]', about: 'what is counted' },
    options,
    async handler(asked, what) {
      expectTypeOf(what).toEqualTypeOf<string | undefined>();
      if (what === 'nothing') throw new UsageError('nothing is not counted');
      given.push(what, asked);
    },
  }).addTo(program);
  await program.parseAsync(['count', ...args], { from: 'user' }).catch(() => undefined);
  return { given, said: said.join('') };
}

describe('a command', () => {
  it('has the types of its options from how they are declared', () => {
    expectTypeOf<Options['fullRefresh']>().toEqualTypeOf<true | undefined>();
    expectTypeOf<Options['since']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Options['stream']>().toEqualTypeOf<readonly string[] | undefined>();
    expectTypeOf<Options['format']>().toEqualTypeOf<'csv' | 'json'>();
    expectTypeOf<Options['limit']>().toEqualTypeOf<number>();
    expectTypeOf<Options>().not.toHaveProperty('lake');
  });

  it('gives its handler what was asked, under the names of the declaration', async () => {
    const { given } = await parse('rows', '-s', 'a', '--stream', 'b', '--limit', '3');
    expect(given).toEqual(['rows', { stream: ['a', 'b'], format: 'csv', limit: 3 }]);
    const bare = await parse('--limit', '0', '--full-refresh', '--format', 'json');
    expect(bare.given).toEqual([undefined, { fullRefresh: true, format: 'json', limit: 0 }]);
  });

  it.each([
    [[], "error: required option '--limit <count>' not specified"],
    [['--limit', 'x'], "'--limit <count>' argument 'x' is invalid. It is no number."],
    [['--limit', '1', '--format', 'xml'], 'Allowed choices are csv, json.'],
    [
      ['--limit', '1', '--full-refresh', '--since', '1h'],
      "option '--full-refresh' cannot be used with option '--since <time>'",
    ],
    [['nothing', '--limit', '1'], 'error: nothing is not counted'],
  ])('tells wrong usage and does nothing: %j', async (args, text) => {
    const { given, said } = await parse(...args);
    expect(given).toEqual([]);
    expect(said).toContain(text);
  });
});
