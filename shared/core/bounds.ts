// Every bound of what the functions run, with the arithmetic or the quota behind it. Nothing else
// in shared/ and functions/ bounds a loop, a queue, a retry, a body or a wait by a number of its
// own; what only a laptop or a deployment knows stands beside its code in local/ and infra/.

// -- State machines -----------------------------------------------------------------------------

/** History events of one Standard execution (Step Functions quota, hard). */
export const EXECUTION_EVENTS = 25_000;

/** Bytes of any input, output or state (Step Functions quota, hard). */
export const STATE_BYTES = 256 * 1024;

/**
 * Rounds of one drain execution before it hands over to a new one. A round is a Lambda task
 * (5 events), a Choice (2) and a Wait (2) = 9, and each retry is 3 more. Every tenth round may take
 * all 9 retries of a fault: 1,800 x (9 + 2.7) = 21,060. The other 3,900 are 1,300 tries for which
 * Lambda was too busy: ten hours of them, or two in every three rounds.
 */
export const ROUNDS_PER_EXECUTION = 1_800;

/**
 * Segments of all streams of one run. Each is a nested execution (6 events) and a Choice (2) in
 * the parent: 2,400 x 8 = 19,200. Its other states are 1,200 events with those of WAVES, which
 * leaves 1,500 retries of 3: 37 for each of the 40 streams that may wait for Lambda at a time. One
 * stream may make its even part: 2,400 x 1,800 rounds for a single one.
 */
export const SEGMENTS_PER_RUN = 2_400;

/**
 * Streams that follow from each other: each wave of a run is planned (5 events), looked at (2 + 2)
 * and mapped over (4). 16 x 13 = 208; real ones are two to five deep.
 */
export const WAVES = 16;

/** Streams of one run: ids only, 100 x ~200 bytes stays far below STATE_BYTES. */
export const STREAMS_PER_SOURCE = 100;

/** Most streams drained at a time: iterations of an inline Map (Step Functions quota). */
export const MAP_CONCURRENCY = 40;

/** Streams drained at a time when a source does not say: more do not make its limit any larger. */
export const USUAL_CONCURRENCY = 4;

// -- One round ----------------------------------------------------------------------------------

/** Memory of the pulling function in MB; the break-even below is computed from it. */
export const PULL_MEMORY_MB = 256;

/** Timeout of the pulling function, seconds. A crash repeats at most this much work. */
export const PULL_TIMEOUT_SECONDS = 300;

/**
 * Of the time that a round has, the part that it keeps for one more request and for landing, at
 * the most: with 60 s of a request and 30 s for landing, one that has less than 180 s still gets
 * half of it to pull pages.
 */
export const LANDING_SHARE = 0.5;

/**
 * How much the last request counts in the smoothed time of one: after five of them, a change counts
 * for 1 - 0.8^5 = 67 %.
 */
export const REQUEST_TIME_WEIGHT = 0.2;

/** A Wait state waits whole seconds (Step Functions takes an integer); the rest is slept, ms. */
export const WAIT_STEP_MS = 1_000;

/**
 * A sleep looks at the clock again after so much, ms: a machine that was asleep, or whose clock was
 * set, waits no longer than that. Node fires a timer of more than 2^31 ms (24.8 days) at once.
 */
export const SLEEP_SLICE_MS = 60_000;

/** Time a round keeps for landing its batch and committing: a 32 MB PUT plus retries, ms. */
export const LANDING_RESERVE_MS = 30_000;

/**
 * Sleeping inside the function costs as much as leaving it for the loop (Task + Choice + Wait =
 * 3 transitions of $25 per million) after 3 x $0.000025 / ($0.0000133334 x GB) seconds:
 * 22.5 s at 256 MB. Shorter waits are slept, longer ones are left to the Wait state.
 */
export const breakEvenSeconds = (memoryMb: number): number =>
  (3 * 0.000025) / (0.0000133334 * (memoryMb / 1024));

