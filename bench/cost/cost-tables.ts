// The tables of docs/cost.md, computed: what loads cost with the prices and the arithmetic of
// `driplake plan`, with the plain loop of one page a round, and elsewhere by published prices.

import { FINISH_MEMORY_MB, PULL_MEMORY_MB } from '../../shared/core/bounds.ts';
import {
  estimateRun,
  type Operations,
  PRICES,
  priceOf,
} from '../../shared/core/budget/estimate.ts';
import { METRIC_UNITS } from '../../shared/core/run/metrics.ts';
import { COLD_START_SECONDS } from './prices.ts';

/** Prices that no run is planned with: us-east-1, November 2026. Dollars for one. */
export const STANDING = {
  alarmMonth: 0.1,
  dashboardMonth: 3,
  metricMonth: 0.3,
  secretMonth: 0.4,
  scheduledStart: 1 / 1e6,
  logGigabyteMonth: 0.03,
  trace: 5 / 1e6,
} as const;

/** Seconds of a request, rows of a page: as everywhere in the documents; R-Series gives 100. */
const [REQUEST_SECONDS, ROWS] = [0.4, 100];

/** Bytes of log lines that one invocation writes: Lambda's own three, the round, its metrics. */
const LOG_BYTES = 4_000;

export interface Load {
  readonly name: string;
  readonly runsPerYear: number;
  readonly pagesPerRun: number;
  /** Hours of a month in which something runs, which is when metrics are billed. */
  readonly busyHourShare: number;
}

export const LOADS: readonly Load[] = [
  { name: '1 page an hour', runsPerYear: 8_760, pagesPerRun: 1, busyHourShare: 1 },
  // 2.75 hours, which are parts of three or four.
  { name: '10,000 pages a day', runsPerYear: 365, pagesPerRun: 10_000, busyHourShare: 4 / 24 },
  { name: '1 page a second', runsPerYear: 365, pagesPerRun: 86_400, busyHourShare: 1 },
];

/** One stream of R-Series: 90 units, of which one leaks each second. */
const planOf = ({ pagesPerRun: pages }: Load) =>
  estimateRun({
    pages,
    streams: 1,
    largest: pages,
    requestMs: REQUEST_SECONDS * 1000,
    concurrency: 1,
    limits: [{ kind: 'leaky-bucket', size: 90, leakPerSecond: 1 }],
    reserve: 0,
  });

/** Task, Choice and Wait for each page; one read, one write and one object each. */
export const plainLoop: Operations = {
  transitions: 3,
  invocations: 1,
  busySeconds: REQUEST_SECONDS,
  ledgerWrites: 1,
  ledgerReads: 1,
  puts: 1,
};

/** Dollars a year of what runs: operations, starts, logs and traces. */
export function runningYear(load: Load): number {
  const { operations } = planOf(load);
  const gigabytesLoaded = (3 * PULL_MEMORY_MB + FINISH_MEMORY_MB) / 1024;
  const starts = COLD_START_SECONDS * gigabytesLoaded * PRICES.lambdaGbSecond;
  const gigabytes = (operations.invocations * LOG_BYTES) / 1e9;
  const perRun =
    priceOf(operations) +
    starts +
    STANDING.scheduledStart +
    gigabytes * (PRICES.logGigabyte + STANDING.logGigabyteMonth) +
    operations.invocations * STANDING.trace;
  return perRun * load.runsPerYear;
}

/** Dollars a year of what stands: one source with a secret, all of its metrics, alarms, a dashboard. */
export function standingYear(load: Load, alarms: number): number {
  const metrics = Object.keys(METRIC_UNITS).length * load.busyHourShare;
  return 12 * (standingMonth(alarms) + metrics * STANDING.metricMonth);
}

const standingMonth = (alarms: number): number =>
  STANDING.secretMonth + alarms * STANDING.alarmMonth + STANDING.dashboardMonth;

interface Elsewhere {
  readonly name: string;
  /** Dollars a year. */
  readonly year: (load: Load) => number;
}

/** Hours a year that a job of one's own waits for the API; none is billed for less than a minute. */
const jobHours = (load: Load): number =>
  (load.runsPerYear * Math.max(60, planOf(load).seconds)) / 3600;

const rowsPerYear = (load: Load): number => load.runsPerYear * load.pagesPerRun * ROWS;

export const ELSEWHERE: readonly Elsewhere[] = [
  {
    name: 'Glue, Python shell, 1/16 DPU',
    year: (load) => jobHours(load) * (0.44 / 16),
  },
  {
    name: 'Glue, Spark, 2 DPU',
    year: (load) => jobHours(load) * 0.44 * 2,
  },
  {
    name: 'ECS on Fargate, ARM, 0.25 vCPU, 0.5 GB, IPv4',
    year: (load) => jobHours(load) * (0.25 * 0.03238 + 0.5 * 0.00356 + 0.005),
  },
  {
    name: 'Airbyte Cloud',
    // The plan's $10 a month are credits for as much.
    year: (load) => 12 * Math.max(10, (rowsPerYear(load) / 12 / 1e6) * 15),
  },
];

