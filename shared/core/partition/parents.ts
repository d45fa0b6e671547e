// Which streams of a source are children of which: what a child needs of a parent's records, what
// has to be read before it, and whether its runs bring all of its rows or only changes.
//
// `order_lines` of `orders` of `shops` are three waves: shops, orders, order_lines. To read the last
// one alone, the two others are read as well.

import {
  factorsOf,
  namesAsked,
  namesIncluded,
  type ParentFactor,
} from '../source/partition-schema.ts';
import type { Source, Stream } from '../source/source.ts';

/** A parent of a stream, and what of its records the stream needs. */
export interface ParentSpec {
  /** Name of the parent stream. */
  readonly parent: string;
  /** What its records are called in braces. */
  readonly as: string;
  readonly of: 'changed' | 'all';
  readonly where?: ParentFactor['where'];
  /** Field of the parent that is set where a record was deleted: such ones have no children. */
  readonly deletedField?: string;
  /** Fields that the child names, each once. */
  readonly fields: readonly ParentField[];
}

export interface ParentField {
  /** Dotted path in the parent's lines. */
  readonly path: string;
  /** Requests carry it; otherwise it only stands in the child's lines, where it may be null. */
  readonly isAsked: boolean;
}

/** Whether a stream is walked in partitions, which its runs list first. */
export const hasPartitions = ({ partitions, incremental }: Stream): boolean =>
  partitions !== undefined || incremental?.window !== undefined;

/** The parents of a stream in their order; none for most. */
export function parentsOf(source: Source, stream: Stream): ParentSpec[] {
  const asked = new Set(namesAsked(stream));
  const names = [...new Set([...asked, ...namesIncluded(stream)])];
  return parentFactors(stream).map((factor) => {
    const { parent, as = parent, where } = factor;
    const deletedField = streamOf(source, parent)?.deletedField;
    const named = names.filter((name) => name.startsWith(`${as}.`));
    return {
      parent,
      as,
      of: ofWhich(source, stream, factor),
      ...(where === undefined ? {} : { where }),
      ...(deletedField === undefined ? {} : { deletedField }),
      fields: named.map((name) => ({
        path: name.slice(as.length + 1),
        isAsked: asked.has(name),
      })),
    };
  });
}

/**
 * Whether a run of a stream brings only what changed, so that rows of earlier runs stay current:
 * one with a watermark, and children of changed parents only.
 */
export const bringsChanges = (source: Source, stream: Stream): boolean =>
  stream.incremental !== undefined ||
  parentFactors(stream).some(
    (factor) =>
      ofWhich(source, stream, factor) === 'changed' && parentBringsChanges(source, factor),
  );

function ofWhich(source: Source, stream: Stream, factor: ParentFactor): ParentSpec['of'] {
  if (factor.of !== undefined) return factor.of;
  return stream.incremental && parentBringsChanges(source, factor) ? 'all' : 'changed';
}

function parentBringsChanges(source: Source, { parent }: ParentFactor): boolean {
  const stream = streamOf(source, parent);
  return stream !== undefined && bringsChanges(source, stream);
}

/**
 * The streams to read for those that are wanted, wave by wave: each stands behind its parents, and
 * ancestors that nobody asked for come along. Within a wave they keep the source's order.
 */
export function wavesOf(source: Source, wanted: readonly string[]): string[][] {
  const depths = new Map<string, number>();
  for (const name of wanted) depthOf(source, name, depths);
  const waves: string[][] = [];
  for (const { name } of source.streams) {
    const depth = depths.get(name);
    if (depth === undefined) continue;
    for (let at = waves.length; at <= depth; at++) waves.push([]);
    waves[depth]?.push(name);
  }
  return waves;
}

/** How many streams stand above one, on its longest way up; known ones are kept in `depths`. */
function depthOf(source: Source, name: string, depths: Map<string, number>): number {
  const stream = streamOf(source, name);
  const known = depths.get(name);
  if (known !== undefined || !stream) return known ?? 0;
  const above = parentFactors(stream).map(({ parent }) => depthOf(source, parent, depths) + 1);
  const depth = Math.max(0, ...above);
  depths.set(name, depth);
  return depth;
}

const parentFactors = (stream: Stream): ParentFactor[] =>
  factorsOf(stream).flatMap((factor) => ('parent' in factor ? [factor] : []));

const streamOf = (source: Source, name: string): Stream | undefined =>
  source.streams.find((stream) => stream.name === name);
