import { describe, expect, it } from 'vitest';
import { type Package, readBill, withoutChecksum } from './bill.ts';
import { listOfLicences, refusedLicences } from './licences.ts';

const packageWith = (changed: Partial<Package>): Package => ({
  name: 'one',
  version: '1.2.3',
  licence: 'MIT',
  checksum: 'abcd',
  bundled: false,
  development: false,
  ...changed,
});

const refused = (changed: Partial<Package>): readonly string[] =>
  refusedLicences([packageWith(changed)]);

describe('the licence of a package', () => {
  it.each(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0-or-later)', 'ISC AND BSD-3-Clause'])(
    'may be %s',
    (licence) => expect(refused({ licence })).toEqual([]),
  );

  it.each(['GPL-3.0-only', 'AGPL-3.0', 'MIT AND GPL-3.0-only', 'SEE LICENSE IN LICENSE', ''])(
    'is refused when it is "%s", for tools too',
    (licence) => {
      expect(refused({ licence })).toHaveLength(1);
      expect(refused({ licence, development: true })).toHaveLength(1);
    },
  );

  it('may be copyleft by the file for a tool, and for nothing that is deployed', () => {
    expect(refused({ licence: 'MPL-2.0', development: true })).toEqual([]);
    expect(refused({ licence: 'MPL-2.0' })).toEqual([
      'one@1.2.3: MPL-2.0 is not allowed in what runs or is deployed',
    ]);
  });

  it('is the one that was read where a package declares it in the old form, by name only', () => {
    expect(refused({ licence: '', name: 'node-uuid' })).toEqual([]);
    expect(refused({ licence: '', name: 'node-uuid-2' })).toEqual([
      'node-uuid-2@1.2.3: none that it declares is not allowed in what runs or is deployed',
    ]);
  });

  it('is listed with its packages, the most used first, tools in italics', () => {
    const list = listOfLicences([
      packageWith({ name: 'b', licence: 'ISC', development: true }),
      packageWith({ name: 'a' }),
      packageWith({ name: 'c', version: '1.0.0' }),
      packageWith({ name: 'c', version: '2.0.0' }),
    ]);
    expect(list.slice(list.indexOf('\n## '))).toBe('\n## MIT\n\n`a`, `c`.\n\n## ISC\n\n_`b`_.\n');
  });
});

describe('the bill of materials', () => {
  const part = (name: string, more: object) => ({
    ...{ name, version: '1.0.0', purl: `pkg:npm/${name}@1.0.0`, properties: [], ...more },
  });
  const bundled = { properties: [{ name: 'cdx:npm:package:bundled', value: 'true' }] };

  it('names each package that has no checksum, unless another one contains it', () => {
    const text = JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      components: [
        part('whole', { hashes: [{ alg: 'SHA-512', content: 'abcd' }] }),
        part('loose', {}),
        part('weak', { hashes: [{ alg: 'SHA-1', content: 'abcd' }] }),
        part('inside', bundled),
      ],
    });
    expect(withoutChecksum(readBill(text))).toEqual([
      'loose@1.0.0: the lock file has no checksum of it',
      'weak@1.0.0: the lock file has no checksum of it',
    ]);
  });

  it('is refused when it is something else', () => {
    expect(() => readBill('{"bomFormat":"SPDX"}')).toThrow(/bomFormat/);
  });
});
