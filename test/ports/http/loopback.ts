// HTTP servers on loopback that live as long as one test, and what tests say of answers.

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net';
import { afterEach, expect } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../../../shared/core/answer/exchange.ts';

const open: { closeAllConnections?: () => void; close: () => void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections?.();
  }
});

export async function serve(
  listener: RequestListener,
): Promise<{ origin: string; server: Server }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return { origin: `http://127.0.0.1:${portOf(server.address())}`, server };
}

/** A server that says exactly these bytes and then ends or resets the connection. */
export async function serveBytes(reply: string, end: (socket: Socket) => void): Promise<string> {
  const server = createPlainServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(reply, () => end(socket)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return `http://127.0.0.1:${portOf(server.address())}`;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: {},
  timeoutMs: 30_000,
  ...more,
});

export function textOf(answer: HttpAnswer): string {
  if (answer.kind === 'fault') throw new Error(`${answer.reason}: ${answer.message}`);
  return new TextDecoder().decode(answer.body);
}

export function faultOf(answer: HttpAnswer): { reason: string; message: string } {
  if (answer.kind === 'response') throw new Error(`a response with status ${answer.status}`);
  expect(answer.message).not.toContain('\n');
  return { reason: answer.reason, message: answer.message };
}
