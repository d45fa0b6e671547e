// Seeded records whose exact bytes are known: what a server sends is what a lake must hold, byte
// for byte. Every list starts with awkward records (escapes, 20-digit numbers, decimals with a
// trailing zero), so that even a list of one is a test. The same seed gives the same bytes on
// every machine.

export interface Random {
  /** 0 <= x < 1 */
  fraction(): number;
  /** A whole number, 0 <= n < limit. */
  below(limit: number): number;
  /** Letters and digits. */
  word(length: number): string;
}

/** Mulberry32: small, well spread, good enough for test data and never for secrets. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(fraction() * limit);
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const word = (length: number) =>
    Array.from({ length }, () => letters.charAt(below(letters.length))).join('');
  return { fraction, below, word };
}

/** A seed of its own for each named stream, so that adding one changes no other. */
export function seedOf(seed: number, name: string): number {
  let hash = 2_166_136_261 ^ seed;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
  }
  return hash >>> 0;
}

/** Raw JSON texts of strings that break careless readers. */
export const awkwardStrings: readonly string[] = [
  '"Café — 日本語 — \u{1F6B2}"',
  '"\\ud83d\\udeb2 escaped pair, \\u00e9, \\/ slash"',
  '"quote \\" backslash \\\\ tab \\t newline \\n end"',
  '"}],\\"next\\":\\"{[\\""',
  '"line\u2028separator\u2029and \\u0000 nul"',
  '" leading and trailing "',
  '"\\\\"',
  '"null"',
];

/** Raw JSON values that must not be rounded, reordered or reformatted. */
export const awkwardValues: readonly string[] = [
  '98765432109876543210',
  '1.10',
  '-0',
  '1E+2',
  '0.1000000000000000055511151231257827',
  'null',
  '{"b":1,"a":{"":[]," ":{}},"10":"ten","9":"nine"}',
  '[ 1, [ ], {"x" : null}, "]" ]',
];

/** Joins raw JSON members into one record on one line. */
export function recordText(members: readonly (readonly [name: string, raw: string])[]): string {
  return `{${members.map(([name, raw]) => `${JSON.stringify(name)}:${raw}`).join(',')}}`;
}

/**
 * The record `{"id":index + 1,...}` of the plain servers: the same bytes whenever it is asked
 * for.
 */
export function plainRecord(index: number, seed: number): string {
  const random = randomFrom(seed + index * 7919);
  return recordText([
    ['id', String(index + 1)],
    ['name', pick(awkwardStrings, index, random)],
    ['value', pick(awkwardValues, index, random)],
    ['flake', flake(random)],
    ['price', `${random.below(900)}.${random.below(10)}0`],
  ]);
}

/** Named lists of plain records; a list that does not exist has no count. */
export interface Lists {
  count(stream: string): number | undefined;
  slice(stream: string, from: number, to: number): string[];
}

export function plainLists(rows: Readonly<Record<string, number>>, seed = 1): Lists {
  const lengths = new Map(Object.entries(rows));
  return {
    count: (stream) => lengths.get(stream),
    slice: (stream, from, to) => {
      const end = Math.min(to, lengths.get(stream) ?? 0);
      const length = Math.max(0, end - from);
      const streamSeed = seedOf(seed, stream);
      return Array.from({ length }, (_, place) => plainRecord(from + place, streamSeed));
    },
  };
}

/**
 * One R-Series row; its text is made when it is asked for, so that a million rows cost little
 * memory.
 */
export interface SeriesRow {
  readonly index: number;
  readonly archived: boolean;
  /** Epoch seconds, one-second resolution; neighbours often share one. */
  readonly timeStamp: number;
  readonly updatetime: number;
}

export function seriesRow(index: number, epochSeconds: number): SeriesRow {
  return {
    index,
    archived: index % 7 === 3,
    timeStamp: epochSeconds + Math.floor(index / 3) * 60,
    updatetime: epochSeconds + 86_400 + Math.floor(((index * 7) % 1000) / 3) * 90,
  };
}

/** The bytes of an R-Series row. With `stringScalars` booleans and numbers are JSON strings. */
export function seriesText(
  row: SeriesRow,
  options: { key: string; seed: number; stringScalars: boolean },
): string {
  const { key, stringScalars } = options;
  const random = randomFrom(options.seed + row.index * 7919);
  const scalar = (raw: string) => (stringScalars ? `"${raw}"` : raw);
  return recordText([
    [key, scalar(String(row.index + 1))],
    ...linksOf(key, row, scalar),
    ['description', pick(awkwardStrings, row.index, random)],
    ['qoh', scalar(String(random.below(50) - 5))],
    ['avgCost', scalar(`${random.below(90)}.10`)],
    ['systemSku', scalar(`2100${String(random.below(1e9)).padStart(16, '0')}`)],
    ['archived', scalar(String(row.archived))],
    ['Prices', `{"ItemPrice":[{"amount":${scalar('1.10')},"useType":"Default"}]}`],
    ['CustomFieldValues', '""'],
    ['timeStamp', `"${stamp(row.timeStamp)}"`],
    ...(key === 'saleID' ? saleMembers(row, random, scalar) : []),
    ...(key === 'shopID' ? shopMembers(row) : []),
  ]);
}

