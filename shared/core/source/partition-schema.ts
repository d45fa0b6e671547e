// What a stream may say of its partitions: whose children its records are, which lists and which
// windows it is walked by. And where the names of their values may stand in braces.

import * as z from 'zod/mini';
import { LIST_VALUES, NAME_CHARS, PARTITION_FACTORS, WINDOW_SPAN } from '../bounds.ts';
import { isTimeFormat } from '../time/time-format.ts';
import { inBraces } from './template/settings.ts';
import { namesIn } from './template/template.ts';
import { textsOf } from './template/texts.ts';
import { fieldsOf, pick, textAt } from './written.ts';

const text = z.string().check(z.minLength(1));
const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** What stands in braces before the dot, or alone. */
const nameInBraces = z
  .string()
  .check(
    z.regex(/^[a-z][A-Za-z0-9_-]*$/, { error: 'a name such as "order" or "shop"' }),
    z.maxLength(NAME_CHARS),
  );

/** One partition for each record of another stream of the source. */
const parent = z.strictObject({
  /** Name of that stream. */
  parent: text,
  /** What its records are called in braces: `{issue.number}`. Default: its name. */
  as: z.optional(nameInBraces),
  /**
   * `changed`: those records that the parent's runs brought since this stream last finished; `all`:
   * those known from earlier runs as well. Default: `all` where this stream has a watermark of its
   * own and the parent reads only what changed, otherwise `changed`.
   */
  of: z.optional(z.enum(['changed', 'all'])),
  /** Only records whose field has this value. */
  where: z.optional(
    z.strictObject({
      field: text,
      equals: z.union([z.string(), z.number(), z.boolean(), z.null()]),
    }),
  ),
});

/** One partition for each value of a list. */
const list = z.strictObject({
  /** What a value is called in braces: `{shop}`. */
  name: nameInBraces,
  values: z.array(scalar).check(z.minLength(1), z.maxLength(LIST_VALUES)),
});

/** The same, for a list that the owner gives: a setting with commas between its values. */
const listOfSetting = z.strictObject({ name: nameInBraces, setting: text });

const factor = z.union([parent, list, listOfSetting]);

/** One factor, or several: a partition for each combination of them. */
export const partitions = z.union([
  parent,
  list,
  listOfSetting,
  z.array(factor).check(z.minLength(1), z.maxLength(PARTITION_FACTORS)),
]);

/** A way to write times. */
export const times = text.check(
  z.refine(isTimeFormat, {
    error: '"epoch", "epoch-ms", "dot-net", "rfc-2822" or a pattern such as "YYYY-MM-DD"',
  }),
);

const span = z.optional(z.int().check(z.positive(), z.maximum(WINDOW_SPAN)));

/** How long a window is, and how its ends `{from}` and `{to}` are written. */
export const windows = z
  .strictObject({
    days: span,
    /** Windows of calendar months and years begin with these. */
    months: span,
    years: span,
    /** How its ends are written. Default: as the watermark is in requests. */
    as: z.optional(times),
    /** The API counts what lies at `{to}` as inside: it is then one unit before the next window. */
    inclusive: z.optional(z.literal(true)),
  })
  .check(
    z.superRefine(({ days, months, years }, context) => {
      if ([days, months, years].filter((length) => length !== undefined).length === 1) return;
      context.addIssue({ code: 'custom', path: ['days'], message: 'one of days, months, years' });
    }),
  );

/** Share of a run's partitions that the API may refuse before the stream fails. */
export const skipAtMost = z.number().check(z.minimum(0), z.maximum(1));

/** Fields at the head of each line: a name, and what is written there. */
export const include = z.record(text, z.string());

export type Factor = z.infer<typeof factor>;
export type ParentFactor = z.infer<typeof parent>;
export type Windows = z.infer<typeof windows>;

/** Names of a window's ends in braces. */
export const WINDOW_NAMES = ['from', 'to'] as const;

/** Names in braces that every stream knows: an ISO time to the second, and its UTC date. */
export const RUN_NAMES = ['now', 'today'] as const;

/** Whether requests of a stream say where its run begins. */
export const carriesWatermark = (stream: unknown): boolean =>
  textAt(stream, 'incremental', 'param') !== undefined || namesAsked(stream).includes('from');

/** The smallest step that a way of writing tells from the next. */
export type Unit = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond';

/** By the finest part of a pattern. */
export function unitOf(as: string): Unit {
  if (as === 'epoch' || as === 'rfc-2822') return 'second';
  if (as === 'epoch-ms' || as === 'dot-net') return 'millisecond';
  const finest = UNITS.find(([token]) => as.includes(token));
  return finest?.[1] ?? 'year';
}

const UNITS: readonly (readonly [token: string, unit: Unit])[] = [
  ['ss', 'second'],
  ['mm', 'minute'],
  ['hh', 'hour'],
  ['DD', 'day'],
  ['MM', 'month'],
];

/** The factors of a stream, one or several. */
export const factorsOf = ({
  partitions: declared = [],
}: {
  readonly partitions?: z.infer<typeof partitions> | undefined;
}): readonly Factor[] => (Array.isArray(declared) ? declared : [declared]);

/** Names in braces in what each request of a stream carries, behind a letter too: `no{order.id}`. */
export const namesAsked = (stream: unknown): string[] => [
  ...namesIn(textAt(stream, 'path') ?? ''),
  ...namesInTexts(pick(stream, 'query')),
  ...namesInTexts(pick(stream, 'headers')),
  ...[...textsOf(pick(stream, 'body'), '')].flatMap(([, value]) =>
    textAt(stream, 'bodyAs') === 'form' ? namesIn(value) : inBraces(value, 'whole'),
  ),
];

/** Names in braces in the fields that a stream adds to its lines. */
export const namesIncluded = (stream: unknown): string[] => namesInTexts(pick(stream, 'include'));

const namesInTexts = (texts: unknown): string[] =>
  fieldsOf(texts).flatMap(([, value]) => (typeof value === 'string' ? namesIn(value) : []));
