// What the X-Series does that a client must bear, each to be switched on alone.

export interface XSeriesQuirks {
  /** A `page_size` over the most is clamped in silence; off: 400. */
  readonly clampPageSize: boolean;
  /** The empty page has `{"min":null,"max":null}`; off: zeros. */
  readonly nullVersions: boolean;
  /** Versions start above 2^53. */
  readonly bigVersions: boolean;
  /** Deleted records only with `deleted=true`; off: always. */
  readonly hideDeleted: boolean;
  readonly userAgentRequired: boolean;
  /** `Retry-After` is an HTTP-date; off: seconds. */
  readonly dateRetryAfter: boolean;
  /** As older clients read it: `retry-after` in the body too. */
  readonly bodyRetryAfter: boolean;
  /** Money of sales is a string, of everything else a number. */
  readonly stringMoney: boolean;
  /** `after` must be digits; null, NaN and exponents answer 400. */
  readonly exactVersions: boolean;
}