/** Uncompressed bytes after which a batch is full: it is held in memory while it compresses. */
export const BATCH_BYTES = 64 * 1024 * 1024;

/** Pages after which a batch is full: what a crash may have to fetch again. */
export const BATCH_PAGES = 1_000;

/** Pages of one run when a source sets no `maxPages`: the last resort against endless data. */
export const RUN_PAGES = 50_000_000;

// -- HTTP ---------------------------------------------------------------------------------------

/** Bytes of one response body, decompressed. */
export const BODY_BYTES = 48 * 1024 * 1024;

/** Bytes of a response's head: Node's own default, eight times what real APIs send. */
export const HEADER_BYTES = 16 * 1024;

/** Seconds for one request, headers and body. R-Series answers heavy pages after half a minute. */
export const REQUEST_SECONDS = 60;

/** Most that a source may say instead: a round has PULL_TIMEOUT_SECONDS, and lands within them. */
export const REQUEST_SECONDS_MOST = 240;

/** Permits of one request: beyond any bucket that is known (R-Series: 10 for a count). */
export const REQUEST_COST = 1_000;

/** Redirects followed, on the same origin only. */
export const REDIRECTS = 3;

/** Bytes of a redirect's body, which nobody looks at: beyond them the connection is given up. */
export const REDIRECT_BODY_BYTES = 16 * 1024;

/** Bytes of a body that an error may quote as evidence. */
export const EVIDENCE_BYTES = 120;

/** Bytes in which credentials are looked for: the evidence, and the longest that begins in it. */
export const REDACTED_BYTES = EVIDENCE_BYTES + 64 * 1024;

/** Characters of a URL that an error names; a cursor in it may have thousands. */
export const URL_CHARS = 200;

// -- Retries ------------------------------------------------------------------------------------

/** First and longest pause of the exponential backoff, ms (full jitter below each). */
export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_LONGEST_MS = 60_000;

/**
 * Seconds of faults without one good page after which the run fails, its cursor kept. That are some
 * 36 tries: 7 in the first half minute, then one in half of BACKOFF_LONGEST_MS on average.
 */
export const PATIENCE_SECONDS = 900;

/**
 * How long every request may be throttled without one good page, from the end of the first wait
 * that the API named, ms. Quotas of a day are the longest that are met by a run of every night;
 * asked once a minute (BACKOFF_LONGEST_MS), it is 1,440 requests.
 */
export const THROTTLED_PATIENCE_MS = 24 * 3600 * 1000;

// -- Budgets ------------------------------------------------------------------------------------

/**
 * Longest time that a scope is throttled: the quota of a month is the longest that APIs have. It
 * is 2,678,400 s; a Wait of Step Functions may last 99,999,999. A response that names a later time
 * ends the run, which says so; a window that ends later is not believed.
 */
export const THROTTLE_LONGEST_MS = 31 * 24 * 3600 * 1000;

/** Shortest throttle: `Retry-After: 0` must not become a hot loop. */
export const THROTTLE_SHORTEST_MS = 1_000;

/**
 * Throttled requests in a row that are counted: THROTTLE_SHORTEST_MS doubled 6 times is beyond
 * BACKOFF_LONGEST_MS, and 16 times still far from what a number can hold.
 */
export const THROTTLED_IN_A_ROW = 16;

/** Share of a throttle that is added as jitter, so that all holders do not return at once. */
export const THROTTLE_JITTER = 0.1;

/** Permits in one lease: 250 pages share the one write that settles them. */
export const PERMITS_PER_LEASE = 250;

/** Permits in the first lease of a short window, before a request was timed. */
export const UNTIMED_PERMITS = 5;

/**
 * How much faster than its requests were so far a holder may turn out to be: at 100 ms a request it
 * asks for a pace of 15 a second, not 10. Less would hold back an API that has become faster.
 */
export const HOLDER_HASTE = 1.5;

