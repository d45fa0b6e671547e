// The bill of materials: every package that the lock file names, for all platforms, as CycloneDX.
// npm makes it; here it is read, checked and refused when a package comes without its checksum.

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import * as z from 'zod';

const root = path.join(import.meta.dirname, '..', '..');

const licence = z.union([
  z.object({ license: z.object({ id: z.string() }) }),
  z.object({ license: z.object({ name: z.string() }) }),
  z.object({ expression: z.string() }),
]);
const component = z.object({
  name: z.string(),
  version: z.string(),
  purl: z.string(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })),
  hashes: z.array(z.object({ alg: z.string(), content: z.string() })).default([]),
  licenses: z.array(licence).default([]),
});
const bill = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  components: z.array(component).min(1),
});

export interface Package {
  readonly name: string;
  readonly version: string;
  /** As the package declares it: an SPDX expression; empty when it declares none. */
  readonly licence: string;
  /** SHA-512 in hex; undefined for what lies inside another package's own archive. */
  readonly checksum: string | undefined;
  /** Whether it lies inside of another package, whose checksum is its own. */
  readonly bundled: boolean;
  /** Whether only the work on Driplake needs it: it is in nothing that runs or is deployed. */
  readonly development: boolean;
}

/** The text of the bill. @throws Error with npm's own words */
export const drawBill = (): string =>
  execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    // 560 KB for 730 packages; a hundred times that is another project.
    maxBuffer: 56_000_000,
    // npm is a script of the shell there.
    shell: process.platform === 'win32',
  });

/** @throws ZodError when it is no bill of CycloneDX */
export const readBill = (text: string): readonly Package[] =>
  bill.parse(JSON.parse(text)).components.map(packageOf);

function packageOf(from: z.infer<typeof component>): Package {
  const has = (property: string): boolean =>
    from.properties.some(({ name, value }) => name === property && value === 'true');
  return {
    name: from.name,
    version: from.version,
    licence: from.licenses.map(expressionOf).join(' AND '),
    checksum: from.hashes.find(({ alg }) => alg === 'SHA-512')?.content,
    bundled: has('cdx:npm:package:bundled'),
    development: has('cdx:npm:package:development'),
  };
}

function expressionOf(from: z.infer<typeof licence>): string {
  if ('expression' in from) return from.expression;
  return 'id' in from.license ? from.license.id : from.license.name;
}

/** One fault for each package that nothing holds to what was once looked at. */
export const withoutChecksum = (packages: readonly Package[]): readonly string[] =>
  packages
    .filter(({ checksum, bundled }) => checksum === undefined && !bundled)
    .map(({ name, version }) => `${name}@${version}: the lock file has no checksum of it`);
