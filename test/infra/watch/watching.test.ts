import { beforeAll, describe, expect, it } from 'vitest';
import { FUNCTION_NAMES } from '../../../infra/settings/function-names.ts';
import { METRIC_UNITS } from '../../../shared/core/run/metrics.ts';
import { everyEvent } from '../../functions/every-event.ts';
import { dataIn, linesOf, STACK } from '../../functions/journal-lines.ts';
import { synthesise, type Template } from '../synthesise.ts';
import {
  alarmMetric,
  mathOf,
  type WatchedMetric,
  type Widget,
  widgetMetrics,
  widgetsOf,
} from './watched-metrics.ts';

let template: Template;
let findings: unknown;
let watched: WatchedMetric[];
let widgets: Widget[];
beforeAll(() => {
  const engine = synthesise();
  ({ template, findings } = engine);
  engine.remove();
  widgets = widgetsOf(template);
  const alarms = Object.values(template.Resources).flatMap(({ Type, Properties }) =>
    Type === 'AWS::CloudWatch::Alarm' ? [alarmMetric(Properties)] : [],
  );
  watched = [...alarms, ...widgets.flatMap(widgetMetrics)];
});

const own = (): WatchedMetric[] => watched.filter(({ namespace }) => namespace === 'Driplake');
const aws = (): WatchedMetric[] => watched.filter(({ namespace }) => namespace !== 'Driplake');

/** What AWS sends by itself: the namespace, its dimension, what that names, and the metrics. */
const SENT_BY_AWS: Readonly<Record<string, [string, string, readonly string[]]>> = {
  'AWS/States': [
    'StateMachineArn',
    'AWS::StepFunctions::StateMachine',
    [
      'ExecutionsStarted',
      'ExecutionsSucceeded',
      'ExecutionsFailed',
      'ExecutionsTimedOut',
      'ExecutionThrottled',
    ],
  ],
  'AWS/Lambda': [
    'FunctionName',
    'AWS::Lambda::Function',
    ['Invocations', 'Errors', 'Throttles', 'Duration'],
  ],
  'AWS/SQS': ['QueueName', 'AWS::SQS::Queue', ['ApproximateNumberOfMessagesVisible']],
  'AWS/DynamoDB': [
    'TableName',
    'AWS::DynamoDB::Table',
    ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits', 'WriteThrottleEvents'],
  ],
  'AWS/Logs': ['LogGroupName', 'AWS::Logs::LogGroup', ['IncomingBytes']],
};

