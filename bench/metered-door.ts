// A door between the deployed functions and the emulated account: it passes every request on as it
// is, and counts what DynamoDB and S3 would bill for it.

import { createServer, type IncomingMessage } from 'node:http';
import { request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import type { Account } from '../test/aws/account.ts';

export interface DoorUsage {
  /** Units of DynamoDB: a kilobyte written, four kilobytes read consistently. */
  writeUnits: number;
  readUnits: number;
  /** Requests of S3 at the price of a PUT, lists among them, and at that of a GET. */
  puts: number;
  gets: number;
}

export interface Door {
  /** Where the functions go instead of the account. */
  readonly url: string;
  readonly usage: DoorUsage;
  close(): void;
}

export async function openDoor({ endpoint, certificate }: Account): Promise<Door> {
  const usage: DoorUsage = { writeUnits: 0, readUnits: 0, puts: 0, gets: 0 };
  const server = createServer(async (request, response) => {
    const body = await bytesOf(request);
    const { method = 'GET', url = '/', headers } = request;
    // The signature is over the Host that the function sent: it is passed on.
    const outgoing = send(new URL(url, endpoint), { method, headers, ca: certificate });
    outgoing.on('error', () => response.destroy());
    outgoing.on('response', async (answer) => {
      const back = await bytesOf(answer);
      count(usage, request, body, back);
      response.writeHead(answer.statusCode ?? 502, answer.headers).end(back);
    });
    outgoing.end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = addressOf(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    usage,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const target = z.string().regex(/^DynamoDB_\d+\.\w+$/);
const itemWritten = z.object({ Item: z.unknown() });
const itemsRead = z.object({ ConsistentRead: z.boolean().default(false) });

function count(usage: DoorUsage, request: IncomingMessage, body: Buffer, answer: Buffer): void {
  const { method, url = '' } = request;
  const action = target.safeParse(request.headers['x-amz-target']).data?.split('.')[1];
  if (action === undefined) {
    if (method === 'GET' && !url.includes('list-type=')) usage.gets++;
    else if (method !== 'DELETE' && method !== 'HEAD') usage.puts++;
    return;
  }
  const asked: unknown = JSON.parse(body.toString());
  if (action === 'PutItem') {
    // Its JSON has more bytes than what DynamoDB weighs: names of types, quotes, escapes.
    const { Item } = itemWritten.parse(asked);
    usage.writeUnits += Math.ceil(Buffer.byteLength(JSON.stringify(Item)) / 1024);
    return;
  }
  if (action !== 'GetItem' && action !== 'Query') throw new Error(`nobody priced ${action}`);
  const share = itemsRead.parse(asked).ConsistentRead ? 1 : 0.5;
  usage.readUnits += Math.ceil(answer.byteLength / 4096) * share;
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the door has no port');
  return address;
}
