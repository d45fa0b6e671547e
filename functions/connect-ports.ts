// Connects a function to everything that the pull touches, once, at its first event: the clients
// outlive the invocation.

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { breakEvenSeconds } from '../shared/core/limits.ts';
import { undiciHttp } from '../shared/ports/http-undici.ts';
import { secretsManager } from '../shared/ports/secrets-manager.ts';
import { contexts } from '../shared/pull/context.ts';
import type { Ports } from '../shared/pull/ports.ts';
import { lakeConnection } from './connect-lake.ts';
import type { Connection } from './connection.ts';
import { readConfig } from './read-config.ts';

let connection: Connection | undefined;

/** @throws DriplakeError configuration */
export async function connectPorts(): Promise<Connection> {
  connection ??= connect();
  return connection;
}

function connect(): Connection {
  const config = readConfig(process.env);
  const { sourceOf, isGone, ...base } = lakeConnection(config);
  const ports: Ports = {
    ...base.ports,
    http: undiciHttp(),
    secrets: secretsManager(new SecretsManagerClient({}), config.secretsPrefix),
  };
  return {
    ports,
    sourceOf,
    isGone,
    contextOf: contexts(ports, sourceOf),
    breakEvenSeconds: breakEvenSeconds(config.memoryMb),
  };
}
