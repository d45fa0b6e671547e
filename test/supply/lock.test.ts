import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const platforms = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const entry = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  inBundle: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  os: platforms.optional(),
  cpu: platforms.optional(),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

const read = (file: string): string =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const { packages } = z
  .object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), entry) })
  .parse(JSON.parse(read('package-lock.json')));
const installed = Object.entries(packages).filter(([place]) => place !== '');
const names = (entries: typeof installed): string[] =>
  entries.map(([place]) => place.replace(/.*node_modules\//, '')).sort();

describe('the lock file', () => {
  it('has a checksum for every package of every platform', () => {
    const bare = installed.filter(
      ([, { integrity, inBundle }]) => !inBundle && !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''),
    );
    expect(names(bare)).toEqual([]);
    expect(installed.length).toBeGreaterThan(500);
  });

  it('names the binaries of all platforms, also of those that it was not written on', () => {
    const known = new Set(names(installed));
    const missing = installed.flatMap(([place, { optionalDependencies }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !known.has(name))
        .map((name) => `${name} of ${place}`),
    );
    expect(missing).toEqual([]);
  });

  it.each([
    ['@duckdb/node-bindings', 'linux/x64 linux/arm64 darwin/x64 darwin/arm64 win32/x64'],
    ['@biomejs/cli', 'linux/x64 linux/arm64 darwin/x64 darwin/arm64 win32/x64'],
    ['@esbuild/', 'linux/x64 linux/arm64 darwin/x64 darwin/arm64 win32/x64'],
    ['@typescript/', 'linux/x64 linux/arm64 darwin/x64 darwin/arm64 win32/x64'],
    // Node itself: no package has it for a Mac, whose people bring it (docs/dependencies.md).
    ['node-', 'linux/x64 linux/arm64 win32/x64'],
  ])('has %s... for the machines of those who use it', (start, wanted) => {
    const found = installed
      .filter(([place, { os, cpu }]) => place.startsWith(`node_modules/${start}`) && os && cpu)
      .map(([, { os, cpu }]) => `${os}/${cpu}`);
    expect(found).toEqual(expect.arrayContaining(wanted.split(' ')));
  });

  it('names no registry: packages come from that of whoever installs them', () => {
    expect(names(installed.filter(([, { resolved }]) => resolved !== undefined))).toEqual([]);
  });

  it('has no package that would have to run code to be installed, but for known ones', () => {
    // Each comes with its binary and works without its script, which `.npmrc` never starts.
    expect(names(installed.filter(([, { hasInstallScript }]) => hasInstallScript))).toEqual([
      ...['classic-level', 'esbuild', 'fsevents'],
    ]);
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    expect(read('.npmrc')).toMatch(/^omit-lockfile-registry-resolved=true$/m);
  });
});

describe('the versions', () => {
  const manifest = z
    .object({
      dependencies: z.record(z.string(), z.string()),
      devDependencies: z.record(z.string(), z.string()),
      optionalDependencies: z.record(z.string(), z.string()),
    })
    .parse(JSON.parse(read('package.json')));

  it('are exact', () => {
    const asked = Object.values(manifest).flatMap((group) => Object.entries(group));
    expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('of Node are one, on every platform and for those who bring their own', () => {
    const { optionalDependencies } = manifest;
    expect(Object.keys(optionalDependencies).every((name) => name.startsWith('node-'))).toBe(true);
    expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([read('.nvmrc').trim()]));
  });
});
