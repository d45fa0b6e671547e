// Connects a function to ledger, lake and catalogue, once, at its first event.

import { GlueClient } from '@aws-sdk/client-glue';
import { type Catalogue, manifestsOnly } from '../shared/ports/catalogue/catalogue.ts';
import { glueCatalogue } from '../shared/ports/catalogue/catalogue-glue.ts';
import { lakeConnection } from './connect-lake.ts';
import type { PublishConnection } from './connection.ts';
import { type Config, readConfig } from './read-config.ts';

let connection: PublishConnection | undefined;

/** @throws DriplakeError configuration */
export async function connectCatalogue(): Promise<PublishConnection> {
  connection ??= connect(readConfig(process.env));
  return connection;
}

function connect(config: Config): PublishConnection {
  const { ports, ...rest } = lakeConnection(config);
  return { ...rest, ports: { ...ports, catalogue: catalogueOf(config, ports.lake.place) } };
}

/** @param place of the lake, `s3://bucket/prefix` */
export const catalogueOf = (config: Config, place: string): Catalogue =>
  config.catalogue === 'glue' ? glueCatalogue(new GlueClient({}), place) : manifestsOnly;
