// Drills of docs/runbook.md within a process, in virtual time: broken, seen by the alarm as it is
// synthesised, mended as its section says, healed. All of them, deployed, are in test/aws/drills.

import { beforeAll, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../shared/ports/journal.ts';
import { synthesise } from '../infra/synthesise.ts';
import { type AlarmRule, alarmRule, rings } from '../infra/watch/alarm-rules.ts';
import { openShop } from '../pull/shop-world.ts';
import { errorOf, page, statusOf, tokenWorld } from '../pull/sign/token-world.ts';
import { type Datum, dataIn, linesOf } from './journal-lines.ts';

let rules: Map<string, AlarmRule>;
beforeAll(() => {
  const { template, remove } = synthesise();
  remove();
  const found = Object.values(template.Resources).flatMap(({ Type, Properties }) =>
    Type === 'AWS::CloudWatch::Alarm' ? [alarmRule(Properties)] : [],
  );
  rules = new Map(found.map((rule) => [rule.AlarmName.replace(/^Driplake-/, ''), rule]));
});

const data = (events: readonly JournalEvent[]): Datum[] => linesOf(events).flatMap(dataIn);

const isRinging = (name: string, events: readonly JournalEvent[]): boolean => {
  const rule = rules.get(name);
  return rule ? rings(rule, data(events)) : expect.fail(`no alarm ${name}`);
};

describe('token-refresh-failing', () => {
  it.each([
    ['client secret', { clientSecret: 'planted-wrong-secret' }],
    ['refresh token', { refreshToken: 'planted-dead-token' }],
  ])('rings once the %s is refused, and is over with the right one', async (_, wrong) => {
    const { start, given, signIn, journal } = tokenWorld();
    given.set('shop', { ...signIn, ...wrong });
    const { credentials } = start();
    await errorOf(credentials.send(page()));
    expect(isRinging('tokens-rejected-shop', journal.events)).toBe(true);

    const before = journal.events.length;
    given.set('shop', signIn);
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(isRinging('tokens-rejected-shop', journal.events.slice(before))).toBe(false);
    expect(journal.events.at(-1)).toMatchObject({ kind: 'token', outcome: 'renewed' });
  });

  it('rings when the endpoint is down for a minute, not when it stumbles', async () => {
    const { start, clock, journal } = tokenWorld();
    const { credentials, faults } = start();
    faults.token = () => ({ kind: 'fault', reason: 'unreachable', message: 'no answer' });
    await credentials.send(page());
    expect(isRinging('token-faults-shop', journal.events)).toBe(false);
    for (const _ of [2, 3]) {
      clock.advance(30_000);
      await credentials.send(page());
    }
    expect(isRinging('token-faults-shop', journal.events)).toBe(true);

    const before = journal.events.length;
    delete faults.token;
    clock.advance(30_000);
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(isRinging('token-faults-shop', journal.events.slice(before))).toBe(false);
  });
});

describe('stream-stuck', () => {
  it('rings when the API leads in circles; the next run begins anew, without them', async () => {
    const shop = openShop();
    shop.circle();
    const assignment = await shop.claim('one');
    let outcome = await shop.round(assignment);
    while (outcome.kind === 'more') outcome = await shop.round(assignment);
    expect(outcome.kind).toBe('stuck');
    expect(isRinging('stream-stuck-shop', shop.events)).toBe(true);

    const before = shop.events.length;
    shop.empty();
    await shop.run('two');
    expect(isRinging('stream-stuck-shop', shop.events.slice(before))).toBe(false);
    expect([...shop.manifests().values()]).toMatchObject([{ pages: 1, records: 0 }]);
  });
});

describe('cursor-old', () => {
  it('rings when runs fail for more than a day, and is over when one is finished', async () => {
    const shop = openShop();
    await shop.run('one');
    shop.refuse();
    for (const execution of ['two', 'three']) {
      expect(isRinging('cursor-old-shop', shop.events)).toBe(false);
      const before = shop.events.length;
      shop.pass({ hours: 14 });
      await shop.round(await shop.claim(execution));
      // Each datum is alone in its hour.
      expect(isRinging('cursor-old-shop', shop.events.slice(before))).toBe(execution === 'three');
    }

    const before = shop.events.length;
    shop.empty();
    await shop.run('four');
    expect(isRinging('cursor-old-shop', shop.events.slice(before))).toBe(false);
  });
});