type Members = (readonly [name: string, raw: string])[];

/** Numbers that lead to other rows, and one quantity, as the vendor's rows have them. */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  saleLineID: ['saleID', 'itemID', 'unitQuantity'],
  salePaymentID: ['saleID', 'paymentTypeID'],
  itemID: ['categoryID'],
  itemShopID: ['itemID', 'shopID'],
  categoryID: ['parentID'],
  customerID: ['customerTypeID'],
  orderID: ['vendorID', 'shopID'],
  orderLineID: ['orderID', 'itemID'],
};

const linksOf = (key: string, row: SeriesRow, scalar: (raw: string) => string): Members =>
  (LINKS[key] ?? []).map((name) => [name, scalar(String(row.index % 3))]);

/** One sale in five is open, one in eleven voided, one in seven a refund; shop 9 does not exist. */
function saleMembers(row: SeriesRow, random: Random, scalar: (raw: string) => string): Members {
  const completed = row.index % 5 !== 4;
  const net = (1 + random.below(30_000)) * (row.index % 7 === 5 ? -1 : 1);
  const money = (cents: number) => scalar((cents / 100).toFixed(2));
  return [
    ['updatetime', `"${stamp(row.updatetime)}"`],
    ['completed', scalar(String(completed))],
    ['voided', scalar(String(row.index % 11 === 10))],
    // Eleven hours apart: some days differ from shop to shop.
    ['completeTime', completed ? `"${stamp(row.timeStamp + row.index * 39_600)}"` : '""'],
    ['shopID', scalar(String([1, 2, 9][row.index % 3]))],
    ['calcTotal', money(net + Math.round(net / 10))],
    ['calcTax1', money(Math.round(net / 10))],
    ['calcTax2', row.index % 2 === 0 ? '""' : scalar('0')],
    ['calcDiscount', money(row.index % 4 === 0 ? 250 : 0)],
  ];
}

const shopMembers = (row: SeriesRow): Members => [
  ['name', JSON.stringify(`Shop ${row.index + 1}`)],
  ['timeZone', JSON.stringify(['US/Pacific', 'Australia/Sydney', ''][row.index % 3])],
];

/**
 * X-Series records: a UUID, a 64-bit flake, money as a number or a string, a version from the
 * server.
 */
export function versionedRecord(options: {
  id: string;
  name: string;
  version: bigint;
  deletedAt: string | null;
  money: string;
  flake: string;
  more?: Members;
}): string {
  return recordText([
    ['id', JSON.stringify(options.id)],
    ['name', options.name],
    ['flake', options.flake],
    ['price', options.money],
    ['attributes', '[{"key":"size","value":null}]'],
    ['deleted_at', JSON.stringify(options.deletedAt)],
    ['version', options.version.toString()],
    ...(options.more ?? []),
  ]);
}

const SALE_STATES = ['closed', 'closed', 'closed', 'parked', 'pending', 'voided'] as const;

/** What an X-Series sale has beside the rest. Its states take turns, one in four is a return. */
export function xSaleMembers(index: number, outletId: string, price: string): Members {
  const sign = index % 4 === 1 ? '-' : '';
  const date = stamp(Date.UTC(2026, 9, 20) / 1000 + index * 39_600);
  return [
    ['state', JSON.stringify(SALE_STATES[index % SALE_STATES.length])],
    ['outlet_id', JSON.stringify(outletId)],
    ['sale_date', JSON.stringify(date)],
    ['total_price', price.replace(/[\d.]+/, (digits) => `${sign}${digits}`)],
    ['total_tax', `${sign}${index % 100}.25`],
  ];
}

export const xOutletMembers = (index: number): Members => [
  ['time_zone', JSON.stringify(['Pacific/Auckland', 'America/Los_Angeles'][index % 2])],
];

export function uuid(random: Random): string {
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-11e3-a0f5-${hex(12)}`;
}

/** A 64-bit number above 2^53, still below 2^63, that a double cannot hold. */
export function flake(random: Random): string {
  const value = (1n << 62n) + BigInt(random.below(2 ** 30)) * 1_000_003n;
  return (value | 1n).toString();
}

export function pick(texts: readonly string[], index: number, random: Random): string {
  const place = index < texts.length ? index : random.below(texts.length);
  return texts[place] ?? 'null';
}

export function stamp(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19)}+00:00`;
}