/** A lease outlives its ready time by the longest life of a function plus a margin, ms. */
export const PERMIT_LEASE_MS = (PULL_TIMEOUT_SECONDS + 60) * 1000;

/** Holders in one scope: each entry is ~120 bytes, the item stays far below 400 KB. */
export const LEASES_PER_SCOPE = 500;

/** Entries of a window's log; neighbours are merged towards the later, safe side. */
export const WINDOW_LOG_ENTRIES = 48;

/**
 * Thousandths of a unit by which a bucket may seem too full when permits are ready: a leak that is
 * not a whole number is rounded down, once until now and once until then.
 */
export const LEVEL_ROUNDING_MILLI = 2;

/** Windows this short are shared as a pace (requests per window), not as counts. */
export const PACED_WINDOW_MS = 5_000;

/**
 * What a request is taken to be on its way where several short windows become one: its last request
 * must be answered before the next stretch begins, so that short stretches lose more, ms.
 */
export const PACED_WAY_MS = 100;

/** Requests whose times are remembered to keep a pace: 200 a second are beyond any client. */
export const PACED_REQUESTS = 1_000;

/** A stored time this far ahead of the reader is a broken clock, not a fast one, ms. */
export const CLOCK_SKEW_MS = 5 * 60 * 1000;

/** Attempts at one conditional write of a budget; each loser saw another one win. */
export const CONTENTION_ATTEMPTS = 50;

/**
 * Longest pause before the next of them, ms: ten more each time, up to ten writes of 10 ms from the
 * tenth on. All 50 together are 4.5 s at the most, 2.2 s on average: a round that is about to land
 * loses less than a sixth of LANDING_RESERVE_MS.
 */
export const contentionPauseMs = (attempt: number): number => 10 * Math.min(attempt, 10);

/** A time that is told in whole seconds may be cut down: come this much later, ms. */
export const RESET_MARGIN_MS = 1_000;

/** Times that permits are taken anew when the clock was set back meanwhile: it is not, mostly. */
export const TAKEN_ANEW = 3;

// -- Waiting ------------------------------------------------------------------------------------

/**
 * Share of the time a run has taken that it may wait for several permits together. Waits begin to
 * leave the function, and so to cost time at the end, after 22.5 s / 0.018 = 1,250 s; a Wait of
 * whole seconds and its round add 1.5 s then: 0.018 + 1.5 / 1,250 = 0.0192, below the 2 % we
 * promise.
 */
export const WAIT_SHARE = 0.018;

/**
 * Share of the permits worth waiting for together that is spent at once when it fits: 72 after a
 * wait, then 29 and 11 that leaked meanwhile; for less it is not worth a write of the ledger.
 */
export const SPEND_FIRST_SHARE = 0.125;

/**
 * Part of a holder's share that it may take at once: half of it leaves room for one who comes next.
 * A single holder of an empty bucket of 60, whose share is 48, begins with 24.
 */
export const AT_ONCE_SHARE = 0.5;

/** Share of a bucket that may drain before it is spent again: the rest is our margin. */
export const WAIT_BUCKET_SHARE = 0.8;

/**
 * Share of a window's period that may be waited for several permits together. A window shifts with
 * every late request, so this delay adds up once a period: the run takes at most 1 % longer.
 */
export const WAIT_WINDOW_SHARE = 0.01;

/** How long one who finds everything held waits for each holder queued before it, ms. */
export const QUEUE_TURN_MS = 250;

/**
 * Share of the time that one has waited after which it asks again. An eighth later each time makes
 * 8 tries in the first 2 s, when QUEUE_TURN_MS is longer, and 64 up to an hour: 2 s x 1.125^64.
 */
export const QUEUE_PATIENCE_SHARE = 0.125;

/** Time a queued holder keeps its place without asking again, ms. */
export const QUEUE_PLACE_MS = 60_000;

/** A place that lasts this long beyond the next turn is not written anew: a write in two tries. */
export const QUEUE_PLACE_RENEWED_MS = QUEUE_PLACE_MS / 2;

