// What the documents tell an operator to type, as far as a machine can try it: options of the CDK,
// and files with credentials that git must not see.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const documents = readdirSync(path.join(root, 'docs'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`);
const said = [...['README.md', 'local/stack/aws-failure.ts'], ...documents].map(read).join('\n');

it('names options that the CDK has', () => {
  const options = new Map<string, Set<string>>();
  for (const [, command = '', rest = ''] of said.matchAll(/npx cdk ([a-z]+)([^`\n#]*)/g)) {
    const known = options.get(command) ?? new Set();
    for (const [option] of rest.matchAll(/(?<=\s)--[a-z-]+/g)) known.add(option);
    options.set(command, known);
  }
  expect([...options.keys()]).toEqual(expect.arrayContaining(['deploy', 'diff', 'drift']));
  const unknown = [...options].flatMap(([command, named]) => {
    const help = named.size > 0 ? helpOf(command) : new Set();
    return [...named].filter((one) => !help.has(one)).map((one) => `${command} ${one}`);
  });
  expect(unknown).toEqual([]);
});

function helpOf(command: string): ReadonlySet<string> {
  const cdk = path.join(root, 'node_modules/aws-cdk/bin/cdk');
  const text = execFileSync(process.execPath, [cdk, command, '--help'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' },
  });
  return new Set([...text.matchAll(/(?<=\s)--[a-z-]+/g)].map(([option]) => option));
}

it('keeps secrets in files that git ignores, and deletes them', () => {
  const ignored = read('.gitignore').split('\n');
  const files = new Set([...said.matchAll(/--secret-string file:\/\/(\S+)/g)].map(([, at]) => at));
  expect(files.size).toBeGreaterThan(0);
  for (const file of files) {
    expect(ignored).toContain(`/${file}`);
    expect(said).toContain(`rm ${file}`);
  }
});

it('asks in the form of a stack for the alarm, by the sections of the runbook', () => {
  const sections = [...read('docs/runbook.md').matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  const form = read('.github/ISSUE_TEMPLATE/stack.yml');
  const options = /options:\n((?: +- .+\n)+)/.exec(form)?.[1]?.match(/(?<=- ).+/g);
  expect(options).toEqual(['none', ...sections]);
});

it('asks in each form for what the commands print for programs', () => {
  for (const form of ['source', 'stack', 'change']) {
    const text = read(`.github/ISSUE_TEMPLATE/${form}.yml`);
    expect(text).toMatch(/npx driplake check <source> --json/);
    expect(text).toMatch(/npx driplake status .*--json/);
  }
});
