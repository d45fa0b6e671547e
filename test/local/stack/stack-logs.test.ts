import { describe, expect, it } from 'vitest';
import {
  filterPattern,
  isWanted,
  type LogFilter,
  readable,
} from '../../../local/stack/log-line.ts';
import { beginOf, readSince } from '../../../local/stack/since.ts';

describe('since', () => {
  it.each([
    ['90s', 910_000],
    ['15m', 100_000],
    ['1970-01-01T00:00:07Z', 7_000],
  ])('reads %s', (text, ms) => {
    expect(readSince(text, 1_000_000)).toBe(ms);
  });

  it.each(['', 'yesterday', '1', '1w', '-1h', '2026-99-99'])('refuses %j', (text) => {
    expect(() => readSince(text, 0)).toThrow(`--since ${text} is no time.`);
  });
});

describe('the beginning of what is looked at', () => {
  const run = '20261121T234251Z-20b970ca';
  const nowMs = Date.parse('2026-11-22T12:00:00Z');

  it.each([
    ['an hour ago', {}, '2026-11-22T11:00:00Z'],
    ['what is said', { since: '2d', run }, '2026-11-20T12:00:00Z'],
    ['a minute before the run, whose id may be ahead of it', { run }, '2026-11-21T23:41:51Z'],
    ['an hour ago for what is no run', { run: '99999999T999999Z-x' }, '2026-11-22T11:00:00Z'],
  ])('is %s', (_, asked, begin) => {
    expect(beginOf(asked, nowMs)).toBe(Date.parse(begin));
  });
});

describe('a line of the log', () => {
  const line = (said: unknown) => ({
    atMs: Date.parse('2026-11-22T01:39:58.123Z'),
    text: typeof said === 'string' ? said : JSON.stringify(said),
    functionName: 'pull-pages',
  });
  const fault = {
    ...{ level: 'WARN', message: 'fault', timestamp: '…', service: 'driplake' },
    ...{ source: 'shop', stream: 'items', runId: 'r1', reason: 'half a body', attempt: 2 },
    untilMs: 1_795_311_598_123,
  };
  const timeout = { type: 'platform.report', record: { status: 'timeout', requestId: 'x' } };
  const crash = {
    level: 'ERROR',
    message: { errorType: 'TypeError', errorMessage: 'x\nis not', stackTrace: ['a', 'b'] },
  };

  it.each([
    [
      fault,
      '2026-11-22T01:39:58.123Z WARN  shop/items fault runId=r1 reason="half a body" attempt=2 untilMs=2026-11-22T01:39:58.123Z',
    ],
    [timeout, '2026-11-22T01:39:58.123Z ERROR pull-pages platform.report timeout'],
    [crash, '2026-11-22T01:39:58.123Z ERROR pull-pages TypeError: x\\nis not'],
    ['Task timed out\n', '2026-11-22T01:39:58.123Z       pull-pages Task timed out'],
    [
      { level: 'INFO', message: '\u001b[31mred', Pages: 3, _aws: {} },
      '2026-11-22T01:39:58.123Z INFO  pull-pages \\u{1b}[31mred',
    ],
  ])('reads as time, level, stream, message and fields: %j', (said, text) => {
    expect(readable(line(said))).toBe(text);
  });

  it.each<[string, unknown, LogFilter, boolean]>([
    ['of the stream', fault, { source: 'shop', stream: 'items', run: 'r1' }, true],
    ['of another stream', fault, { stream: 'orders' }, false],
    ['of another run', fault, { run: 'r2' }, false],
    ['a warning', fault, { errors: true }, true],
    ['no warning', { ...fault, level: 'INFO' }, { errors: true }, false],
    ['a timeout', timeout, { errors: true }, true],
    ['a start', { type: 'platform.start', record: {} }, {}, false],
    ['a crash', crash, { errors: true }, true],
    ['only metrics', { message: 'level', _aws: {}, source: 'shop' }, {}, false],
    ['a plain error', 'Task timed out after 300 s', { errors: true }, true],
    ['a plain end', 'END RequestId: 1', {}, false],
    ['half a line of JSON', '{"level":', {}, true],
  ])('is shown or left out: %s', (_, said, filter, wanted) => {
    expect(isWanted(line(said), filter)).toBe(wanted);
  });

  it('is asked of CloudWatch in its own language', () => {
    expect(filterPattern({})).toBeUndefined();
    expect(filterPattern({ source: 'shop', stream: 'it"ems' })).toBe(
      '{ ($.source = "shop") && ($.stream = "items") }',
    );
    expect(filterPattern({ run: 'r1', errors: true })).toMatch(
      /^\{ \(\$\.runId = "r1"\) && \(\(\$\.level = "WARN"\) \|\| .* \|\| \(\$\.record\.status = "failure"\)\) \}$/,
    );
  });
});
