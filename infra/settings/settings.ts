// The choices of one deployment, read from CDK context: cdk.json, or `-c name=value` on the command
// line, where lists are joined by commas and all else is JSON. Faults are listed all at once.

import * as z from 'zod';
import { USUAL_CONCURRENCY } from '../../shared/core/bounds.ts';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { describeFaults } from '../../shared/core/faults.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { FUNCTION_NAMES } from './function-names.ts';
import { baseUrlFaults, sourceUrlFaults } from './open-urls.ts';
import { strayContext } from './stray-context.ts';

/** What a person does about a setting that is wrong. */
export const CORRECT_CONTEXT = 'Correct cdk.json, ~/.cdk.json or the -c options.';

/** Minutes that EventBridge Scheduler may spread a start over, when a schedule does not say. */
const FLEXIBLE_MINUTES = 5;

/** Hours without a finished run that are too many, when a source does not say. */
const MAX_AGE_HOURS = 26;

const hours = z
  .int()
  .min(0)
  .max(366 * 24);

const rate = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/;
/** Minute, hour, day of the month, month, day of the week, year. */
const cron = /^cron\([^\s()]+ [^\s()]+ ([^\s()]+) [^\s()]+ ([^\s()]+) [^\s()]+\)$/;
const EXPRESSION = 'rate(1 hour), or cron(0 3 * * ? *): six fields, ? for one of the two days';
const minutesOf = { minute: 1, hour: 60, day: 24 * 60 };

const schedule = z
  .strictObject({
    /** `rate(1 hour)`, or `cron(0 3 * * ? *)`: EventBridge Scheduler's own syntax. */
    expression: z.string().refine(isExpression, EXPRESSION),
    /** IANA zone of a cron expression: `Europe/Berlin`. Default UTC. */
    timeZone: z
      .string()
      .refine(isTimeZone, 'an IANA time zone such as "Europe/Berlin"')
      .optional(),
    /** Minutes over which starts may be spread; 0 starts on the minute. */
    flexibleMinutes: z.int().min(0).max(1440).default(FLEXIBLE_MINUTES),
    /** Reads these streams only. Default: all. */
    streams: z.array(z.string()).min(1).optional(),
    /** Reads everything again instead of what is new. */
    fullRefresh: z.boolean().optional(),
    enabled: z.boolean().default(true),
  })
  .refine((plan) => minutesBetween(plan.expression) > plan.flexibleMinutes, {
    error: `a rate above flexibleMinutes (default ${FLEXIBLE_MINUTES}), or flexibleMinutes: 0`,
  });

const settingsSchema = z.strictObject({
  /** Name of the stack, and the beginning of the names of what is in it. */
  stack: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
    .max(40)
    .default('Driplake'),
  /** Files of `sources/` to deploy, without `.ts`. */
  sources: z
    .array(z.string())
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'each source once'),
  /** When each source is synced: one schedule, or a list of them. */
  schedules: z.record(z.string(), z.union([schedule, z.array(schedule).min(1)])).default({}),
  /** When small objects are merged and what is left over is removed: `rate(1 day)`, or `off`. */
  compaction: z
    .string()
    .refine(isCompaction, `${EXPRESSION}; or off; at most once an hour`)
    .default('rate(1 day)'),
  /** Most concurrent executions of a function: a cap, taken from the account's own. */
  reservedConcurrency: z
    .partialRecord(z.enum(FUNCTION_NAMES), z.coerce.number().int().min(1))
    .default({}),
  /**
   * Where a source is read instead of its own base URL: a sandbox, a proxy, a test server.
   * Everybody who reads the template reads them: https, without user, password and query.
   */
  baseUrls: z.record(z.string(), z.string()).default({}),
  /** An address that is told of every alarm. It has to confirm the subscription once. */
  alarmEmail: z.email().optional(),
  /**
   * Hours that a scheduled source's oldest stream may be without a finished run before somebody is
   * told; or by source, where those not named have the default. 0 never tells. Default: a day and
   * two hours, for sources that are synced once a day.
   */
  maxAgeHours: z.union([hours, z.record(z.string(), hours)]).default(MAX_AGE_HOURS),
  /** Whether to have a CloudWatch dashboard: $3 a month each, beyond three of the account. */
  dashboard: z.boolean().default(true),
  /** Secrets are named `<secretsPrefix><source>`. */
  secretsPrefix: z
    .string()
    .regex(/^[\w/+=.@-]+$/)
    .default('driplake/'),
  /** Where finished runs are published as tables: Glue, for Athena, or `none`. */
  catalogue: z.enum(['glue', 'none']).default('glue'),
  /** Most that one Athena query may read, GB of 10^9 bytes; 100 cost $0.50. Least: 0.01. */
  scanLimitGigabytes: z.coerce.number().min(0.01).max(1_000_000).default(100),
});

