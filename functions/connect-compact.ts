// Connects the compaction to ledger, lake and catalogue, once, at its first event.

import { COMPACT_BYTES } from '../shared/core/bounds.ts';
import { catalogueOf } from './connect-catalogue.ts';
import { lakeConnection } from './connect-lake.ts';
import type { CompactConnection } from './connection.ts';
import { readConfig } from './read-config.ts';

let connection: CompactConnection | undefined;

/** @throws DriplakeError configuration */
export async function connectCompact(): Promise<CompactConnection> {
  connection ??= connect();
  return connection;
}

function connect(): CompactConnection {
  const config = readConfig(process.env);
  const { ports } = lakeConnection(config);
  const catalogue = catalogueOf(config, ports.lake.place);
  return { ports: { ...ports, catalogue }, mergedBytes: COMPACT_BYTES };
}
