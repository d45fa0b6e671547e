import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type FamilyOptions, family } from '../../apis/family.ts';
import { serve } from '../../apis/serve.ts';
import { familySource } from '../../sources/family-source.ts';
import { cleanUpWorkplaces, workplace } from '../command.ts';

cleanUpWorkplaces();
const open: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of open) await close();
});

/** A place whose `mine.json` is the source of children, and what its API was asked. */
async function placeOf(options: FamilyOptions = {}, change = (text: string) => text) {
  const model = family(options);
  const { url, close } = await serve(model);
  open.push(close);
  const place = workplace({ DRIPLAKE_FAMILY_SKUS: 'tea,mate' });
  const text = change(JSON.stringify(familySource)).replace('https://family.example', url);
  writeFileSync(join(place.dir, 'mine.json'), text);
  return { model, ...place };
}

describe('check', () => {
  it('asks each stream once, parents first, for what the first record of a parent has', async () => {
    const { model, run } = await placeOf();
    const { code, stdout, stderr } = await run('check', './mine.json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(model.stats().violations).toEqual([]);
    expect(model.asked).toHaveLength(familySource.streams.length);
    expect(model.asked).toContain('GET /lines/90071992547409001-0/taxes?page=1');
    expect(model.asked).toContain('GET /stock?shop=north%20%26%20co&sku=tea&page=1');
    expect(stdout).toContain('    asked with  order.id 90071992547409001\n');
    expect(stdout).toContain('    asked with  from "2025-12-20"\n');
    expect(stdout).toContain('    columns     order_id bigint, note string\n');
  });

  it('takes along the parents of a stream, and no other', async () => {
    const { model, run } = await placeOf();
    const { code, stdout } = await run('check', './mine.json', '--stream', 'lines');
    expect({ code, asked: model.asked }).toEqual({
      code: 0,
      asked: [
        'GET /shops?page=1',
        'GET /shops/north%20%26%20co/orders?page=1',
        'GET /orders/90071992547409001/lines?page=1',
      ],
    });
    expect(stdout.match(/^✓ \w+/gm)).toEqual(['✓ shops', '✓ orders', '✓ lines']);
  });

  it('does not ask for children where there are no parents, and says so', async () => {
    const { run } = await placeOf({ shops: [] });
    const { code, stdout } = await run('check', './mine.json', '--stream', 'lines');
    expect(code).toBe(0);
    expect(stdout).toContain(
      '✗ orders: Not asked, since no record on the first page of shops is a parent.\n' +
        '✗ lines: Not asked, since orders gave no page.\n',
    );
  });
});

describe('check of a source that is wrong by a letter', () => {
  const renamed = (before: string, after: string) => (text: string) =>
    text.replaceAll(before, after);

  it('fails where no parent has the field that chooses them', async () => {
    const { run } = await placeOf({}, renamed('"field":"state"', '"field":"stat"'));
    const { code, stdout } = await run('check', './mine.json', '--stream', 'open_notes');
    expect(code).toBe(1);
    expect(stdout).toContain('✗ open_notes: No record of orders has stat: see where.');
  });

  it('warns where no parent has a field that lines include', async () => {
    const { run } = await placeOf({}, renamed('order.customer.name', 'order.customer.nam'));
    const { code, stdout } = await run('check', './mine.json', '--stream', 'payments');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'warning     payments: {order.customer.nam} is in none of the first records of orders: null',
    );
  });

  it('fails where no parent has a field that requests carry', async () => {
    const { run } = await placeOf({}, renamed('orders/{order.id}', 'orders/{order.no}'));
    const { code, stdout } = await run('check', './mine.json', '--stream', 'lines');
    expect(code).toBe(1);
    expect(stdout).toContain('✗ lines: A record of orders has nothing where {order.no} is taken');
  });
});

describe('plan', () => {
  it('multiplies what the first child took by the parents', async () => {
    const { run } = await placeOf({ shops: ['north & co', 'so/uth?'] });
    const { code, stdout } = await run('plan', './mine.json', '--json', '--stream', 'stock');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).streams).toEqual([
      { stream: 'shops', pages: 1, why: 'the first page is the last' },
      { stream: 'products', pages: 1, why: 'the first page is the last' },
      {
        stream: 'stock',
        pages: 4,
        why: '4 partitions, each like the first: the first page is the last',
      },
    ]);
  });

  it('learns from the last run what a child takes', async () => {
    const { run } = await placeOf();
    expect(await run('run', './mine.json', '--stream', 'lines')).toMatchObject({ code: 0 });
    const { stdout } = await run('plan', './mine.json', '--json', '--stream', 'lines');
    expect(JSON.parse(stdout).streams).toEqual([
      { stream: 'shops', pages: 2, why: 'the last run had 2' },
      { stream: 'orders', pages: 7, why: '4 partitions, 1.8 pages each in the last run' },
      { stream: 'lines', pages: 18, why: '9 partitions, 2.0 pages each in the last run' },
    ]);
  });

  it('says what it does not know', async () => {
    const { run } = await placeOf();
    const { stdout } = await run('plan', './mine.json', '--json', '--stream', 'lines');
    expect(JSON.parse(stdout).streams).toContainEqual({
      stream: 'lines',
      why: 'the API does not tell, and no run has finished',
    });
  });
});
