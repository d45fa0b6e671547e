// dynalite behind a port of loopback, for others that may ask it at any moment, die in the middle
// of a request, or still ask when it ends. By itself it throws, which ends the process, when its
// files close under a request, when a request breaks off, and when its disk says no. Here whatever
// came whole is answered before the files close, and what breaks off is let go; a disk that says no
// ends this server only: its port closes, and whoever asks again opens the files anew or is told.

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

/**
 * @param path of its files, which nobody else has open
 * @param onFault its files could not be read or written: it answers nobody any more
 */
export async function openDynalite(
  path: string,
  onFault: () => void = () => {},
): Promise<DynaliteServer> {
  const server = dynalite({ path, createTableMs: 0 });
  const answering = new Set<ServerResponse>();
  let isClosing = false;
  let isBroken = false;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.removeAllListeners('error').on('error', () => {});
    if (isClosing) response.shouldKeepAlive = false;
    request.once('end', () => answering.add(response));
    response.once('close', () => answering.delete(response));
  });
  const stopWatching = watchFaults(() => {
    if (isBroken) return;
    isBroken = true;
    onFault();
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
        if (isAnswered || isBroken) server.closeAllConnections();
      }, PATIENCE_MS);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      if (isBroken) server.closeAllConnections();
      await closed;
      clearInterval(cutOff);
      stopWatching();
    },
  };
}

/** Of all servers that are open, what a fault of dynalite's files ends: it does not say whose. */
const watching = new Set<() => void>();

/** dynalite throws where nobody can catch it: beyond the process's last chance there is none. */
function watchFaults(onFault: () => void): () => void {
  if (watching.size === 0) process.on('uncaughtException', tellFault);
  watching.add(onFault);
  return () => {
    watching.delete(onFault);
    if (watching.size === 0) process.off('uncaughtException', tellFault);
  };
}

function tellFault(error: unknown): void {
  if (!isOfFiles(error)) throw error;
  for (const onFault of watching) onFault();
}

/** LevelDB's own errors, and what dynalite says of a database that did not open. */
const isOfFiles = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && String(error.code).startsWith('LEVEL_')) ||
    error.message === 'Database is closed');

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};
