import { describe, expect, it } from 'vitest';
import { loadSources } from '../../../infra/settings/load-sources.ts';
import { checkAgainst, readSettings } from '../../../infra/settings/settings.ts';
import type { Source } from '../../../shared/core/source/source.ts';
import { openSource, shopSource } from '../synthesise.ts';

function faultsOf(context: Record<string, unknown>): string[] {
  try {
    readSettings(context);
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.slice(1).map((line) => line.trim());
  }
  return expect.fail('these settings have faults');
}

describe('the settings of a deployment', () => {
  it('need no more than a source', () => {
    expect(readSettings({ sources: ['open'] })).toEqual({
      stack: 'Driplake',
      sources: ['open'],
      schedules: {},
      reservedConcurrency: {},
      baseUrls: {},
      compaction: 'rate(1 day)',
      catalogue: 'glue',
      secretsPrefix: 'driplake/',
      scanLimitGigabytes: 100,
      maxAgeHours: 26,
      dashboard: true,
    });
  });

  it('can be given on the command line, where everything is text', () => {
    const settings = readSettings({
      sources: 'open, shop',
      schedules: '{"shop": "rate(2 hours)"}',
      reservedConcurrency: '{"pull-pages": 20}',
      baseUrls: '{"shop": "https://sandbox.shop.example"}',
      maxAgeHours: '{"shop": 4}',
      dashboard: 'false',
    });
    expect(settings).toMatchObject({
      sources: ['open', 'shop'],
      schedules: { shop: { expression: 'rate(2 hours)', flexibleMinutes: 5, enabled: true } },
      reservedConcurrency: { 'pull-pages': 20 },
      baseUrls: { shop: 'https://sandbox.shop.example' },
      maxAgeHours: { shop: 4 },
      dashboard: false,
    });
  });

  it('refuse what is said of a source that is not deployed', () => {
    const schedules = { shop: 'rate(1 hour)' };
    const baseUrls = { bank: 'https://bank.example' };
    const maxAgeHours = { cafe: 4 };
    expect(faultsOf({ sources: ['open'], schedules, baseUrls, maxAgeHours })).toEqual([
      'schedules.shop: expected a source that is deployed (open)',
      'baseUrls.bank: expected a source that is deployed (open)',
      'maxAgeHours.cafe: expected a source that is deployed (open)',
    ]);
  });

  it.each([
    ['five fields', { schedules: { open: 'cron(0 3 * * *)' } }],
    ['two days without a question mark', { schedules: { open: 'cron(0 3 1 * MON *)' } }],
    ['no rate', { schedules: { open: 'rate(0 hours)' } }],
    ['a compaction that never comes', { compaction: 'rate(0 days)' }],
    ['a compaction every minute', { compaction: 'rate(1 minute)' }],
    ['a compaction of two fields', { compaction: 'cron(0 3)' }],
    ['a source that is named twice', { sources: 'open,open' }],
  ])('refuse %s, which the deployment would', (_, context) => {
    expect(faultsOf({ sources: ['open'], ...context })).toHaveLength(1);
  });

  it.each(['cron(0 3 * * ? *)', 'cron(0/15 8-18 ? * MON-FRI *)', 'rate(90 minutes)'])(
    'take %s for schedules and the compaction',
    (expression) => {
      const { schedules, compaction } = readSettings({
        ...{ sources: 'open', compaction: expression },
        schedules: { open: [expression] },
      });
      expect([schedules, compaction]).toMatchObject([{ open: [{ expression }] }, expression]);
    },
  );

  it('show what they got, also when it is text of the command line', () => {
    const schedules = '{"open": ["rate(1 hour)", "hourly"]}';
    const faults = faultsOf({ sources: 'open', schedules, maxAgeHours: '{"open": "x"}' });
    expect(faults).toEqual([
      expect.stringMatching(/^schedules\.open\[1\]\.expression: expected rate.*, got "hourly"$/),
      'maxAgeHours.open: expected a number, got "x"',
    ]);
  });

  it('let no schedule say again and again that a source which moves has the same data', () => {
    const schedules = { open: { expression: 'rate(2 hours)', sameData: true } };
    expect(faultsOf({ sources: 'open', schedules })).toEqual([
      expect.stringContaining('schedules.open'),
    ]);
  });

  it('are refused under names that nobody knows, with the one that was meant', () => {
    const names = ['schedule', 'maxAgeHour', 'alarm-email', 'SOURCES', 'schedules.open'];
    const given = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(faultsOf({ sources: ['open'], ...given })).toEqual([
      'schedule: no such setting; did you mean schedules?',
      'maxAgeHour: no such setting; did you mean maxAgeHours?',
      'alarm-email: no such setting; did you mean alarmEmail?',
      'SOURCES: no such setting; did you mean sources?',
      'schedules.open: no such setting; did you mean schedules?',
    ]);
    expect(faultsOf({ sources: ['open'], environment: 'dev' })).toEqual([
      expect.stringMatching(/^environment: no such setting; expected one of stack, sources, .*/),
    ]);
  });

  it('may stand beside what the CDK and other tools keep in the context', () => {
    const others = {
      'aws:cdk:enable-path-metadata': true,
      '@aws-cdk/aws-iam:minimizePolicies': true,
      'availability-zones:account=1:region=eu-west-1': ['eu-west-1a'],
      'acknowledged-issue-numbers': [16603],
      'cli-telemetry': false,
      'tool:schedule': 'x',
    };
    expect(readSettings({ sources: ['open'], ...others }).sources).toEqual(['open']);
  });

  it('refuse a rate that its flexible window would swallow', () => {
    const schedules = { open: 'rate(5 minutes)' };
    expect(faultsOf({ sources: ['open'], schedules })).toHaveLength(1);
    const onTheMinute = { open: { expression: 'rate(5 minutes)', flexibleMinutes: 0 } };
    expect(readSettings({ sources: ['open'], schedules: onTheMinute }).schedules).toBeDefined();
  });

  it('list all faults at once, each with its path', () => {
    const faults = faultsOf({
      stack: '1st',
      sources: [],
      schedules: { open: { expression: 'hourly', timeZone: 'Mars/Olympus' } },
      reservedConcurrency: { 'drop-pages': 1 },
      baseUrls: { open: 'ftp://open.example' },
      alarmEmail: 'nobody',
    });
    const places = ['stack:', 'sources:', 'schedules.open', 'reservedConcurrency'];
    places.push('baseUrls.open', 'alarmEmail:');
    for (const place of places) expect(faults.join('\n')).toContain(place);
    expect(faults.length).toBeGreaterThanOrEqual(places.length);
  });
});

