// The part of Secrets Manager that we use, over its JSON protocol on loopback: versions with
// stages, and the errors it gives. It keeps every version, so that a test can say what was ever
// stored.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface FakeSecretsManager {
  readonly endpoint: string;
  /** The owner writes a secret in the console. */
  put(name: string, text: string): void;
  /** All versions, the current one last. */
  versions(name: string): readonly string[];
  /** From now on every call answers this error. */
  fail(error: string): void;
  close(): void;
}

export async function fakeSecretsManager(): Promise<FakeSecretsManager> {
  const secrets = new Map<string, string[]>();
  let failure: string | undefined;
  const put = (name: string, text: string): void => {
    secrets.set(name, [...(secrets.get(name) ?? []), text]);
  };

  const answer = (operation: string, input: Readonly<Record<string, unknown>>): Answer => {
    if (failure !== undefined) return refuse(failure);
    const name = String(input['SecretId']);
    const versions = secrets.get(name);
    if (versions === undefined) return refuse('ResourceNotFoundException');
    if (operation === 'secretsmanager.PutSecretValue') {
      if (typeof input['ClientRequestToken'] !== 'string')
        return refuse('InvalidRequestException');
      put(name, String(input['SecretString']));
    }
    const VersionId = String(versions.length);
    const VersionStages = ['AWSCURRENT'];
    return {
      status: 200,
      body: { Name: name, VersionId, VersionStages, SecretString: versions.at(-1) },
    };
  };

  const server = createServer((request, response) => {
    readJson(request).then((input) => {
      const { status, body } = answer(String(request.headers['x-amz-target']), input);
      reply(response, status, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    put,
    versions: (name) => secrets.get(name) ?? [],
    fail: (error) => {
      failure = error;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const refuse = (type: string): Answer => ({
  status: 400,
  body: { __type: type, Message: 'Secrets Manager refused.' },
});

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const value: unknown = JSON.parse(Buffer.concat(parts).toString());
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}
