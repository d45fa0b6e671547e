// What a source says once for all of its streams: every field of a stream but its name and path. A
// stream's own word replaces it; of a query, each parameter by itself.

import { printValue } from '../faults.ts';
import { fieldsOf, list, pick } from './written.ts';

/**
 * The source with streams that say all of it themselves.
 * @param written a source file's data, whatever it is
 */
export function fillDefaults(written: unknown): unknown {
  const streams = pick(written, 'streams');
  if (!isObject(written) || !('defaults' in written)) return written;
  const { defaults, ...source } = written;
  if (!isObject(defaults) || !Array.isArray(streams)) return source;
  const fill = (stream: unknown): unknown =>
    isObject(stream) ? { ...defaults, ...stream, ...queryOf(defaults, stream) } : stream;
  return { ...source, streams: streams.map(fill) };
}

function queryOf({ query }: Fields, { query: own }: Fields): Fields {
  return isObject(query) && isObject(own) ? { query: { ...query, ...own } } : {};
}

/** What can be said of one stream only. */
const OF_ONE = ['name', 'path'];

/** Faults of the defaults themselves. */
export function defaultsFaults(written: unknown): string[] {
  const defaults = pick(written, 'defaults');
  if (defaults === undefined) return [];
  if (!isObject(defaults)) return [`defaults: expected an object, got ${printValue(defaults)}`];
  const misplaced = fieldsOf(defaults).filter(([name]) => OF_ONE.includes(name));
  return misplaced.map(
    ([name, value]) => `defaults.${name}: expected no such field, got ${printValue(value)}`,
  );
}

/** A fault of a filled source, where it was written: what a stream has of the defaults is there. */
export function whereWritten(written: unknown, fault: string): string {
  const [, index = '', field = ''] = /^streams\[(\d+)\]\.(\w+)/.exec(fault) ?? [];
  const stream = list(pick(written, 'streams'))[Number(index)];
  const isOwn =
    pick(stream, field) !== undefined || pick(written, 'defaults', field) === undefined;
  return isOwn ? fault : fault.replace(/^streams\[\d+\]/, 'defaults');
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