// -- Runs and leases of streams -----------------------------------------------------------------

/** A stream's lease beyond the time its next round is due, ms: three lives of a function. */
export const STREAM_LEASE_MS = 3 * PULL_TIMEOUT_SECONDS * 1000;

/** An unfinished run younger than this is completed as it is: finished streams are not redone. */
export const RUN_RESUME_MS = 24 * 3600 * 1000;

/** Conditional writes tried by one round before it gives the turn back. */
export const COMMIT_ATTEMPTS = 5;

/**
 * The finishing function. A request takes 0.7 ms of a processor, of which 1,024 MB are 0.58: with
 * TLS some 1.5 ms each, 600,000 in 900 s. RUN_PAGES at a hundred pages a batch are 500,000.
 */
export const FINISH_MEMORY_MB = 1_024;
export const FINISH_TIMEOUT_SECONDS = 900;

/** Objects of one run of one stream: the sequence has eight digits. */
export const OBJECTS_PER_RUN = 100_000_000;

// -- Walks ---------------------------------------------------------------------------------------

/**
 * A cursor of more bytes of JSON is kept in an object of its own. The head of a batch holds two
 * cursors in the 65,531 bytes of a gzip header's extra field: 2 x 8 KB leave 48 KB for the counts
 * beside them, and an item of the ledger stays far below 400 KB. How long a cursor may be follows
 * from where it was read: BODY_BYTES, and MAX_ENVELOPE_BYTES beside the records.
 */
export const CURSOR_INLINE_BYTES = 8 * 1024;

/** Characters of a cursor that a message quotes: two lines of a terminal have room for the rest. */
export const EXCERPT_CHARS = 80;

/** Most rows that pages of one stream may overlap: they are fetched twice on every page. */
export const OVERLAP_ROWS = 20;

/**
 * Rows that are remembered of what was read last, 14 bytes of JSON each. Twice the widest overlap:
 * when all rows of the overlap were deleted, as many before them still tell where we are.
 */
export const TAIL_ROWS = 2 * OVERLAP_ROWS;

/**
 * Steps back in search of the rows that were read last. Steps double up to the size of a page: in
 * pages of 100 that overlap by 5, eight of them reach 10, 20, 40, 80, 160, 255, 350 and 445 rows.
 */
export const OVERLAP_STEPS = 8;

/**
 * Part of the overlap that must be met again where rows have no key: one that looks the same proves
 * little, all of them would be none when a single row of it was deleted.
 */
export const KEYLESS_EVIDENCE_SHARE = 0.5;

/** Places searched for in one run: in a list without an order there are as many as pages. */
export const OVERLAP_SEARCHES = 20;

/** Byte-identical pages that a stream with a primary key may meet before it counts as a loop. */
export const REPEATED_PAGES = 3;

/** The same without a primary key, where pages may well be alike: a quarter of an hour at 1/s. */
export const REPEATED_KEYLESS_PAGES = 1_000;

/** Empty pages in a row that lead to another one: half an hour at 1/s of nothing. */
export const EMPTY_PAGES = 2_000;

/**
 * How deep and how far a document is searched for a next page that its source does not declare:
 * `data.shop.products.pageInfo.hasNextPage` is 5 deep, and envelopes have some 20 keys.
 */
export const LOOK_ALIKE_DEPTH = 8;
export const LOOK_ALIKE_KEYS = 1_000;

// -- Records ------------------------------------------------------------------------------------

/** Bytes of a commit record: 65,535 of a gzip header's extra field, less 4 for the subfield's name. */
export const HEAD_RECORD_BYTES = 0xffff - 4;

/** Characters of a source, stream or run name: they become keys, tables and execution names. */
export const NAME_CHARS = 48;

/**
 * Heads of batches that a finish reads at a time, and manifests that a query does. 3,000,000 pages
 * are some 30,000 objects: one after the other, 15 ms each, they take 450 s, 32 at a time 14 s.
 */
