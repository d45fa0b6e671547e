// dynalite behind a port of loopback, for others that may ask it at any moment, die in the middle
// of a request, or still ask when it ends. By itself it throws, which ends the process, when its
// files close under a request and when a request breaks off. Here whatever came whole is answered
// before the files close, and what breaks off is let go.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';

export interface DynaliteServer {
  readonly port: number;
  /** Answers what came, then closes the files. Others find the port closed meanwhile. */
  close(): Promise<void>;
}

/** After this long, and each time again, whoever sends or reads nothing is cut off, ms. */
const PATIENCE_MS = 1_000;

/** @param path of its files, which nobody else has open */
export async function openDynalite(path: string): Promise<DynaliteServer> {
  const server = dynalite({ path, createTableMs: 0 });
  const answering = new Set<ServerResponse>();
  let isClosing = false;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.removeAllListeners('error').on('error', () => {});
    if (isClosing) response.shouldKeepAlive = false;
    request.once('end', () => answering.add(response));
    response.once('close', () => answering.delete(response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: portOf(server),
    async close() {
      isClosing = true;
      for (const response of answering) response.shouldKeepAlive = false;
      const cutOff = setInterval(() => {
        const isAnswered = [...answering].every((response) => response.writableEnded);
        if (isAnswered) server.closeAllConnections();
      }, PATIENCE_MS);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearInterval(cutOff);
    },
  };
}

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};
