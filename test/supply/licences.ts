// Which licences packages may have, and the list of those that they have. One that is not named here
// is refused until somebody has read it.

import type { Package } from './bill.ts';

/** They ask for their text and the names of the authors to be kept, and for no more. */
const PERMISSIVE: readonly string[] = [
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'],
  ...['MIT-0', 'Unlicense'],
];

/** What is not code but a list, and is not changed. */
const DATA: Readonly<Record<string, string>> = {
  'spdx-exceptions': 'CC-BY-3.0',
  'spdx-license-ids': 'CC0-1.0',
};

/** Copyleft by the file: changed files must be published. Nothing of it is changed or deployed. */
const TOOLS: readonly string[] = ['MPL-2.0'];

/** Declared in a way that npm no longer reads: a list, `licenses`, in the package's own file. */
const OLD_FORM: Readonly<Record<string, string>> = { 'node-uuid': 'MIT' };

export const licenceOf = ({ name, licence }: Package): string =>
  licence === '' ? (OLD_FORM[name] ?? '') : licence;

/** One fault for each package whose licence nobody has allowed. */
export const refusedLicences = (packages: readonly Package[]): readonly string[] =>
  packages
    .filter((one) => !isAllowed(one))
    .map((one) => {
      const licence = licenceOf(one) || 'none that it declares';
      const where = one.development ? 'a tool' : 'what runs or is deployed';
      return `${one.name}@${one.version}: ${licence} is not allowed in ${where}`;
    });

function isAllowed(one: Package): boolean {
  const licence = licenceOf(one);
  const allowed = [...PERMISSIVE, ...(one.development ? TOOLS : [])];
  return DATA[one.name] === licence || isMet(licence, allowed);
}

/** `(A OR B)`: one of them is enough; `A AND B`: all are asked for. Neither is nested. */
const isMet = (expression: string, allowed: readonly string[]): boolean =>
  expression
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => allowed.includes(one)));

/** Markdown: a section for each licence, the most used first, with the packages that have it. */
export function listOfLicences(packages: readonly Package[]): string {
  const sections = Object.entries(Object.groupBy(packages, licenceOf))
    .map(([licence, all = []]) => ({ licence, names: namesOf(all) }))
    .toSorted((a, b) => b.names.length - a.names.length || (a.licence < b.licence ? -1 : 1))
    .map(({ licence, names }) => `## ${licence}\n\n${names.join(', ')}.\n`);
  return [HEAD, ...sections].join('\n');
}

const HEAD = `# Licences

Of every package in the lock file, on any platform, as it declares it. Those in _italics_ are tools: only the work
on Driplake needs them. Made by \`npm run sbom\`, checked by \`npm run check\`; which licences are allowed
stands in \`test/supply/licences.ts\`.
`;

const namesOf = (packages: readonly Package[]): readonly string[] => {
  const runs = packages.filter(({ development }) => !development).map(({ name }) => name);
  const all = [...new Set(packages.map(({ name }) => name))].sort();
  return all.map((name) => (runs.includes(name) ? `\`${name}\`` : `_\`${name}\`_`));
};
