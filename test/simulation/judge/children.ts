// What a published run of children promises: it walked each partition of its list once and in order,
// the list is of all that its parents had published when it was made, and no parent that a run
// brought is ever passed over. The judge reads the list as it stands in the lake, and knows the
// children of every parent.

import { z } from 'zod';
import type { StreamRun } from '../../../shared/core/run/run.ts';
import { originKey, partitionsPrefix } from '../../../shared/core/table/keys.ts';
import type { Manifest } from '../../../shared/core/table/manifest.ts';
import type { Kin, SimStream } from '../sim-source.ts';
import { childrenOf, isRefused } from '../world/children.ts';
import type { SimLake } from '../world/sim-lake.ts';

/** A run of a parent as it was published. */
export interface ParentRun {
  readonly manifest: Manifest;
  readonly lines: readonly string[];
  /** True time. */
  readonly publishedAtMs: number;
  /** Another one that began later was published before it. */
  readonly isLate: boolean;
}

/** A list of a run of children. */
interface List {
  readonly runId: string;
  readonly madeAtMs: number;
  readonly lines: readonly Line[];
}

const line = z.object({
  values: z.record(z.string(), z.string()),
  isNew: z.boolean().optional(),
  isGone: z.boolean().optional(),
});
type Line = z.infer<typeof line>;

const named = ({ manifest: { source, stream, runId } }: { manifest: Manifest }) => ({
  ...{ source, stream, runId },
});

/** The list of a published run. @param madeAtMs true time at which its origin was fixed */
export function listOfRun(lake: SimLake, manifest: Manifest, madeAtMs: number): List {
  const { runId } = manifest;
  const prefix = `${partitionsPrefix(manifest)}${runId}/`;
  const origin = originKey(named({ manifest }));
  const pieces = [...lake.texts.keys()].filter((key) => key.startsWith(prefix) && key !== origin);
  const lines = pieces
    .sort()
    .flatMap((key) => lake.texts.get(key)?.split('\n').slice(0, -2) ?? [])
    .map((text) => line.parse(JSON.parse(text)));
  return { runId, madeAtMs, lines };
}

/** The faults of a run at the moment it is published. */
export function judgeChildren(
  { kin, pageSize: _any }: SimStream,
  run: StreamRun | undefined,
  lines: readonly string[],
  { lines: listed }: List,
): string[] {
  if (!kin) return [];
  const walked = listed.filter((one) => !one.isGone);
  const faults =
    listed.length === run?.list?.partitions ? [] : ['its list is not all of its list'];
  const identities = walked.map(({ values }) => JSON.stringify(values));
  if (new Set(identities).size < walked.length) faults.push('it lists a partition twice');
  const wanted = walked.flatMap((one) => wantedOf(kin, one, run?.from));
  if (lines.join() !== wanted.join()) {
    const lost = wanted.filter((text) => !lines.includes(text)).length;
    const many = `${lines.length} of ${wanted.length} rows`;
    faults.push(`it holds ${many}, ${lost} lost, or in another order`);
  }
  if (run?.partition?.short) faults.push(`it counts wrongly: ${run.partition.short.first[0]}`);
  const refused = walked.filter(({ values }) => isRefused(kin, parentIn(values))).length;
  if ((run?.partition?.skipped?.count ?? 0) !== refused) {
    faults.push(`it skipped ${run?.partition?.skipped?.count ?? 0}, refused are ${refused}`);
  }
  return faults;
}

const parentIn = (values: Line['values']): number => Number(values['of.id']);

function wantedOf(kin: Kin, { values, isNew }: Line, from: string | undefined): string[] {
  const parent = parentIn(values);
  if (isRefused(kin, parent)) return [];
  const shop = values['shop'] === undefined ? null : String(JSON.parse(values['shop']));
  const since = isNew || from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);
  return childrenOf(kin, parent, shop).flatMap(({ atMs, line: text }) =>
    atMs > since ? [text] : [],
  );
}

/**
 * Parents that a published run brought and no list since then has.
 * @param isSnapshot each run of the parent has all of it: only the last one counts
 */
export function judgeParents(
  { name, kin }: SimStream,
  parents: readonly ParentRun[],
  lists: readonly List[],
  isSnapshot: boolean,
): string[] {
  const last = lists.at(-1);
  if (!kin || !last) return [`${name} has no list`];
  const current = parents.filter((one) => !one.isLate);
  const fresh = isSnapshot
    ? current.length - 1
    : Math.max(
        0,
        current.findLastIndex(({ manifest }) => manifest.fullRefresh),
      );
  return current.slice(fresh).flatMap((parent) => {
    const since = lists.filter(({ madeAtMs }) => madeAtMs >= parent.publishedAtMs);
    const known = new Set(
      since.flatMap((list) => list.lines.map(({ values }) => parentIn(values))),
    );
    const lost = idsIn(parent.lines).filter((id) => !known.has(id));
    return lost.length === 0
      ? []
      : [`${name} passed over ${lost.join()} of ${parent.manifest.runId} of ${kin.parent}`];
  });
}

const idsIn = (lines: readonly string[]): number[] =>
  lines.map((text) => Number(/"id":(\d+)/.exec(text)?.[1]));

/** The rows of the parent's children that the current runs of the stream have not. */
export function judgeKin(
  { name, kin }: SimStream,
  parents: readonly string[],
  lines: ReadonlySet<string>,
): string[] {
  if (!kin) return [];
  const shops = kin.shops.length > 0 ? kin.shops : [null];
  const wanted = idsIn(parents)
    .filter((id) => !isRefused(kin, id))
    .flatMap((id) => shops.flatMap((shop) => childrenOf(kin, id, shop)));
  const lost = wanted.filter((one) => !lines.has(one.line));
  return lost.length === 0 ? [] : [`${name} lost ${lost.map((one) => one.line).join()}`];
}
