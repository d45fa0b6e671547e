// A source file that can't be read: which line it is, and what it should be.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cleanUpWorkplaces, workplace } from '../command.ts';

cleanUpWorkplaces();

const place = workplace();
const shared = mkdtempSync(path.join(tmpdir(), 'driplake-imported-'));
afterAll(() => rmSync(shared, { recursive: true }));
const helper = path.join(shared, 'helper.ts');
writeFileSync(helper, 'export const a = 1;\n\nexport const b = ];\n');

it.each([
  ['syntax.ts', 'export default {\n  name: "x",\n  streams: [ };\n', /SyntaxError: .* \(line 3\)/],
  ['type.ts', 'const a = {};\n\n\nexport default a.b.c;\n', /TypeError: .* \(line 4\)/],
  ['imports.ts', `import { b } from '${helper}';\nexport default b;\n`, /helper\.ts, line 3\)/],
])('is told with the line: %s', async (file, text, cause) => {
  writeFileSync(path.join(place.dir, file), text);
  const { code, stderr } = await place.run('check', `./${file}`);
  expect(code).toBe(2);
  expect(stderr).toMatch(cause);
  expect(stderr).toContain('It must be a module whose default export is a source.');
});

it('is told what it should be where it is JSON', async () => {
  writeFileSync(path.join(place.dir, 'cut.json'), '{ "name": "x", ');
  const { code, stderr } = await place.run('check', './cut.json');
  expect(code).toBe(2);
  expect(stderr).toContain('It must be one object in JSON: a source.');
});
