import { describe, expect, it } from 'vitest';
import { loadSources } from '../../infra/load-sources.ts';
import { readSettings } from '../../infra/settings.ts';

const read = (context: Record<string, unknown>) => readSettings((name) => context[name]);

function faultsOf(context: Record<string, unknown>): string[] {
  try {
    read(context);
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.slice(1).map((line) => line.trim());
  }
  return expect.fail('these settings have faults');
}

describe('the settings of a deployment', () => {
  it('need no more than a source', () => {
    expect(read({ sources: ['open'] })).toEqual({
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
    const settings = read({
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

  it('refuse a rate that its flexible window would swallow', () => {
    const schedules = { open: 'rate(5 minutes)' };
    expect(faultsOf({ sources: ['open'], schedules })).toHaveLength(1);
    const onTheMinute = { open: { expression: 'rate(5 minutes)', flexibleMinutes: 0 } };
    expect(read({ sources: ['open'], schedules: onTheMinute }).schedules).toBeDefined();
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

describe('the sources of a deployment', () => {
  it('are named by a list of the known ones when one is unknown', async () => {
    await expect(loadSources(['jsonplaceholder', 'atlantis'])).rejects.toThrow(
      /^sources: expected names out of .*jsonplaceholder.*, got atlantis$/,
    );
  });
});