/** What is text on the command line, as it stands in cdk.json. */
const fromText: Readonly<Record<string, (value: unknown) => unknown>> = {
  sources: commaSeparated,
  schedules: (value) => eachOf(parsedJson(value), fullSchedule),
  reservedConcurrency: parsedJson,
  baseUrls: parsedJson,
  maxAgeHours: parsedJson,
  dashboard: parsedJson,
};

export type Settings = z.infer<typeof settingsSchema>;
export type Schedule = z.infer<typeof schedule>;

/**
 * Reads the settings, or throws one configuration error that lists every fault.
 * @param context all of the CDK's: `app.node.getAllContext()`
 */
export function readSettings(context: Readonly<Record<string, unknown>>): Settings {
  const names = Object.keys(settingsSchema.shape);
  const given = names
    .map((name) => [name, (fromText[name] ?? asItIs)(context[name])] as const)
    .filter(([, value]) => value !== undefined);
  const value = Object.fromEntries(given);
  const parsed = settingsSchema.safeParse(value);
  const faults = [
    ...strayContext(Object.keys(context), names),
    ...(parsed.success ? strayNames(parsed.data) : describeFaults(parsed.error, value)),
    ...baseUrlFaults(value['baseUrls']),
  ];
  if (parsed.success && faults.length === 0) return parsed.data;
  throw faulty(faults);
}

/**
 * What the files of the sources say against the settings, all of it at once.
 * @throws DriplakeError
 */
export function checkAgainst(sources: readonly Source[], settings: Settings): void {
  const faults = sources.flatMap((source) => [
    ...strayStreams(source, settings),
    ...tightCap(source, settings),
    ...sourceUrlFaults(source, settings.baseUrls[source.name] !== undefined),
  ]);
  if (faults.length > 0) throw faulty(faults);
}

/** Schedules of streams that are not there would start runs that can only be refused. */
function strayStreams({ name, streams }: Source, { schedules }: Settings): string[] {
  const known = streams.map((stream) => stream.name);
  return [schedules[name] ?? []]
    .flat()
    .flatMap((plan) => plan.streams ?? [])
    .filter((stream) => !known.includes(stream))
    .map((stream) => `schedules.${name}: expected streams out of ${known}, got "${stream}"`);
}

/**
 * A round may take minutes: under a cap below what one source drains at a time, its own streams
 * would keep each other out as long as they last, with an alarm, and with tries in their history
 * that its limit does not reckon with.
 */
function tightCap({ name, streams, concurrency }: Source, settings: Settings): string[] {
  const cap = settings.reservedConcurrency['pull-pages'];
  const needed = Math.min(streams.length, concurrency ?? USUAL_CONCURRENCY);
  if (cap === undefined || cap >= needed) return [];
  return [
    `reservedConcurrency.pull-pages: expected at least ${needed}, the streams that ${name} ` +
      `drains at a time, got ${cap}`,
  ];
}

const faulty = (faults: readonly string[]): DriplakeError =>
  new DriplakeError(
    Failure.configuration,
    `The CDK context has faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    CORRECT_CONTEXT,
  );

/** Hours that a source may go without a finished run; 0 when nobody wants to know. */
export const maxAgeHoursOf = ({ maxAgeHours }: Settings, source: string): number =>
  typeof maxAgeHours === 'number' ? maxAgeHours : (maxAgeHours[source] ?? MAX_AGE_HOURS);

/** Schedules of sources that are not deployed would start runs that can only fail. */
function strayNames(settings: Settings): string[] {
  const { schedules, baseUrls, maxAgeHours } = settings;
  const ages = typeof maxAgeHours === 'number' ? {} : maxAgeHours;
  return Object.entries({ schedules, baseUrls, maxAgeHours: ages }).flatMap(([field, named]) =>
    Object.keys(named)
      .filter((name) => !settings.sources.includes(name))
      .map((name) => `${field}.${name}: expected a source that is deployed (${settings.sources})`),
  );
}

function isExpression(text: string): boolean {
  const [, monthDay, weekDay] = cron.exec(text) ?? [];
  return rate.test(text) || (monthDay === '?') !== (weekDay === '?');
}

function isCompaction(text: string): boolean {
  return text === 'off' || (isExpression(text) && minutesBetween(text) >= 60);
}

function minutesBetween(expression: string): number {
  const [, count, unit] = rate.exec(expression) ?? [];
  if (unit !== 'minute' && unit !== 'hour' && unit !== 'day') return Number.POSITIVE_INFINITY;
  return Number(count) * minutesOf[unit];
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

function commaSeparated(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** A schedule may be its expression alone. */
const fullSchedule = (value: unknown): unknown =>
  typeof value === 'string' ? { expression: value } : value;

/** Of an object whose values may be lists. */
function eachOf(value: unknown, change: (one: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      Array.isArray(one) ? one.map(change) : change(one),
    ]),
  );
}

const asItIs = (value: unknown): unknown => value;

function parsedJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
