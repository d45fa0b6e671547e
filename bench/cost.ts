// `node bench/cost.ts --write`: puts the computed tables into docs/cost.md, in the places that are
// marked for them. Without the option it prints them. A test compares the two.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { synthesise } from '../test/infra/synthesise.ts';
import { costTables } from './cost/cost-tables.ts';

const document = path.join(import.meta.dirname, '..', 'docs', 'cost.md');

/** Alarms of a stack with one scheduled source that signs in: those of the open one are left out. */
export function countAlarms(): number {
  const { template, remove } = synthesise();
  remove();
  const names = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => String(Properties['AlarmName']));
  return names.filter((name) => !name.endsWith('-open')).length;
}

/** The document with its tables computed. @throws when a table has no place */
export function withTables(text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((before, [name, table]) => {
    const place = new RegExp(`(<!-- computed: ${name} -->\\n)[^]*?(\\n<!-- end -->)`);
    if (!place.test(before)) throw new Error(`docs/cost.md has no place for ${name}`);
    return before.replace(
      place,
      (_, open: string, close: string) => `${open}\n${table}\n${close}`,
    );
  }, text);
}

export const readDocument = (): string => readFileSync(document, 'utf8');

if (import.meta.main) {
  const tables = costTables(countAlarms());
  if (process.argv.includes('--write'))
    writeFileSync(document, withTables(readDocument(), tables));
  else process.stdout.write(`${Object.values(tables).join('\n\n')}\n`);
}
