import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Address,
  addressOf,
  describeMove,
  movedLink,
} from '../../../shared/core/page/address.ts';
import type { Source, Stream } from '../../../shared/core/source/source.ts';

const digest = (text: string): string => `digest of ${text.length} characters`;

const address = (
  source: Partial<Source>,
  stream: Partial<Stream> = {},
  settings: Readonly<Record<string, string>> = {},
): Address => {
  const whole: Stream = {
    name: 'sales',
    path: 'Sale.json',
    records: 'Sale',
    pagination: { kind: 'single' },
    ...stream,
  };
  const declared = Object.fromEntries(Object.keys(settings).map((name) => [name, 'a setting']));
  const url = 'https://api.example.com';
  return addressOf(
    { name: 'shop', baseUrl: url, streams: [whole], settings: declared, ...source },
    whole,
    settings,
    digest,
  );
};

describe('the address of a stream', () => {
  it('is the same for all of its partitions', () => {
    const of = (stream: Partial<Stream>) => address({}, stream, { shop: 'blue' });
    const child = { path: '{shop}/issues/{issue.number}/comments', query: { kind: '{kind}' } };
    expect(of(child)).toEqual({ url: 'api.example.com/blue/issues/%7Bissue.number%7D/comments' });
  });

  it('is the host and the path, with settings in them', () => {
    const at = address(
      { baseUrl: 'https://{shop}.example.com/Account/{account}/' },
      { path: '/Sale.json' },
      { shop: 'blue', account: 'a b' },
    );
    expect(at).toEqual({ url: 'blue.example.com/Account/a%20b/Sale.json' });
  });

  it.each<[string, string, string]>([
    ['user and password', 'https://me:secret@api.example.com', 'api.example.com/Sale.json'],
    ['the port of its scheme', 'https://API.example.com:443', 'api.example.com/Sale.json'],
    ['another port, as another server', 'https://h.example:8443', 'h.example:8443/Sale.json'],
    ['the port of a process on this machine', 'http://127.0.0.1:4711', '127.0.0.1/Sale.json'],
    ['that of IPv6', 'http://[::1]:4711', '[::1]/Sale.json'],
  ])('knows %s', (_what, baseUrl, url) => {
    expect(address({ baseUrl })).toEqual({ url });
  });

  it.each<[string, string, string]>([
    ['a number', '/API/V3/Account/17', 'api.example.com/API/Account/17/Sale.json'],
    ['one to come', '/v1beta1', 'api.example.com/Sale.json'],
    ['a decimal', '/api/2.0', 'api.example.com/api/Sale.json'],
    ['a date', '/admin/api/2026-04/', 'api.example.com/admin/api/Sale.json'],
    ['none: a number of a customer', '/123-456-7890', 'api.example.com/123-456-7890/Sale.json'],
    ['none: a name', '/v3x/2nd', 'api.example.com/v3x/2nd/Sale.json'],
  ])('leaves out a version of the API: %s', (_what, path, url) => {
    expect(address({ baseUrl: `https://api.example.com${path}` })).toEqual({ url });
  });

  it('holds a digest of what queries and headers carry, never the value or fixed parameters', () => {
    const at = address(
      { headers: { 'X-Tenant': 'tenant-{tenant}', 'User-Agent': '{contact}' } },
      { path: 'sales?shop={shop}', query: { outlet: '{outlet}', key: 'abc' } },
      { tenant: 'secret-tenant', contact: 'me', shop: 'blue', outlet: 'north' },
    );
    expect(at).toEqual({
      url: 'api.example.com/sales',
      settings: { tenant: digest('secret-tenant'), shop: digest('blue'), outlet: digest('north') },
    });
    expect(JSON.stringify(at)).not.toContain('secret-tenant');
  });

  it('differs exactly where the value of a setting differs', () => {
    const text = fc.string({ minLength: 1 }).filter((one) => !/^\.+$/.test(one));
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [before, after] = [one, other].map((shop) =>
          address({}, { path: 'shops/x{shop}/sales' }, { shop: shop.toWellFormed() }),
        );
        const moved = after && describeMove(before, after, true);
        expect(moved === undefined).toBe(one.toWellFormed() === other.toWellFormed());
      }),
    );
  });
});

describe('a move', () => {
  const before: Address = { url: 'a.example/sales', settings: { shop: '1' }, field: 'changed' };

  it('is told with what it was and what it is', () => {
    const now: Address = { url: 'b.example/sales', settings: { shop: '2' }, field: 'version' };
    expect(describeMove(before, now, true)).toBe(
      'its address was a.example and is b.example now; its setting shop has another ' +
        'value; its watermark was of the field changed and is of version now',
    );
  });

  it.each<[string, string, string, string]>([
    ['streams of an account', 'h/1/sales', 'h/2/sales', 'was h/1 and is h/2 now'],
    ['another path', 'h/api/1/sales', 'h/api/1/orders', 'was h/api/1/sales and is h/api/1/orders'],
    ['a longer path', 'h/sales', 'h/1/sales', 'was h and is h/1 now'],
    ['a host like a path', 'sales', 'h/sales', 'was sales and is h/sales now'],
  ])('is told alike for all that moved alike: %s', (_what, from, to, said) => {
    expect(describeMove({ url: from }, { url: to }, true)).toContain(`its address ${said}`);
  });

  it('is one too when a setting begins or ceases to choose the data', () => {
    expect(describeMove(before, { ...before, settings: {} }, true)).toContain('setting shop');
    expect(describeMove({ url: before.url }, { ...before }, true)).toContain('setting shop');
  });

  it('is none before anything was read, nor when another field is watched without a watermark', () => {
    expect(describeMove(undefined, before, true)).toBeUndefined();
    expect(describeMove(before, { ...before, field: 'version' }, false)).toBeUndefined();
    const { field: _field, ...whole } = before;
    expect(describeMove(whole, before, true)).toBeUndefined();
    expect(describeMove(before, whole, true)).toBeUndefined();
  });
});

describe('a link that was given at a former address', () => {
  const before: Address = { url: 'api.old.example/Account/17/Item.json' };
  const link = 'https://api.old.example/V3/Account/17/Item.json?limit=100&after=a%2Fb';

  it.each<[string, string, string, string | undefined]>([
    [
      'is on the new host',
      link,
      'https://api.new.example/V3/Account/17/Item.json',
      'https://api.new.example/V3/Account/17/Item.json?limit=100&after=a%2Fb',
    ],
    [
      'is on the new path, whose own query it replaces',
      link,
      'https://gateway.example/retail/V3/Account/17/Item.json?limit=5',
      'https://gateway.example/retail/V3/Account/17/Item.json?limit=100&after=a%2Fb',
    ],
    [
      'stays what it is when it was given here',
      'https://gateway.example/retail/V3/Account/17/Item.json?after=a%2Fb',
      'https://gateway.example/retail/V3/Account/17/Item.json',
      'https://gateway.example/retail/V3/Account/17/Item.json?after=a%2Fb',
    ],
    [
      'keeps a path of its own when only the host has moved',
      'https://api.old.example//next/xyz',
      'https://api.new.example/V3/Account/17/Item.json',
      'https://api.new.example//next/xyz',
    ],
    [
      'is lost when it has a path of its own and more than the host has moved',
      'https://api.old.example/next/xyz',
      'https://gateway.example/retail/V3/Account/17/Item.json',
      undefined,
    ],
  ])('%s', (_what, given, list, moved) => {
    expect(movedLink(given, before, new URL(list))).toBe(moved);
  });
});
