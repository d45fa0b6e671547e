// A kind without a row does not compile. On a copy of the tree each union gets another kind, and
// the compiler must point at every table that says something of each kind.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const SPEC = 'shared/core/source/pagination-schema.ts';
const SIGN_IN = 'shared/core/source/credentials/credentials-schema.ts';
const VERDICT = 'shared/core/source/answer-spec.ts';
const LIMITS = 'shared/core/budget/limit-kinds.ts';
const CREDENTIALS = 'shared/core/source/credentials/credential-kinds.ts';

/** What is written in place of a text that stands once in a file. */
const patches: readonly (readonly [file: string, text: string, instead: string])[] = [
  [
    SPEC,
    "discriminatedUnion('kind', [",
    "discriminatedUnion('kind', [z.strictObject({ kind: z.literal('new'), ...countedPlace }), ",
  ],
  [
    SIGN_IN,
    "  z.strictObject({ kind: z.literal('none') }),",
    `  z.strictObject({ kind: z.literal('none') }),
     z.strictObject({ kind: z.literal('new') }),
     z.strictObject({ kind: z.literal('new-fields') }),
     z.strictObject({ kind: z.literal('new-token'), tokenUrl: text, scope: text, clientIn: text }),`,
  ],
  [
    CREDENTIALS,
    "  none: { fields: {}, signedWith: 'nothing' },",
    `  none: { fields: {}, signedWith: 'nothing' },
     'new-fields': { fields: {}, signedWith: 'fields' },
     'new-token': { fields: {}, signedWith: 'token' },`,
  ],
  [VERDICT, "verdict: z.enum(['retry',", "verdict: z.enum(['new', 'retry',"],
  [
    'shared/core/source/api-limits.ts',
    "discriminatedUnion('kind', [",
    "discriminatedUnion('kind', [z.strictObject({ kind: z.literal('new') }), ",
  ],
  [
    'shared/core/budget/limit-states.ts',
    'export type LimitState = buckets.Bucket',
    "export type LimitState = { readonly kind: 'new' } | buckets.Bucket",
  ],
  [
    'shared/core/limit-report.ts',
    'export type LimitReport = BucketReport',
    "export type LimitReport = { readonly kind: 'new' } | BucketReport",
  ],
  [
    'shared/core/answer/classify.ts',
    "  | { readonly kind: 'aborted' };",
    "  | { readonly kind: 'aborted' }\n  | { readonly kind: 'new' };",
  ],
  [
    'shared/pull/reading.ts',
    "  | { readonly kind: 'aborted' };",
    "  | { readonly kind: 'aborted' }\n  | { readonly kind: 'new'; readonly reason: string };",
  ],
];

/** Where the compiler must find fault: a file, and what the line says that it points at. */
const tables: readonly (readonly [what: string, file: string, line: string])[] = [
  ['a way to page: what it counts', SPEC, 'IS_COUNTED'],
  [
    'a way to page: what is next, what is sent, what it is',
    'shared/core/page/pagination.ts',
    'WAYS',
  ],
  [
    'a way to page: what stands in the path',
    'shared/core/source/request-faults.ts',
    'PATH_PARAMETERS',
  ],
  ['a limit: what it begins with, how plan and pull reckon with it', LIMITS, 'ROWS'],
  ['a limit: which headers report it', 'shared/core/answer/headers.ts', 'READERS'],
  ['a state of a limit: what can be done with it', 'shared/core/budget/limit-states.ts', 'ROWS'],
  ['a report of a limit: what it means', 'shared/core/limit-report.ts', 'ROWS'],
  ['credentials: their fields, what is secret, what signs', CREDENTIALS, 'satisfies'],
  ['credentials: what of the secret they name', CREDENTIALS, 'TEXTS'],
  ['credentials: how their fields sign', 'shared/pull/sign/signature.ts', 'SIGNERS'],
  ['credentials: what renews them', 'shared/pull/sign/grants.ts', 'GRANTS'],
  ['a verdict: what it means', 'shared/core/answer/classify.ts', 'DECLARED'],
  ['a judgement: what comes of the page', 'shared/pull/page.ts', '): PageOutcome {'],
  ['an outcome of a page: what the round does', 'shared/pull/turn.ts', 'FOLLOWS'],
];

describe('a kind without a row does not compile', () => {
  const copy = mkdtempSync(path.join(tmpdir(), 'driplake-kinds-'));
  let found: readonly { readonly file: string; readonly line: string }[] = [];

  beforeAll(() => {
    cpSync(path.join(root, 'shared'), path.join(copy, 'shared'), { recursive: true });
    cpSync(path.join(root, 'package.json'), path.join(copy, 'package.json'));
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    const config = JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8'));
    const own = JSON.stringify({ ...config, include: ['shared'] });
    writeFileSync(path.join(copy, 'tsconfig.json'), own);
    for (const [file, text, instead] of patches) {
      const before = readFileSync(path.join(copy, file), 'utf8');
      expect(before.split(text), `${file} says once: ${text}`).toHaveLength(2);
      writeFileSync(
        path.join(copy, file),
        before.replace(text, () => instead),
      );
    }
    found = faultsOf(copy);
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it.each(tables)('%s', (_, file, line) => {
    const lines = found.filter((fault) => fault.file === file).map((fault) => fault.line);
    expect(lines).toContainEqual(expect.stringContaining(line));
  });
});

function faultsOf(folder: string): { readonly file: string; readonly line: string }[] {
  const compiler = path.join(root, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(compiler, ['--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
  return [...stdout.matchAll(/^(\S+)\((\d+),\d+\): error/gm)].map(([, file = '', line]) => {
    const text = readFileSync(path.join(folder, file), 'utf8').split('\n')[Number(line) - 1];
    return { file, line: text ?? '' };
  });
}