export const HEADS_AT_ONCE = 32;

/** Bytes of a head that are read first: most have some 600, a longer one is read again. */
export const HEAD_FIRST_BYTES = 4 * 1024;

/** Compression of batches: level 4 halves the processor time of level 6 for 3 % more bytes. */
export const GZIP_LEVEL = 4;

// -- Tokens -------------------------------------------------------------------------------------

/**
 * Two refreshes of a source are at least this far apart: three a minute (R-Series allows five). A
 * rejection is told for as long as that, then a mistake of the vendor is over.
 */
export const TOKEN_LOCK_MS = 20_000;

/** One token request: the lock has 5 s more, for reading and storing the secret. */
export const TOKEN_REQUEST_MS = 15_000;

/** What is left of the lock when the answer has come: time to store it. */
export const TOKEN_STORE_MS = 3_000;

/**
 * How long a loser waits for others to refresh: three of them in a row, each as slow as can be.
 */
export const TOKEN_WAIT_MS = 3 * TOKEN_LOCK_MS;

/**
 * Somebody else took the lock at the same moment, and until when was not read: look again after
 * less than the half second that a refresh takes, ms.
 */
export const LOST_LOCK_MS = 200;

/** Shortest pause, however near the end of the lock is: ten looks a second at the most. */
export const TOKEN_LOOK_SHORTEST_MS = 100;

/** First and longest pause between two looks at the secret: a refresh takes half a second. */
export const TOKEN_LOOK_FIRST_MS = 400;

export const TOKEN_LOOK_LONGEST_MS = 3_000;

/**
 * A token that answered a 401 and is rejected itself is not renewed again for this long: the
 * rejection means something else then. A process that lives longer may try once more.
 */
export const TOKEN_PROBATION_MS = 5 * 60_000;

/** Characters of a secret in a link. Shorter values may be a key's by chance, as a page's number. */
export const CREDENTIAL_CHARS = 16;

/** A token is renewed this long before it expires, or a tenth of its life, whichever is less. */
export const TOKEN_MARGIN_MS = 60_000;

/**
 * Spellings inside each other that are read to find a credential: a URL in JSON in HTML in a log in
 * JSON is five.
 */
export const SPELLING_LEVELS = 6;

/** Bytes of the cookies that a walk carries: what servers take in a header, and an item holds. */
export const COOKIE_BYTES = 4 * 1024;

/** Names of cookies that a source may keep. */
export const COOKIES = 20;

/** A JWT is good for one request and what clocks may differ: Box takes none that live longer. */
export const JWT_LIFE_SECONDS = 60;

/** Bytes of a token answer: a secret holds 65,536 in all (Secrets Manager). */
export const TOKEN_BODY_BYTES = 48 * 1024;

// -- Documents and columns ----------------------------------------------------------------------

/**
 * Containers inside each other, the document's own included. Jackson, with which Athena reads
 * JSON, refuses more than 1,000: a deeper record could be landed but never be queried.
 */
export const MAX_JSON_DEPTH = 1_000;

/**
 * Bytes of a body that are not records and are parsed for cursors and totals. A page's envelope is
 * some hundred bytes; the limit leaves room for APIs that put related rows beside the records.
 * Parsed, 4 MiB take some 40 MB of the function's 256. More means that the path leads elsewhere.
 */
export const MAX_ENVELOPE_BYTES = 4 * 1024 * 1024;

/**
 * More top-level keys than this are no columns: they stay in the lake's lines, out of SQL, and
 * the inspection counts them. Athena and Glue grow slow long before; a record that is a map from
 * ids is the usual cause.
 */
export const MAX_COLUMNS = 2_000;

/**
 * Bytes that the columns of a stream take in the ledger, where they are one item of at most 400 KB
 * (DynamoDB quota). Each takes its name, its key and COLUMN_ENTRY_BYTES for what stands around
 * them: 2,000 columns fit with keys of 36 bytes, a UUID. Further keys are no columns. The view's
 * text then stays below Glue's 409,600 bytes too: it has each name twice, in base64.
 */
