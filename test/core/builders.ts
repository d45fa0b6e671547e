// Builders of sources, streams and pages with one default each.

import { type PageFacts, pageFacts } from '../../shared/core/page/page-facts.ts';
import type { Pagination } from '../../shared/core/source/pagination-schema.ts';
import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';

export const ORIGIN = 'https://api.example.com';

export const aStream = (changes: Partial<Stream> = {}): Stream => ({
  name: 'things',
  path: 'things',
  records: 'data',
  pagination: { kind: 'single' },
  ...changes,
});

export const aSource = (changes: Partial<Source> = {}): Source => ({
  name: 'example',
  baseUrl: `${ORIGIN}/v1`,
  streams: [aStream()],
  ...changes,
});

/** A checked source with one stream that pages this way. */
export function paged(pagination: Pagination, stream: Partial<Stream> = {}) {
  const source = readSource(aSource({ streams: [aStream({ pagination, ...stream })] }), 'test');
  return { source, stream: source.streams[0] ?? aStream() };
}

export const aPage = (
  parts: { rows?: number; body?: string; last?: string; headers?: Record<string, string> } = {},
): PageFacts =>
  pageFacts({
    rows: parts.rows ?? 2,
    envelope: parts.body ?? '{}',
    last: parts.last,
    headers: parts.headers ?? {},
    url: `${ORIGIN}/v1/things?limit=2`,
  });
