// The rules of the house that a machine can check: what the core may not know,
// how long a file is, and that what the documentation tells people to type exists.

import path from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../local/command/commands.ts';
import { VERSION } from '../../shared/pull/sign/version.ts';
import { all, CODE, exists, files, filesIn, importsOf, places, read } from './tree.ts';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...filesIn('docs', '.md'),
  ...filesIn('.github', '.yml'),
].filter(exists);

describe('imports', () => {
  it('are seen by this test in all their forms', () => {
    expect(importsOf('functions/read-source.ts').map(({ to }) => to)).toContain(
      `sources/\${name}.ts`,
    );
    expect(importsOf('local/command/run.ts').map(({ to }) => to)).toContain(
      'local/machine/run.ts',
    );
    expect(importsOf('local/machine/machine.ts').map(({ to }) => to)).toContain(
      'functions/pull-pages/handler.ts',
    );
  });

  it('read data with zod/mini in what the functions run: zod is three times as much to load', () => {
    const bundled = files.filter((file) => /^(shared|functions|sources)\//.test(file));
    expect(bundled.filter((file) => read(file).includes("from 'zod'"))).toEqual([]);
    expect(bundled.filter((file) => read(file).includes("from 'zod/mini'"))).not.toEqual([]);
  });

  it('load for the command line what reads it: the tools of a command come when it is used', () => {
    const loaded = new Set(['local/command/cli.ts']);
    for (const file of loaded) {
      for (const { to, isType, isDynamic } of importsOf(file)) {
        if (!isType && !isDynamic) loaded.add(to);
      }
    }
    const packages = [...loaded].flatMap((file) =>
      [...read(file).matchAll(/^import (?!type)[^;]*?from '([^.'][^']*)'/gm)].map(
        ([, name = '']) => name,
      ),
    );
    expect(loaded).toContain('local/operate/redrive.ts');
    expect([...new Set(packages)].filter((name) => !name.startsWith('node:')).sort()).toEqual([
      ...['cli-table3', 'commander', 'log-update'],
    ]);
  });

  it('name files with their ending', () => {
    const bare = all.flatMap((file) =>
      importsOf(file)
        .filter(({ to }) => !/\.(ts|js|json)$/.test(to))
        .map(({ to }) => `${file} -> ${to}`),
    );
    expect(bare).toEqual([]);
  });
});

describe('the core', () => {
  const core = filesIn('shared/core', '.ts');

  it.each([
    ['awaits nothing', /\bawait\b|\basync\b|\bPromise\b|\bset(Timeout|Interval|Immediate)\b/],
    ['knows no process', /\bprocess\b|\bconsole\b|\bglobalThis\b/],
    ['asks no clock', /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\b/],
    ['throws no dice', /\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b/],
    ['opens no file and no socket', /\bfetch\(|\brequire\(|\bimport\(/],
  ])('%s', (_, pattern) => {
    expect(places(core, pattern)).toEqual([]);
    // The shell does all of these: the pattern sees what it looks for.
    expect(places(all, pattern)).not.toEqual([]);
  });

  it('imports no SDK, and of Node only what computes', () => {
    const foreign = core.flatMap((file) =>
      [...read(file).matchAll(/from '([^.'][^']*)'/g)].flatMap(([, name = '']) =>
        ['zod/mini', 'node:buffer', 'node:crypto'].includes(name) ? [] : [`${file} -> ${name}`],
      ),
    );
    expect(foreign).toEqual([]);
  });
});

describe('files', () => {
  it('are at most 300 lines long, but for the list of all limits', () => {
    const long = files
      .filter((file) => file !== 'shared/core/bounds.ts')
      .map((file) => `${file}: ${read(file).trimEnd().split('\n').length}`)
      .filter((told) => Number(told.split(': ')[1]) > 300);
    expect(long).toEqual([]);
  });

  it('have lines of at most 100 columns, but for a text that can not be broken', () => {
    const wide = files.flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) => {
          const code = line.replaceAll(/'(?:[^'\\]|\\.)*'|`[^`]*`?|"(?:[^"\\]|\\.)*"/g, '');
          return line.length > 100 && code.length > 100 ? [`${file}:${index + 1}`] : [];
        }),
    );
    expect(wide).toEqual([]);
  });

  it('open with a comment that says what they promise', () => {
    expect(files.filter((file) => !/^(\/\/ |#!)/.test(read(file)))).toEqual([]);
  });

  it('are named for an idea', () => {
    const empty = /^(utils?|helpers?|types|services?|common|misc|index)\.ts$/;
    const named = files.filter((file) => empty.test(path.basename(file)));
    expect(named.filter((file) => file !== 'local/machine/service.ts')).toEqual([]);
  });

  it('have no enum, no any and no non-null assertion', () => {
    expect(places(files, /\benum\s+\w+\s*\{/)).toEqual([]);
    expect(places(files, /(?::|<|\bas|,)\s*any\b(?!\s*\()/)).toEqual(ANY_WITH_A_REASON);
    expect(places(files, /[\w)\]]!(?:[.;,)\]]|\s*$)/)).toEqual([]);
  });

  it('default-export sources only', () => {
    const among = files.filter((file) => !/^(sources|examples)\/|\.d\.ts$/.test(file));
    expect(places(among, /^export default\b/)).toEqual([]);
  });

  it('leave nothing to do, and know nothing of the machine they were written on', () => {
    const pattern = new RegExp(
      ['TO' + 'DO', 'FIX' + 'ME', '/wo' + 'rk/', '/ro' + 'ot/'].join('|'),
    );
    const said = [...all, ...documents, 'package.json', 'biome.json', 'cdk.json'].filter((file) =>
      pattern.test(read(file)),
    );
    expect(said).toEqual([]);
  });
});

/** The library types states as its own JSON value; the line above says so. */
const ANY_WITH_A_REASON: readonly string[] = places(['local/machine/execution.ts'], /\bas any\b/);

/** The options of each command of `driplake`. */
function commandsOf(): Map<string, string[]> {
  const driplake = new Command();
  for (const command of COMMANDS) command.addTo(driplake);
  return new Map(
    driplake.commands.map((command) => [
      command.name(),
      command.options.map(({ long }) => long ?? ''),
    ]),
  );
}

describe('what the documentation says', () => {
  const { scripts, version }: { scripts: Record<string, string>; version: string } = JSON.parse(
    read('package.json'),
  );
  /** Text of all code in the documents: blocks and `spans`. */
  const snippets = documents.flatMap((file) =>
    [...read(file).matchAll(/```\w*\n([\s\S]*?)```|`([^`\n]+)`/g)].map((match) => ({
      file,
      text: match[1] ?? match[2] ?? '',
    })),
  );
  const mentioned = (pattern: RegExp): { file: string; name: string }[] =>
    snippets.flatMap(({ file, text }) =>
      [...text.matchAll(pattern)].map((match) => ({ file, name: match[1] ?? '' })),
    );

  it('is the version of the package', () => {
    expect(VERSION).toBe(version);
  });

  it('names scripts of npm that exist', () => {
    const known = [...Object.keys(scripts), 'ci', 'install', 'exec'];
    const named = [
      ...mentioned(/\bnpm run (?:--?[\w-]+ )*([\w:-]+)/g),
      ...mentioned(/\bnpm (start|test|ci)\b/g),
    ];
    expect(named.filter(({ name }) => !known.includes(name))).toEqual([]);
    if (exists('README.md')) expect(named.length).toBeGreaterThan(3);
  });

  const commands = commandsOf();
  const known = [...commands.keys()];

  it('names commands of driplake that exist', () => {
    expect(known).toContain('redrive');
    const named = mentioned(/(?:npx |^(?:\$ )?)driplake ([a-z]+)(?![\w.:/-])/gm);
    expect(named.filter(({ name }) => ![...known, 'help'].includes(name))).toEqual([]);
    if (exists('README.md')) expect(named.length).toBeGreaterThan(5);
  });

  it('names options that its command has', () => {
    const ofDriplake = new RegExp(`\\bdriplake (${known.join('|')})\\b`);
    const named = snippets.flatMap(({ file, text }) =>
      text.split('\n').flatMap((line) => {
        const [, command = ''] = ofDriplake.exec(line) ?? [];
        const said = command ? line.replace(/#.*$|\|.*$/, '').matchAll(/\s(--[a-z-]+)/g) : [];
        return [...said].map(([, option = '']) => ({ file, command, option }));
      }),
    );
    const has = (command: string, option: string): boolean =>
      option === '--help' || commands.get(command)?.includes(option) === true;
    expect(named.filter(({ command, option }) => !has(command, option))).toEqual([]);
    expect(named.length).toBeGreaterThan(20);
  });

  it('links to files that exist', () => {
    const broken = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
        .map(([, link = '']) => path.posix.join(path.posix.dirname(file), link))
        .filter((link) => !exists(link))
        .map((link) => `${file} -> ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('fits a README that is read to its end', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  });

  it('names files of ours that exist', () => {
    const ours = new RegExp(`^(?:${[...CODE, 'test', 'bench'].join('|')})/[\\w./-]+\\.\\w+$`);
    const named = documents.flatMap((file) =>
      [...read(file).matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => ({ file, name })),
    );
    const paths = named.filter(({ name }) => ours.test(name));
    expect(paths.length).toBeGreaterThan(50);
    expect(paths.filter(({ name }) => !exists(name))).toEqual([]);
    // A bare name is the name of some file; a decision may speak of what was not made.
    const bare = named.filter(
      ({ file, name }) => /^[\w-]+\.ts$/.test(name) && !file.startsWith('docs/decisions/'),
    );
    const known = new Set(all.map((file) => path.basename(file)));
    expect(bare.filter(({ name }) => !known.has(name))).toEqual([]);
  });

  it('names functions where they stand', () => {
    const named = documents.flatMap((document) =>
      [...read(document).matchAll(/`(\w+)`\s+(?:in\s+|\()`([\w./-]+\.ts)`/g)].map(
        ([, name = '', file = '']) => ({ document, name, file }),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    const wrong = named.filter(
      ({ name, file }) => exists(file) && !new RegExp(`\\b${name}\\b`).test(read(file)),
    );
    expect(wrong).toEqual([]);
  });

  it('runs files that exist', () => {
    const named = mentioned(/\bnode ((?:local|infra|bench|test)\/[\w./-]+)/g);
    expect(named.filter(({ name }) => !exists(name))).toEqual([]);
    for (const script of Object.values(scripts)) {
      for (const [, file = ''] of script.matchAll(/\bnode (\S+\.[jt]s)/g)) {
        expect(exists(file), script).toBe(true);
      }
    }
  });
});