export const MAX_COLUMNS_BYTES = 300_000;
export const COLUMN_ENTRY_BYTES = 76;

/** Glue allows 255 bytes in a column's name (UTF-8); a suffix must still fit. */
export const MAX_NAME_BYTES = 240;

/**
 * What a batch's head keeps of the values that casts lose: some 60 casts by names of 20 bytes. The
 * head has 65,531 bytes, of which a cursor takes 8 KB.
 */
export const LOST_CASTS_BYTES = 2 * 1024;

/**
 * The largest record that a query reads, in bytes; DuckDB keeps two of them a thread, untouched
 * until used.
 */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/**
 * Bytes of JSON that a run's report spends on the drift of one stream: 100 streams x 1,200 are
 * less than half of STATE_BYTES. What does not fit is counted; the manifest has all of it.
 */
export const DRIFT_BYTES = 1_200;

// -- What is believed of an answer --------------------------------------------------------------

/** A moment further back than this is damaged data; up to it, it is now: clocks differ. */
export const PAST_MS = 24 * 3600 * 1000;

/**
 * Bytes of a throttled body that may be parsed for a time; those that have one are far smaller.
 */
export const THROTTLED_BODY_BYTES = 16 * 1024;

/** Names that one header of a limit may have had: Zendesk's changed twice. */
export const HEADER_NAMES = 5;

/** Windows told in one header: Strava has two, and no API is known to have more than four. */
export const WINDOWS_IN_A_HEADER = 4;

/**
 * Bytes of a body that are made text at a time while a verdict's text is looked for in all of it:
 * one of BODY_BYTES takes 768 pieces, and no more memory than two of them.
 */
export const TEXT_PIECE_BYTES = 64 * 1024;

// -- Connections --------------------------------------------------------------------------------

/** The most streams that a source drains at once: a page never queues behind another's. */
export const CONNECTIONS = 40;

/** A wait inside a function lasts at most 22.5 s, and the connection is still there after it. */
export const KEEP_ALIVE_MS = 30_000;

/** A host that accepts no connection for this long is unreachable, whatever the request allows. */
export const CONNECT_MS = 10_000;

/** Window of a zstd body as a power of two: 8 MB, the most that RFC 9659 lets a server use. */
export const ZSTD_WINDOW_LOG = 23;

/** Codings on one body: more than two is not compression but an attack. */
export const CODINGS = 2;

// -- Compaction ---------------------------------------------------------------------------------

/**
 * Compressed bytes merged into one object: what Athena likes best. Being merged, it takes twice
 * that (the object and its copy while it is sealed), and two batches of at most 64 MB and a page of
 * 48 MB each: 2 x 134 + 2 x 117 = 502 MB, and some 150 of Node's own. Seen: 461 MB in all, with
 * batches of 16 MB.
 */
export const COMPACT_BYTES = 128 * 1024 * 1024;

/** Batches read at a time while they are merged: the one at work and the next, as counted above. */
export const COMPACT_AHEAD = 2;

/** Lines merged into one object, before compression: a minute of work on 1,024 MB. */
export const COMPACT_LINES_BYTES = 1024 * 1024 * 1024;

/**
 * Batches merged into one object: at 30 ms to read one from S3, 5,000 take 150 s. With a minute
 * for their lines, an object is merged in less than COMPACT_STEP_MS: every pass gets on.
 */
export const COMPACT_BATCHES = 5_000;

/** Time that a pass must have left to begin one more object, ms. */
export const COMPACT_STEP_MS = 240_000;

/** Memory and timeout of the compacting function: at least (900 - 240) / 210 = 3 objects a pass. */
export const COMPACT_MEMORY_MB = 1_024;
export const COMPACT_TIMEOUT_SECONDS = 900;

