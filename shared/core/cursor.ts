// Where the next page starts, as JSON that survives the ledger, object metadata and a state
// machine. Values are kept as the API's own text: a 64-bit cursor is never a JavaScript number.

/** Where a page starts; `null` is the first page. */
export type Cursor =
  /** Rows before the next page. */
  | { readonly offset: number }
  /** Number of the next page, and the rows of all pages before it. */
  | { readonly page: number; readonly rows: number }
  /** A value to send back; `number`: it was a JSON number and is one again in a JSON body. */
  | { readonly value: string; readonly number?: true }
  /** A URL to call as it is. */
  | { readonly url: string }
  | null;
