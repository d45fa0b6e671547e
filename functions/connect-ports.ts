// Connects a function to everything that the pull touches, once, at its first event: the clients
// outlive the invocation.

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { breakEvenSeconds } from '../shared/core/bounds.ts';
import { nodeHttp } from '../shared/ports/http/http-node.ts';
import { secretsManager } from '../shared/ports/secrets/secrets-manager.ts';
import { contexts } from '../shared/pull/context.ts';
import type { PullPorts } from '../shared/pull/ports.ts';
import { lakeConnection } from './connect-lake.ts';
import type { PullConnection } from './connection.ts';
import { readConfig } from './read-config.ts';

let connection: PullConnection | undefined;

/** @throws DriplakeError configuration */
export async function connectPorts(): Promise<PullConnection> {
  connection ??= connect();
  return connection;
}

function connect(): PullConnection {
  const config = readConfig(process.env);
  const { sourceOf, isGone, ...base } = lakeConnection(config);
  const ports: PullPorts = {
    ...base.ports,
    http: nodeHttp(),
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
