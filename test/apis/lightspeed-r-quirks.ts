// What the R-Series does that a tidy API would not, each behind its own switch, so that a test
// can show which one a client cannot stand. All of them together are the vendor as it is.

export interface RSeriesQuirks {
  /** Every scalar is a JSON string, `@attributes` included. */
  readonly stringScalars: boolean;
  /** A page with one record holds an object, not an array of one. */
  readonly oneAsObject: boolean;
  /**
   * Zero rows: the resource key is absent (legacy: offset and limit too when nothing matches at
   * all).
   */
  readonly keylessEmpty: boolean;
  /** V3: a list that fills its last page still gives a `next`, to a page with no rows. */
  readonly emptyLastPage: boolean;
  /** JSON errors come with `Content-Type: text/html; charset=UTF-8`. */
  readonly htmlErrors: boolean;
  /** A 401 carries no bucket headers. */
  readonly bareUnauthorized: boolean;
  /** The level is a float with up to 14 digits; off: rounded up. */
  readonly floatLevel: boolean;
  /** `X-LS-API-` and `X-LS-Api-` and lower case by turns. */
  readonly mixedHeaderCase: boolean;
  /** As in older recordings: no Drip-Rate, no Request-Cost. */
  readonly olderHeaders: boolean;
  /** `load_relations` adds 0.1 (to-one) or 0.2 (to-many), doubled on lists. */
  readonly relationCost: boolean;
  /** `count=1` costs 10. */
  readonly countCost: boolean;
  /** `archived=false` is the default. */
  readonly archivedDefault: boolean;
  /** XML unless the path ends in `.json` and `Accept` says JSON. */
  readonly xmlDefault: boolean;
  /** The `next` URL must be used byte for byte. */
  readonly strictCursor: boolean;
  /** Operator, comma and plus of a filter must be percent-encoded. */
  readonly encodedFilters: boolean;
  /** `Shipment` answers as `OrderShipment`, `Inventory/Transfer` as `Transfer`, ... */
  readonly envelopeNames: boolean;
  /** Errors cost what a success costs. */
  readonly chargedErrors: boolean;
  /** Fixed one-second windows beside the bucket. */
  readonly burst: boolean;
}

export const allQuirks: RSeriesQuirks = {
  stringScalars: true,
  oneAsObject: true,
  keylessEmpty: true,
  emptyLastPage: true,
  htmlErrors: true,
  bareUnauthorized: true,
  floatLevel: true,
  mixedHeaderCase: true,
  olderHeaders: true,
  relationCost: true,
  countCost: true,
  archivedDefault: true,
  xmlDefault: true,
  strictCursor: true,
  encodedFilters: true,
  envelopeNames: true,
  chargedErrors: true,
  burst: true,
};

export const noQuirks: RSeriesQuirks = {
  stringScalars: false,
  oneAsObject: false,
  keylessEmpty: false,
  emptyLastPage: false,
  htmlErrors: false,
  bareUnauthorized: false,
  floatLevel: false,
  mixedHeaderCase: false,
  olderHeaders: false,
  relationCost: false,
  countCost: false,
  archivedDefault: false,
  xmlDefault: false,
  strictCursor: false,
  encodedFilters: false,
  envelopeNames: false,
  chargedErrors: false,
  burst: false,
};