describe('every metric that an alarm or the dashboard looks at', () => {
  it('is one that the functions print, under the same dimensions', () => {
    const sent = new Set(
      linesOf(everyEvent)
        .flatMap(dataIn)
        .map(({ name, dimensions }) => `${name} by ${Object.keys(dimensions)}`),
    );
    const looked = own().map(({ name, dimensions }) => `${name} by ${Object.keys(dimensions)}`);
    expect(looked.filter((one) => !sent.has(one))).toEqual([]);
  });

  it('has the service that every function is told, and a source that is deployed', () => {
    const services = Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => JSON.stringify(Properties['Environment']));
    expect(services.length).toBeGreaterThan(3);
    for (const text of services) expect(text).toContain(`"POWERTOOLS_SERVICE_NAME":"${STACK}"`);
    for (const { dimensions } of own()) {
      expect(dimensions).toMatchObject({
        service: STACK,
        source: expect.stringMatching(/^(open|shop)$/),
      });
    }
  });

  it('or is one that AWS sends of a resource of this stack', () => {
    expect(aws().length).toBeGreaterThan(30);
    for (const { namespace, name, dimensions } of aws()) {
      const [dimension = '', type, names] = SENT_BY_AWS[namespace] ?? [];
      expect(names).toContain(name);
      expect(Object.keys(dimensions)).toEqual([dimension]);
      const id = /^<(.+)>$/.exec(dimensions[dimension] ?? '')?.[1] ?? 'none';
      expect(template.Resources[id]?.Type).toBe(type);
    }
  });

  it('is summed when it counts, and never averaged', () => {
    const counts = own().filter(({ name }) => !/^(Bucket|CursorAge)/.test(name));
    expect(new Set(counts.map(({ statistic }) => statistic))).toEqual(new Set(['Sum']));
    expect(
      watched.filter(
        ({ namespace, statistic }) => namespace !== 'AWS/SQS' && statistic === 'Average',
      ),
    ).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('shows every metric of ours but the tokens that were renewed', () => {
    const shown = new Set(widgets.flatMap(widgetMetrics).map(({ name }) => name));
    const hidden = Object.keys(METRIC_UNITS).filter((name) => !shown.has(name));
    expect(hidden).toEqual(['TokensRenewed']);
  });

  it('shows the bucket of each source against its size', () => {
    const buckets = widgets.filter(({ title }) => title?.startsWith('Bucket'));
    expect(
      buckets.map((widget) =>
        widgetMetrics(widget).map(({ name, dimensions }) => `${dimensions['source']} ${name}`),
      ),
    ).toEqual([
      ['open BucketLevel', 'open BucketSize'],
      ['shop BucketLevel', 'shop BucketSize'],
    ]);
  });

  it('shows the state of every alarm', () => {
    const alarms = Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::CloudWatch::Alarm',
    );
    expect(widgets.flatMap(({ alarms: shown = [] }) => shown)).toHaveLength(alarms.length);
  });

  it('asks the logs for fields that their lines have: of rounds one, of what went wrong all', () => {
    const fields = new Set([
      '@timestamp',
      ...linesOf(everyEvent).flatMap((line) => Object.keys(line)),
    ]);
    const queries = widgets.flatMap(({ query = '' }) => query || []);
    const groups = queries.map((query) =>
      [...query.matchAll(/SOURCE '<(\w+)>'/g)].map(([, id = '']) =>
        /\/Driplake-([a-z-]+)\//
          .exec(JSON.stringify(template.Resources[id]?.Properties['LogGroupName']))
          ?.at(1),
      ),
    );
    expect(groups).toEqual([['pull-pages'], FUNCTION_NAMES]);
    for (const query of queries) {
      const named = [
        ...query.matchAll(/(?:sum|max|coalesce)\(([^)]+)\)|fields ([^|]+)|by ([^|]+)/g),
      ];
      const asked = named
        .flatMap(([, a = '', b = '', c = '']) => [a, b, c].join(',').split(/[,\s]+/))
        .filter((word) => /^@?[a-z][A-Za-z]*$/.test(word))
        .filter((word) => !['as', 'why', 'desc'].includes(word) && !/^coalesce/.test(word));
      expect(asked.length).toBeGreaterThan(3);
      expect(asked.filter((word) => !fields.has(word))).toEqual([]);
    }
  });

  it('counts dollars from metrics that stand beside the expression, in plain decimals', () => {
    const math = widgets.map(mathOf).filter(({ expressions }) => expressions.length > 0);
    expect(math.map(({ expressions }) => expressions.length)).toEqual([5, 1]);
    for (const { expressions, ids } of math) {
      for (const expression of expressions) {
        expect(expression).toMatch(/^(0\.0*[1-9]\d* \* FILL\([a-z_]+, 0\)( \+ |$))+$/);
        const named = [...expression.matchAll(/FILL\((\w+)/g)].map(([, id]) => id);
        expect(named.filter((id) => !ids.includes(id ?? ''))).toEqual([]);
      }
    }
  });

  it('says how the dollars are counted, and from when the prices are', () => {
    const texts = widgets.flatMap(({ markdown = '' }) => markdown);
    expect(texts.join('\n')).toMatch(/List prices of Northern Virginia in \d{4}-\d\d/);
  });

  it('passes every rule, and is left out when the settings say so', () => {
    expect(findings).toEqual([]);
    const without = synthesise({ context: { dashboard: false } });
    without.remove();
    expect(widgetsOf(without.template)).toEqual([]);
  });
});
