// What the newest runs of a lake folder say they wrote.

import path from 'node:path';
import { HEADS_AT_ONCE } from '../../shared/core/bounds.ts';
import type { Manifest } from '../../shared/core/table/manifest.ts';
import { readAhead } from '../../shared/ports/lake/read-ahead.ts';
import {
  manifestFiles,
  manifestsFolder,
  readManifestFile,
  type StreamFolder,
  streamsIn,
} from './manifest-files.ts';

export interface NewestManifests {
  readonly manifests: readonly Manifest[];
  /** One line for each thing that is wrong with one of them. */
  readonly faults: readonly string[];
}

/**
 * The newest manifests of each stream; a lake that is not there has none.
 * @param atMost of each stream: among so many runs of the lake no stream can have more
 * @throws DriplakeError lake
 */
export async function newestManifests(
  lakeDir: string,
  source: string | undefined,
  atMost: number,
): Promise<NewestManifests> {
  const streams = await streamsIn(lakeDir);
  const wanted = streams.filter((one) => source === undefined || one.source === source);
  const manifests: Manifest[] = [];
  const faults: string[] = [];
  for await (const read of readAhead(
    newestFiles(lakeDir, wanted, atMost),
    HEADS_AT_ONCE,
    readManifestFile,
  )) {
    if (read.kind === 'damaged') faults.push(...read.faults);
    else manifests.push(read.manifest);
  }
  return { manifests, faults };
}

async function* newestFiles(lakeDir: string, streams: readonly StreamFolder[], atMost: number) {
  for (const stream of streams) {
    const folder = manifestsFolder(lakeDir, stream);
    // Names begin with the time of the run.
    for (const file of (await manifestFiles(folder)).slice(-atMost)) yield path.join(folder, file);
  }
}
