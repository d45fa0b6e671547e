import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Properties, synthesise } from '../synthesise.ts';

const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title);

let resources: { Type: string; Properties: Properties }[];
let alarms: Properties[];
beforeAll(() => {
  const engine = synthesise();
  resources = Object.values(engine.template.Resources);
  engine.remove();
  alarms = resources.flatMap(({ Type, Properties }) =>
    Type === 'AWS::CloudWatch::Alarm' ? [Properties] : [],
  );
});

const sectionOf = (alarm: Properties): string =>
  /Runbook: docs\/runbook\.md#([a-z-]+)$/.exec(String(alarm['AlarmDescription']))?.[1] ?? 'none';

describe('the alarms', () => {
  it('are these', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName).sort()).toEqual([
      'Driplake-api-throttled-open',
      'Driplake-api-throttled-shop',
      'Driplake-compact-throttled',
      'Driplake-compaction-failing',
      'Driplake-cursor-old-shop',
      'Driplake-drain-failed',
      'Driplake-drain-timed-out',
      'Driplake-finish-run-errors',
      'Driplake-finish-run-throttled',
      'Driplake-finish-stream-errors',
      'Driplake-finish-stream-throttled',
      'Driplake-ledger-throttled',
      'Driplake-machine-throttled',
      'Driplake-plan-run-errors',
      'Driplake-plan-run-throttled',
      'Driplake-pull-pages-errors',
      'Driplake-pull-pages-throttled',
      'Driplake-start-missed',
      'Driplake-stream-stuck-open',
      'Driplake-stream-stuck-shop',
      'Driplake-sync-failed',
      'Driplake-sync-timed-out',
      'Driplake-token-faults-shop',
      'Driplake-tokens-rejected-shop',
    ]);
  });

  it('name a section of the runbook each', () => {
    expect(alarms.filter((alarm) => !sections.includes(sectionOf(alarm)))).toEqual([]);
  });

  it('leave no section of the runbook without an alarm', () => {
    const named = new Set(alarms.map(sectionOf));
    expect(sections.filter((section) => /^[a-z-]+$/.test(section) && !named.has(section))).toEqual(
      [],
    );
  });

  it('tell the topic when they begin and when they end, and keep still without data', () => {
    const topic = [{ Ref: expect.stringMatching(/^Alarms/) }];
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({
        AlarmActions: topic,
        OKActions: topic,
        // Between two runs nobody tells an age: what the last one said holds.
        TreatMissingData: /cursor-old/.test(String(alarm['AlarmName']))
          ? 'ignore'
          : 'notBreaching',
      });
    }
  });

  it('wait for the hours that the settings give a source, and not at all for 0', () => {
    const hoursOf = (maxAgeHours: unknown) => {
      const { template, remove } = synthesise({ context: { maxAgeHours } });
      remove();
      return Object.values(template.Resources).flatMap(({ Properties }) =>
        /-cursor-old-/.test(String(Properties?.['AlarmName'])) ? [Properties['Threshold']] : [],
      );
    };
    expect(hoursOf({ shop: 4 })).toEqual([4]);
    expect(hoursOf({ open: 4 })).toEqual([26]);
    expect(hoursOf(0)).toEqual([]);
  });

  it('may publish to the topic, which takes nothing without TLS', () => {
    const policy = resources.find(({ Type }) => Type === 'AWS::SNS::TopicPolicy');
    expect(policy?.Properties).toMatchObject({
      PolicyDocument: {
        Statement: [
          { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          {
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    });
  });

  it('reach the address of the settings', () => {
    const mail = resources.find(({ Type }) => Type === 'AWS::SNS::Subscription');
    expect(mail?.Properties).toMatchObject({
      Protocol: 'email',
      Endpoint: 'operator@shop.example',
    });
  });
});

describe('the commands of the runbook', () => {
  const commands = [...runbook.matchAll(/```sh\n([^`]*)```/g)].map(([, text]) => text).join('');

  it('use no variable that none of them sets', () => {
    const used = [...commands.matchAll(/\$\{?([A-Z]+)\b/g)].map(([, name]) => name);
    const set = [...commands.matchAll(/^ *([A-Z]+)=/gm)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(30);
    expect(used.filter((name) => !set.includes(name))).toEqual([]);
  });

  it('deploy every stack, since the CDK refuses to choose', () => {
    const deploys = [...runbook.matchAll(/npx cdk deploy(.*)/g)].map(([, options]) => options);
    expect(deploys.length).toBeGreaterThan(3);
    expect(deploys.filter((options) => !options?.startsWith(' --all'))).toEqual([]);
  });
});

describe('each section of the runbook', () => {
  const parts = runbook.split(/^## /m).slice(1);
  const ofAlarms = parts.filter((part) => /^[a-z-]+\n/.test(part));

  it.each(ofAlarms.map((part) => [part.split('\n', 1)[0], part]))(
    '%s says what it means, what to look at and what to do, with commands, and how to try it',
    (_, part) => {
      const words = ['Means', 'Look', 'Do', 'Drill'];
      const places = words.map((word) => part.search(new RegExp(`\\*\\*${word}\\.\\*\\*\\s`)));
      expect(places.every((place) => place > 0)).toBe(true);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(part).toMatch(/```sh\n[^`]*aws [a-z]/);
    },
  );
});
