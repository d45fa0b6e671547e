// A list behind a way to page, as small as it can be, and a walk over it with the real decisions.
// The server knows parameters, not specs: what it serves does not depend on the code under test.

import type { Cursor } from '../../../shared/core/page/cursor.ts';
import { pageFacts, recordsTold } from '../../../shared/core/page/page-facts.ts';
import { nextPage } from '../../../shared/core/page/pagination.ts';
import { buildRequest, originOf, type PageRequest } from '../../../shared/core/page/request.ts';
import type { NextPage } from '../../../shared/core/page/way.ts';
import type { Source, Stream } from '../../../shared/core/source/source.ts';

/** One answer: the JSON of each record, the body without them, and headers in lower case. */
export interface Served {
  readonly rows: readonly string[];
  readonly envelope?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Server = (request: PageRequest) => Served;

/** The parameters of a request, wherever they travel. */
function parametersOf(request: PageRequest): Map<string, string> {
  const parameters = new Map(new URL(request.url).searchParams);
  for (const [name, value] of Object.entries(request.headers)) parameters.set(name, value);
  const body: unknown = request.body === undefined ? {} : JSON.parse(request.body);
  for (const [name, value] of Object.entries(Object(body))) parameters.set(name, String(value));
  return parameters;
}

/** What a server says of a page: rows `from` up to `to` of `all`, and whether there are more. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly all: number;
  readonly more: boolean;
  readonly url: URL;
  readonly last: string | undefined;
}

/**
 * Serves `list`.
 * @param start index of the first row asked for
 * @param size rows asked for; `clamp` is the most that is given, without a word
 */
export function listServer(options: {
  readonly list: readonly string[];
  readonly start: (parameter: (name: string) => number | undefined) => number;
  readonly size: string | number;
  readonly clamp?: number;
  readonly tell: (page: Window) => Omit<Served, 'rows'>;
}): Server {
  const { list, clamp = Number.POSITIVE_INFINITY } = options;
  return (request) => {
    const given = parametersOf(request);
    const parameter = (name: string) => {
      const text = given.get(name);
      return text === undefined ? undefined : Number(text);
    };
    const asked =
      typeof options.size === 'number' ? options.size : (parameter(options.size) ?? 10);
    const size = Math.min(asked, clamp);
    const from = options.start((name) => (name === 'size' ? size : parameter(name)));
    const rows = list.slice(from, from + size);
    const to = from + rows.length;
    const more = to < list.length;
    const url = new URL(request.url);
    return { rows, ...options.tell({ from, to, all: list.length, more, url, last: rows.at(-1) }) };
  };
}

export interface Walk {
  readonly records: readonly string[];
  readonly requests: readonly PageRequest[];
  readonly outcome: NextPage;
}

/** Walks the stream to its end or fault, at most `most` pages; cursors go through JSON. */
export function walk(
  source: Source,
  stream: Stream,
  server: Server,
  options: { settings?: Record<string, string>; watermark?: string; most?: number } = {},
): Walk {
  const { settings = {}, watermark, most = 200 } = options;
  const context = { settings, watermark, startedAt: '2026-11-21T08:00:00.000Z', userAgent: 't/1' };
  const records: string[] = [];
  const requests: PageRequest[] = [];
  let cursor: Cursor = null;
  let toldEnd: Extract<NextPage, { kind: 'next' }>['toldEnd'];
  let toldBefore: number | undefined;
  let leastBefore: number | undefined;
  for (;;) {
    const request = buildRequest(source, stream, cursor, context);
    const { rows, envelope = {}, headers = {} } = server(request);
    requests.push(request);
    records.push(...rows);
    const facts = pageFacts({
      rows: rows.length,
      envelope: typeof envelope === 'string' ? envelope : JSON.stringify(envelope),
      last: rows.at(-1),
      headers,
      url: request.url,
    });
    const origin = originOf(source, settings);
    const outcome = nextPage({
      stream,
      isWhole: true,
      rowsBefore: records.length - rows.length,
      pagesBefore: requests.length - 1,
      toldBefore,
      leastBefore,
      toldEnd,
      cursor,
      page: facts,
      origin,
    });
    if (outcome.kind !== 'next' || requests.length >= most) return { records, requests, outcome };
    const stored: Cursor = JSON.parse(JSON.stringify(outcome.cursor));
    cursor = stored;
    toldEnd = outcome.toldEnd;
    toldBefore = recordsTold(stream, facts)?.count ?? toldBefore;
    leastBefore = toldBefore && Math.min(leastBefore ?? toldBefore, toldBefore);
  }
}