describe('base URLs, which everybody reads in the template', () => {
  const faultsOfUrl = (url: string) => {
    const faults = faultsOf({ sources: ['open'], baseUrls: { open: url } });
    expect(faults.join()).not.toContain('hidden');
    return faults;
  };

  it.each([
    ['a user', 'https://hidden@open.example', /no user or password/],
    ['a password', 'https://:hidden@open.example', /no user or password/],
    ['a query', 'https://open.example/?key=hidden', /no query/],
    ['a fragment', 'https://open.example/#hidden', /no query and no fragment/],
    ['plain http', 'http://open.example', /expected https/],
    ['plain http to a private address', 'http://10.1.2.3', /expected https/],
    ['plain http to a host that a setting names', 'http://{hidden}', /expected https/],
    ['a name that looks nearby', 'http://127.0.0.1.open.example', /expected https/],
    ['another protocol', 'ftp://someone:hidden@open.example', /expected an https URL/],
    ['no URL', 'open.example?key=hidden', /expected an https URL/],
  ])('are refused with %s, without showing it', (_, url, fault) => {
    expect(faultsOfUrl(url)).toEqual([expect.stringMatching(fault)]);
    expect(faultsOfUrl(url)[0]).toMatch(/^baseUrls\.open: /);
  });

  it('tell each part that they may not have', () => {
    expect(faultsOfUrl('http://someone:hidden@open.example/?a=1')).toHaveLength(3);
  });

  it.each([
    'https://open.example:8443/base',
    'https://{shop}.open.example/{accountId}',
    'http://localhost:8080',
    'http://127.1.2.3/V3',
    'http://[::1]:8080',
    'http://169.254.10.20',
    'http://[fe80::1]',
  ])('may be %s', (url) => {
    expect(readSettings({ sources: ['open'], baseUrls: { open: url } }).baseUrls).toEqual({
      open: url,
    });
  });
});

describe('the sources of a deployment', () => {
  const check = (source: Source, baseUrls = {}) =>
    checkAgainst([source], readSettings({ sources: source.name, baseUrls }));

  it('send no credentials in clear text, and have none in their URLs', () => {
    const clear = { ...shopSource, baseUrl: 'http://shop.example' };
    expect(() => check(clear)).toThrow(/sources\/shop\.ts: baseUrl: expected https/);
    expect(() => check({ ...openSource, baseUrl: 'https://a:b@open.example' })).toThrow(
      /sources\/open\.ts: baseUrl: expected no user or password/,
    );
    const tokenUrl = 'http://shop.example/token';
    const credentials = { kind: 'oauth2-refresh-token', tokenUrl } as const;
    expect(() => check({ ...shopSource, credentials })).toThrow(/credentials\.tokenUrl/);
    check({ ...clear, baseUrl: 'http://127.0.0.1/{accountId}' });
    check({ ...openSource, baseUrl: 'http://open.example' });
    // Its own URL is not used where the settings send it elsewhere.
    check(clear, { shop: 'https://sandbox.shop.example' });
  });

  it('have the streams that schedules name', () => {
    const scheduled = (streams: string[]) =>
      readSettings({
        sources: 'shop',
        schedules: { shop: { expression: 'rate(1 hour)', streams } },
      });
    checkAgainst([shopSource], scheduled(['items']));
    expect(() => checkAgainst([shopSource], scheduled(['items', 'itms']))).toThrow(
      /schedules\.shop: expected streams out of items, got "itms"/,
    );
  });

  it('fit below the cap of the function that drains them', async () => {
    const sources = await loadSources(['jsonplaceholder']);
    const capped = (cap: number) =>
      readSettings({ sources: 'jsonplaceholder', reservedConcurrency: { 'pull-pages': cap } });
    checkAgainst(sources, capped(3));
    expect(() => checkAgainst(sources, capped(2))).toThrow(
      /reservedConcurrency\.pull-pages: expected at least 3, .* jsonplaceholder .*, got 2/,
    );
  });

  it('are named by a list of the known ones when one is unknown', async () => {
    await expect(loadSources(['jsonplaceholder', 'atlantis'])).rejects.toThrow(
      /^sources: expected names out of .*jsonplaceholder.*, got atlantis$/,
    );
  });
});
