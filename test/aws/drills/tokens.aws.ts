// The drills of token-refresh-failing and of cursor-old, on a source of the user's own: a secret that
// nobody fills, a client secret that is wrong, a token endpoint that is down. Tokens rotate in the
// deployed secret.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { config, ledger } from '../clients.ts';
import { readRun } from '../landed.ts';
import { openShop, RESOURCES, SHOP, type Shop } from '../shop.ts';
import {
  alarm,
  DRILL_MS,
  linesSince,
  quiet,
  redrive,
  ringing,
  runOf,
  runSync,
} from './operations.ts';

const secrets = new SecretsManagerClient(config);
const HOUR_MS = 3_600_000;
const SecretId = `driplake/${SHOP}`;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop(inject('shopPort'));
});
afterAll(() => shop.close());

async function readSecret(): Promise<Record<string, string>> {
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  return JSON.parse(SecretString);
}

const putSecret = (fields: object) =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(fields) }));

const sync = () => runSync({ source: SHOP, fullRefresh: true });

async function expectShopWhole(): Promise<void> {
  for (const [stream, resource] of Object.entries(RESOURCES)) {
    const { landed } = await readRun(SHOP, stream, await runOf(stream, SHOP));
    const query = resource === 'Item' ? 'archived=true&sort=timeStamp' : 'sort=timeStamp';
    expect(landed.split('\n').slice(0, -1), stream).toEqual(shop.model.records(resource, query));
  }
}

it(
  'cursor-old rings for a source that waits for its secret, and is over with its first whole run',
  async () => {
    const nothing = { holder: '', fence: 0, leasedAtMs: 0, streamLeaseUntilMs: 0, revision: 1 };
    const freshAtMs = Date.now() - 30 * HOUR_MS;
    await ledger.moveStream({ source: SHOP, stream: 'items', ...nothing, freshAtMs });
    const empty = await ringing([`cursor-old-${SHOP}`], sync);
    expect(empty.status).toBe('FAILED');
    expect(empty.cause).toMatch(/secret driplake\/shop .* is empty\. Write {"clientId":/);

    await putSecret(shop.fields);
    expect(await redrive(SHOP)).toEqual([{ status: 'SUCCEEDED', cause: '' }]);
    expect(await alarm(`cursor-old-${SHOP}`)).toMatchObject({ state: 'OK' });
    await expectShopWhole();
    const kept = await readSecret();
    expect(kept['refreshToken']).not.toBe(shop.fields['refreshToken']);
    expect(kept).toMatchObject({ accessToken: expect.stringMatching(/^at_/) });
  },
  DRILL_MS,
);

it(
  'tokens-rejected rings for a wrong client secret, and is over with the right one',
  async () => {
    const { accessToken, ...copy } = await readSecret();
    const sinceMs = Date.now();
    await putSecret({ ...copy, clientSecret: 'planted-wrong-secret' });
    const failed = await ringing([`tokens-rejected-${SHOP}`], sync);
    expect(failed.status).toBe('FAILED');
    // One function asked; every stream was told.
    expect(failed.cause).toMatch(/^items, categories: .* refused the client of shop: 401/);
    const lines = await linesSince('pull-pages', sinceMs, { source: SHOP, message: 'token' });
    expect(lines).toMatchObject([{ level: 'WARN', outcome: 'rejected' }]);
    expect(JSON.stringify(lines)).toContain('invalid_client');
    expect(JSON.stringify(lines)).not.toContain('planted');

    await putSecret(copy);
    const healed = await quiet([`tokens-rejected-${SHOP}`], () => redrive(SHOP));
    expect(healed).toEqual([{ status: 'SUCCEEDED', cause: '' }]);
    await expectShopWhole();
  },
  DRILL_MS,
);

it(
  'token-faults rings when the endpoint is down for a minute, and the same run goes on',
  async () => {
    shop.auth.expireAll();
    shop.breakTokens();
    const run = await ringing([`token-faults-${SHOP}`], async () => {
      const running = sync();
      while (shop.failedTokens() < 3) await sleep(100);
      shop.mendTokens();
      return running;
    });
    expect(run).toEqual({ status: 'SUCCEEDED', cause: '' });
    await quiet([`token-faults-${SHOP}`], sync);
    await expectShopWhole();
    expect(shop.auth.seen().violations).toEqual([]);
    expect(shop.model.stats().violations).toEqual([]);
  },
  DRILL_MS,
);
