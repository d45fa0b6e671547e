// Puts a model behind a real socket on loopback. The socket adds nothing of its own: status,
// headers, bytes and broken connections are the model's, the time is the clock's.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type ApiModel, type ApiRequest, type ApiResponse, apiRequest } from './exchange.ts';

export interface ServeOptions {
  /** Epoch milliseconds; the machine's clock unless told otherwise. */
  readonly now?: () => number;
  /** Default: a free one. */
  readonly port?: number;
  /** A fixed round trip: half passes before the model sees the request, half after. */
  readonly latencyMs?: number;
  /** Compress bodies when the client accepts this encoding. */
  readonly encoding?: keyof typeof encoders;
}

export interface Served<M extends ApiModel> {
  readonly url: string;
  readonly model: M;
  close(): Promise<void>;
}

const encoders = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync };

/** Listens on 127.0.0.1. `close` ends open connections too. */
export async function serve<M extends ApiModel>(
  model: M,
  options: ServeOptions = {},
): Promise<Served<M>> {
  const { now = Date.now, latencyMs = 0, port = 0 } = options;
  const server = createServer((incoming, outgoing) => {
    exchange(incoming, outgoing).catch((error: unknown) => {
      outgoing.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const exchange = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const request = await read(incoming);
    await pause(latencyMs / 2);
    const response = model.handle(request, now());
    await pause(latencyMs / 2);
    write(outgoing, encode(response, request, options.encoding));
  };
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    model,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function read(incoming: IncomingMessage): Promise<ApiRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return apiRequest(incoming.url ?? '/', {
    method: incoming.method ?? 'GET',
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString('utf8'),
  });
}

function encode(
  response: ApiResponse,
  request: ApiRequest,
  encoding: keyof typeof encoders | undefined,
): ApiResponse {
  if (encoding === undefined || Buffer.byteLength(response.body) === 0) return response;
  if (!(request.headers['accept-encoding'] ?? '').includes(encoding)) return response;
  const body = encoders[encoding](response.body);
  return { ...response, body, headers: { ...response.headers, 'Content-Encoding': encoding } };
}

/**
 * A body that will break is sent in chunks, so that only its missing end tells that it is not
 * whole.
 */
function write(outgoing: ServerResponse, response: ApiResponse): void {
  const body = Buffer.from(response.body);
  const { dropAfterBytes } = response;
  if (dropAfterBytes === undefined) {
    outgoing.writeHead(response.status, { ...response.headers, 'Content-Length': body.length });
    outgoing.end(body);
    return;
  }
  outgoing.writeHead(response.status, response.headers);
  outgoing.flushHeaders();
  const sent = body.subarray(0, dropAfterBytes);
  if (sent.length === 0) outgoing.destroy();
  else outgoing.write(sent, () => outgoing.destroy());
}

async function pause(milliseconds: number): Promise<void> {
  if (milliseconds <= 0) return;
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
