// `npm run sbom`: writes sbom.cdx.json (CycloneDX, not kept in git) and docs/licences.md. With
// `--check` it writes nothing, and fails where the list is another. Packages without a checksum and
// licences that nobody has allowed end both.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawBill, readBill, withoutChecksum } from './bill.ts';
import { listOfLicences, refusedLicences } from './licences.ts';

const root = path.join(import.meta.dirname, '..', '..');
const LIST = 'docs/licences.md';
const BILL = 'sbom.cdx.json';

const text = drawBill();
const packages = readBill(text);
const list = listOfLicences(packages);
const faults = [
  ...withoutChecksum(packages),
  ...refusedLicences(packages),
  ...(process.argv.includes('--check') ? staleList() : []),
];
if (faults.length === 0 && !process.argv.includes('--check')) {
  writeFileSync(path.join(root, BILL), text);
  writeFileSync(path.join(root, LIST), list);
}
process.exitCode = faults.length === 0 ? 0 : 1;
const outcome = `${packages.length} packages, each with its checksum and a licence that is allowed.`;
process.stderr.write(`${faults.length === 0 ? outcome : faults.join('\n')}\n`);

function staleList(): string[] {
  const isSame = readFileSync(path.join(root, LIST), 'utf8') === list;
  return isSame ? [] : [`${LIST} lists other packages. Run: npm run sbom`];
}