/**
 * The tables by their names in the document.
 * @param alarms of a deployment with one scheduled source that signs in with OAuth2
 */
export const costTables = (alarms: number): Readonly<Record<string, string>> => ({
  run: operationsTable(),
  plain: plainTable(),
  standing: standingTable(alarms),
  loads: loadsTable(alarms),
});

function operationsTable(): string {
  const { operations, dollars } = planOf({ ...first(LOADS[1]) });
  const { transitions, invocations, busySeconds, ledgerWrites, ledgerReads, puts } = operations;
  const none = { ...plainLoop, transitions: 0, invocations: 0, busySeconds: 0 };
  const zero: Operations = { ...none, ledgerWrites: 0, ledgerReads: 0, puts: 0 };
  const row = (title: string, count: number, part: Partial<Operations>): string[] => [
    title,
    whole(count),
    priceOf({ ...zero, ...part }).toFixed(4),
  ];
  return table(
    ['Operation', 'Count', 'Dollars'],
    [
      row('Transitions', transitions, { transitions }),
      row('Invocations', invocations, { invocations }),
      row('Seconds of a function (256 MB)', busySeconds, { busySeconds }),
      row('Ledger writes', ledgerWrites, { ledgerWrites }),
      row('Ledger reads', ledgerReads, { ledgerReads }),
      row('Objects', puts, { puts }),
      ['**Sum**', '', `**${dollars.toFixed(4)}**`],
      ['**Per million pages at this size**', '', `**${(dollars * 100).toFixed(2)}**`],
    ],
  );
}

function plainTable(): string {
  const million = (part: number): string => (part * 1e6).toFixed(2);
  return table(
    ['A million pages, one a round', 'Dollars'],
    [
      ['Task, Choice and Wait: 3 transitions', million(3 * PRICES.transition)],
      [
        `${REQUEST_SECONDS} s at ${PULL_MEMORY_MB} MB`,
        million(REQUEST_SECONDS * (PULL_MEMORY_MB / 1024) * PRICES.lambdaGbSecond),
      ],
      ['One invocation', million(PRICES.lambdaRequest)],
      ['One object', million(PRICES.put)],
      ['One ledger write and read', million(PRICES.ledgerWrite + PRICES.ledgerRead)],
      ['**Sum**', `**${million(priceOf(plainLoop))}**`],
    ],
  );
}

function standingTable(alarms: number): string {
  const metrics = Object.keys(METRIC_UNITS).length;
  const { secretMonth, alarmMonth, dashboardMonth, metricMonth } = STANDING;
  return table(
    ['Standing cost', 'Dollars a month'],
    [
      ['Secret of the source', secretMonth.toFixed(2)],
      [`${alarms} alarms`, (alarms * alarmMonth).toFixed(2)],
      ['Dashboard', dashboardMonth.toFixed(2)],
      [`${metrics} metrics, if all are sent every hour`, (metrics * metricMonth).toFixed(2)],
      ['KMS, VPC, NAT, servers', '0.00'],
      ['**Sum**', `**${(standingMonth(alarms) + metrics * metricMonth).toFixed(2)}**`],
    ],
  );
}

function loadsTable(alarms: number): string {
  const cells = (year: (load: Load) => number): string[] => LOADS.map((load) => money(year(load)));
  const plainYear = (load: Load): number =>
    priceOf(plainLoop) * load.runsPerYear * load.pagesPerRun;
  return table(
    ['Dollars a year', ...LOADS.map(({ name }) => name)],
    [
      ['Pages a year', ...LOADS.map((load) => whole(load.runsPerYear * load.pagesPerRun))],
      ['**Driplake, what runs**', ...cells(runningYear)],
      ['Driplake, what stands', ...cells((load) => standingYear(load, alarms))],
      ['Plain loop, what runs', ...cells(plainYear)],
      ...ELSEWHERE.map(({ name, year }) => [name, ...cells(year)]),
    ],
  );
}

function first(load: Load | undefined): Load {
  if (load === undefined) throw new Error('there is no such load');
  return load;
}

const whole = (count: number): string => Math.round(count).toLocaleString('en-US');

const money = (dollars: number): string => (dollars < 100 ? dollars.toFixed(2) : whole(dollars));

/** Markdown, padded, its numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join(' | ')} |`;
  const rule = widths.map(
    (width, column) => '-'.repeat(width - (column === 0 ? 0 : 1)) + (column === 0 ? '' : ':'),
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
