// One line of the functions' logs: whether a person asked for it, and how it reads on a terminal.
// Lines are JSON: our own (Powertools), those of the runtime (a crash) and of the platform (a
// timeout). Metrics that stand in our own are left out.

import { printable } from '../../shared/core/faults.ts';

export interface LogLine {
  readonly atMs: number;
  /** As CloudWatch has it. */
  readonly text: string;
  /** `pull-pages` */
  readonly functionName: string;
}

/** What is asked for; all of it must hold. */
export interface LogFilter {
  readonly source?: string;
  readonly stream?: string;
  readonly run?: string;
  /** Warnings, errors and functions that broke off. */
  readonly errors?: true;
}

type Fields = Readonly<Record<string, unknown>>;

const LEVELS = ['WARN', 'ERROR', 'FATAL', 'CRITICAL'];
/** `status` of a platform line of an invocation that has no answer. */
const BROKEN = ['error', 'timeout', 'failure'];

/**
 * The filter in CloudWatch's own language, so that it sends no more than is wanted. Undefined asks
 * for everything.
 */
export function filterPattern({ source, stream, run, errors }: LogFilter): string | undefined {
  const equals = (field: string, value: string): string =>
    `($.${field} = "${value.replaceAll('"', '')}")`;
  const parts = [
    ...(source === undefined ? [] : [equals('source', source)]),
    ...(stream === undefined ? [] : [equals('stream', stream)]),
    ...(run === undefined ? [] : [equals('runId', run)]),
    ...(errors
      ? [
          `(${[
            ...LEVELS.map((level) => equals('level', level)),
            ...BROKEN.map((status) => equals('record.status', status)),
          ].join(' || ')})`,
        ]
      : []),
  ];
  return parts.length > 0 ? `{ ${parts.join(' && ')} }` : undefined;
}

/** The same filter here, and what CloudWatch can't leave out: metrics, starts and ends. */
export function isWanted({ text }: LogLine, filter: LogFilter): boolean {
  const fields = fieldsOf(text);
  const isAsked =
    filter.source !== undefined || filter.stream !== undefined || filter.run !== undefined;
  if (!fields) return !isAsked && (filter.errors ? PLAIN_FAULT : PLAIN_TEXT).test(text);
  if (fields['message'] === METRICS_ONLY) return false;
  const wanted = { source: filter.source, stream: filter.stream, runId: filter.run };
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== undefined && fields[name] !== value) return false;
  }
  const isPlatform = isText(fields['type']) && fields['type'].startsWith('platform.');
  if (isPlatform) return isBroken(fields);
  return !filter.errors || LEVELS.includes(String(fields['level']));
}

/** The level of a bucket is told again and again; other metrics stand in the lines of events. */
const METRICS_ONLY = 'level';

/** Metrics repeat what the line says in its own fields. */
const METRIC_NAME = /^[A-Z]/;

/** A runtime without JSON logs tells of these in words. */
const PLAIN_FAULT = /Task timed out|ERROR|Error:|RequestId: \S+ Error/;
const PLAIN_TEXT = /^(?!START RequestId|END RequestId|REPORT RequestId|INIT_START)\s*\S/;

const isBroken = ({ record }: Fields): boolean =>
  isObject(record) && BROKEN.includes(String(record['status']));

/** Fields that stand in front, or that say nothing to a person. */
const PLACED = new Set([
  ...['level', 'message', 'timestamp', 'service', 'source', 'stream'],
  ...['sampling_rate', 'xray_trace_id', 'cold_start', 'requestId', 'AWSRequestId'],
  ...['function_arn', 'function_memory_size', 'function_name', 'function_request_id'],
]);

/** `2026-11-22T01:39:58.123Z WARN  shop/items fault: reason=... attempt=2` */
export function readable({ atMs, text, functionName }: LogLine): string {
  const at = new Date(atMs).toISOString();
  const fields = fieldsOf(text);
  if (!fields) return `${at}       ${functionName} ${printable(text.trimEnd())}`;
  const { source, stream, record } = fields;
  const level = isObject(record) ? 'ERROR' : String(fields['level'] ?? '');
  const where = [source, stream].filter(isText).join('/') || functionName;
  const details = isObject(record) ? [] : detailsOf(fields);
  const said = [messageOf(fields), ...details].join(' ');
  return `${at} ${level.padEnd(5)} ${printable(where)} ${printable(said)}`;
}

/** A crash has an object as its message: what was thrown. */
function messageOf({ message, type, record }: Fields): string {
  if (isText(message)) return message;
  if (isObject(message)) {
    return [message['errorType'], message['errorMessage']].filter(isText).join(': ');
  }
  return isObject(record) ? `${String(type)} ${String(record['status'])}` : '';
}

const detailsOf = (fields: Fields): string[] =>
  Object.entries(fields)
    .filter(([name, value]) => !PLACED.has(name) && !METRIC_NAME.test(name) && isDetail(value))
    .map(([name, value]) => `${name}=${shownValue(name, value)}`);

/** Objects are one of the platform's own, or the stack trace of a crash. */
const isDetail = (value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

function shownValue(name: string, value: unknown): string {
  if (name.endsWith('Ms') && name !== 'waitMs' && Number(value) > EPOCH_MS) {
    return new Date(Number(value)).toISOString();
  }
  return isText(value) && /[\s"]/.test(value) ? JSON.stringify(value) : String(value);
}

/** A number of ms above this is a moment, not a span: 2001. */
const EPOCH_MS = 1e12;

function fieldsOf(text: string): Fields | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