/** A run with more batches is left alone: the sizes of these take 8 MB, as many MB as millions. */
export const COMPACT_RUN_BATCHES = 1_000_000;

/**
 * How long the batches that were merged stay behind the merged ones, ms. A query that began before
 * reads them to its end: Athena ends one after 30 minutes, and a person's DuckDB is open for a day.
 */
export const COMPACT_GRACE_MS = 24 * 3600 * 1000;

/**
 * How long nothing was written by a run that will never be published before it is removed, ms. It
 * can't be resumed by then; a week is there for a person to look at it.
 */
export const LEFTOVER_MS = 7 * 24 * 3600 * 1000;

/** Keys of one request to delete (S3 quota). */
export const DELETE_KEYS = 1_000;

// -- Reports ------------------------------------------------------------------------------------

/** A Fail state's cause may have 32,768 characters (Step Functions quota). */
export const CAUSE_CHARS = 30_000;

// -- Partitions ---------------------------------------------------------------------------------

/** Parents and lists that a stream is walked by: each multiplies its walks. */
export const PARTITION_FACTORS = 4;

/** Values of a list in a file or a setting: 10,000 of 20 characters are 200 KB. */
export const LIST_VALUES = 10_000;

/** Days, months or years of one window: a hundred years of days. */
export const WINDOW_SPAN = 36_600;

/** Windows of one run: those of a day through a hundred years. */
export const WINDOWS_PER_RUN = 36_600;

/** Lines of one piece of a partition list: 1,000,000 partitions are 1,000 pieces of some 60 KB. */
export const PARTITIONS_PER_PIECE = 1_000;

/** Characters of one such line: a piece of the longest is 16 MB. */
export const PARTITION_LINE_CHARS = 16 * 1024;

/** Bytes of a parent's lines that are looked at a time; one line that is longer comes alone. */
export const PARENT_LINES_BYTES = 1024 * 1024;

/** Published runs of a parent that a list is made of: those of every hour for a year. */
export const PARENT_RUNS = 8_760;

/** Records of each parent but the first, which are held in memory: 10,000 of 200 bytes are 2 MB. */
export const PARENT_VALUES = 10_000;

/** Partitions that a run names of those that were skipped, and characters that it says of each. */
export const PARTITIONS_NAMED = 5;
export const PARTITION_CHARS = 200;

/**
 * Places of a table of partitions that were met, to begin with. It doubles at half full: 16 bytes a
 * place are 32 MB for 1,000,000 partitions.
 */
export const SEEN_PLACES = 1_024;

// -- Saved queries ------------------------------------------------------------------------------

/** Athena's quotas for a named query: bytes of its text, characters of name and description. */
export const SAVED_QUERY_BYTES = 262_144;

export const SAVED_QUERY_NAME_CHARS = 128;

/** Of 1,024: title and description are joined, and `. ` is put between them. */
export const SAVED_QUERY_DESCRIPTION_CHARS = 1_000;

// -- Words and times ----------------------------------------------------------------------------

/** Some APIs filter by days: an instant so much before what was asked for is as good, seconds. */
export const SAME_DAY_SECONDS = 86_400;

/** `Date` of a response is cut to whole seconds (RFC 9110): it may be so much later, ms. */
export const DATE_STEP_MS = 1_000;

/** Zones set their clocks at quarters of an hour (IANA, 2026), seconds. */
export const ZONE_STEP_SECONDS = 900;

/** And by less than this: three hours are more than any zone ever did, seconds. */
export const CLOCK_CHANGE_SECONDS = 3 * 3600;

/** Casts that a warning names, and characters of each name: 20 x 80 fit into a line of a report. */
export const CASTS_NAMED = 20;
export const CAST_CHARS = 80;

/** Keys without a column that a warning names, and characters of each. */
export const KEYS_NAMED = 4;
export const KEY_CHARS = 60;

/** A number of so many characters is text: no double is written so, and arguments have a limit. */
export const NUMBER_CHARS = 1_000;
