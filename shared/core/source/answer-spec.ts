// What a source says of the answers of its API: where the records stand in one, what is no error
// there, and what one means that does not mean the usual.

import * as z from 'zod/mini';
import type { RecordsSpec } from '../records/records.ts';
import { hasStar } from '../records/stars.ts';

const text = z.string().check(z.minLength(1));

export const records = z.union([
  z.string(),
  z
    .strictObject({
      /**
       * Dotted path to the list; `''` is the document itself; `auto` tries data, results, ... A `*`
       * stands for each element of a list or each value of an object: `items.*.data`, `rates.*`.
       * Default `''`.
       */
      path: z.optional(z.string()),
      /** `record`: an object where a list was expected is one record (R-Series). */
      single: z.optional(z.literal('record')),
      /**
       * `null`: null in place of the list is zero rows; `none`: a missing list is, too. Otherwise both
       * are faults.
       */
      missing: z.optional(z.enum(['none', 'null'])),
      /** How the body is written: `json` (default), `lines` of JSON, `csv` with a header row. */
      format: z.optional(z.enum(['json', 'lines', 'csv'])),
      /** Of CSV: what stands between values. Default a comma. */
      delimiter: z.optional(z.string().check(z.regex(/^[^"\r\n]$/))),
      /** Of a path with a `*` that leads through an object: the field for the key of each value. */
      key: z.optional(text),
    })
    .check(
      z.superRefine(({ path = '', single, format = 'json', delimiter, key }, context) => {
        const fault = (field: string, message: string) =>
          context.addIssue({ code: 'custom', path: [field], message });
        const isJson = format === 'json';
        if (!isJson && path !== '')
          fault('path', `to be left out: ${format} has no way to records`);
        if (!isJson && single) fault('single', `to be left out: ${format} has no lists`);
        if (format !== 'csv' && delimiter !== undefined) fault('delimiter', 'to stand beside csv');
        if (key !== undefined && !hasStar(path))
          fault('key', 'a path with a *, whose keys it gets');
      }),
    ),
]);

/** The long form of what a stream declares. */
export function recordsOf(declared: z.infer<typeof records>): RecordsSpec {
  if (typeof declared === 'string') return { path: declared };
  const { path = '', ...rest } = declared;
  return { path, ...rest };
}

export const verdict = z
  .strictObject({
    /** A status, or a class such as `5xx`. Beside a `body` it may be left out. */
    status: z.optional(
      z.union([
        z.int().check(z.minimum(100), z.maximum(599)),
        z.string().check(z.regex(/^[1-5]xx$/)),
      ]),
    ),
    /** Text that the body must contain somewhere, whatever its case. */
    text: z.optional(text),
    /** A header that must be present, or carry the value given. */
    header: z.optional(z.strictObject({ name: text, value: z.optional(text) })),
    /**
     * Dotted path of a value beside the records that must be there, and neither null, false nor
     * empty; or be what `equals` says.
     */
    body: z.optional(text),
    equals: z.optional(z.union([z.string(), z.number(), z.boolean(), z.null()])),
    /**
     * `retry` with backoff; `blocked` by a limit; `refresh` the token; `skip` the stream, `refuse`
     * the run. Of a walk: this is its `end`; its cursor is dead, `restart` it once; the page is
     * `empty`, go on behind it.
     */
    verdict: z.enum(['retry', 'blocked', 'skip', 'refuse', 'refresh', 'end', 'restart', 'empty']),
  })
  .check(
    z.superRefine(({ status, body, equals }, context) => {
      const fault = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: [field], message });
      if (body !== undefined) return;
      if (status === undefined) fault('status', 'a number, a class such as 5xx, or a body');
      if (equals !== undefined) fault('body', 'the path of a value beside equals');
    }),
  );

export type Verdict = z.infer<typeof verdict>;
