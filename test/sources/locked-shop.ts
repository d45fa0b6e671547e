// A shop whose API is behind a lock, and what must hold of a run that reads it whole.

import { afterEach, expect } from 'vitest';
import { readSource } from '../../shared/core/source/source.ts';
import { type Locked, type LockedOptions, locked, PAGES } from '../apis/locked.ts';
import { openWorld, type World } from './harness.ts';
import { hastyClock } from './hasty-clock.ts';

const open: World<Locked>[] = [];
afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
});

export const STREAM = {
  name: 'items',
  path: 'items',
  records: 'data',
  pagination: { kind: 'cursor', from: 'next', param: 'page' },
  primaryKey: ['id'],
};
export const POST = {
  ...STREAM,
  method: 'POST',
  pagination: { ...STREAM.pagination, in: 'body' },
};
export const LINKS = { ...STREAM, pagination: { kind: 'link', from: 'next' } };

export async function lockedShop(
  source: Readonly<Record<string, unknown>>,
  secrets: Readonly<Record<string, string>>,
  options: LockedOptions,
): Promise<World<Locked>> {
  const base = { name: 'shop', baseUrl: 'https://api.example.com/v1', patienceSeconds: 0 };
  const declared = readSource({ ...base, streams: [STREAM], ...source }, 'the test');
  const world = await openWorld(declared, locked(options), { secrets, clock: hastyClock() });
  open.push(world);
  return world;
}

const WHOLE = Array.from({ length: PAGES }, (_, page) => `{"id":${page + 1}}`);

/** All pages, no refusal, and no secret of 8 characters or more where it must not be. */
export async function expectWhole(
  world: World<Locked>,
  refused: readonly string[] = [],
): Promise<void> {
  const { ended } = await world.run();
  expect(ended).toMatchObject({ kind: 'succeeded' });
  expect(await world.published('items')).toEqual(WHOLE);
  expect(world.model.refused).toEqual(refused);
  const kept = JSON.stringify([await world.ports.ledger.readStreams('shop'), world.events, ended]);
  for (const fields of world.secrets.values()) {
    for (const value of Object.values(fields).filter((text) => text.length >= 8)) {
      expect(kept).not.toContain(value);
      expect(kept).not.toContain(encodeURIComponent(value));
    }
  }
}
