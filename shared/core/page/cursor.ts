// Where the next page starts, as JSON that survives the ledger, the head of a batch and a state
// machine. Values are kept as the API's own text: a 64-bit cursor is never a JavaScript number.

/** Where a page starts; `null` is the first page. */
export type Cursor =
  | OffsetCursor
  | NumberCursor
  /** A value to send back; `number`: it was a JSON number and is one again in a JSON body. */
  | { readonly value: string; readonly number?: true }
  /** A URL to call as it is. */
  | { readonly url: string }
  | null;

/** Rows before the next page, and what is known of them. */
export interface OffsetCursor {
  readonly offset: number;
  /** Rows at the head of the next page that were read before, when nothing has moved. */
  readonly overlap?: number;
  /** The most rows that one page has held. */
  readonly size?: number;
  /** Rows that the next page begins before the overlap, and how many steps led there. */
  readonly back?: { readonly rows: number; readonly steps: number };
  /** Marks of the rows that were read last, in their order. */
  readonly tail?: readonly string[];
}

/** Number of the next page, and the rows of all pages before it. */
export interface NumberCursor {
  readonly page: number;
  readonly rows: number;
  readonly tail?: readonly string[];
}

/** In place of a cursor that is too long: where it is kept, by the SHA-256 of its JSON in hex. */
export interface StoredCursor {
  readonly stored: string;
  readonly bytes: number;
}

/** A cursor as the ledger and the head of a batch keep it. */
export type KeptCursor = Cursor | StoredCursor;

/** For people: where the next page starts, without what is remembered of the rows before it. */
export const describeCursor = (cursor: KeptCursor): string =>
  JSON.stringify(cursor, (key, value: unknown) =>
    key === 'tail' || key === 'size' ? undefined : value,
  );
