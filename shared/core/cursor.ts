// Where the next page starts, as JSON that survives the ledger, object metadata and a state
// machine. Values are kept as the API's own text: a 64-bit cursor is never a JavaScript number.

import * as z from 'zod';

const count = z.int().nonnegative();

/** For the edges where a stored cursor is read back; `null` is the first page. */
export const cursorSchema = z
  .union([
    /** Rows before the next page. */
    z.strictObject({ offset: count }),
    /** Number of the next page, and the rows of all pages before it. */
    z.strictObject({ page: count, rows: count }),
    /** A value to send back; `number`: it was a JSON number and is one again in a JSON body. */
    z.strictObject({ value: z.string(), number: z.literal(true).optional() }),
    /** A URL to call as it is. */
    z.strictObject({ url: z.string() }),
  ])
  .nullable();

/** Where a page starts; `null` is the first page. */
export type Cursor =
  | { readonly offset: number }
  | { readonly page: number; readonly rows: number }
  | { readonly value: string; readonly number?: true }
  | { readonly url: string }
  | null;
