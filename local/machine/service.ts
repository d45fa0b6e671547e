// JSONPlaceholder on loopback, for demos and tests: json-server over the real data of the npm
// package, behind a proxy that enforces a leaky bucket the way Lightspeed's R-Series does. It
// refuses what overflows and counts what it refused.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import jsonServer from 'json-server';

export interface ServiceOptions {
  readonly port?: number;
  /** Units the bucket holds. */
  readonly size?: number;
  readonly leakPerSecond?: number;
}

export interface Service {
  readonly url: string;
  readonly stats: { readonly requests: number; readonly refused: number };
  close(): Promise<void>;
}

export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { size = 60, leakPerSecond = 20, port = 0 } = options;
  const api = jsonServer.create();
  const data: object = createRequire(import.meta.url)('jsonplaceholder/data.json');
  api.use(jsonServer.defaults({ logger: false, readOnly: true }));
  api.use(jsonServer.router(structuredClone(data)));
  const bucket = leakyBucket(size, leakPerSecond);
  const stats = { requests: 0, refused: 0 };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    stats.requests++;
    const { allowed, level, retryAfterSeconds } = bucket(performance.now());
    response.setHeader('X-LS-API-Bucket-Level', `${level}/${size}`);
    response.setHeader('X-LS-API-Drip-Rate', String(leakPerSecond));
    if (allowed) return api(request, response);
    stats.refused++;
    response.setHeader('X-LS-API-RateLimit-Type', 'api-leaky-bucket');
    response.setHeader('Retry-After', String(retryAfterSeconds));
    response.writeHead(429, { 'Content-Type': 'text/html; charset=UTF-8' });
    response.end(
      '{"httpCode":"429","httpMessage":"Too Many Requests","message":"Rate limit exceeded"}',
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, stats, close: () => closeServer(server) };
}

/** A request is let through while the level is below the size; the level includes it then. */
function leakyBucket(size: number, leakPerSecond: number) {
  let level = 0;
  let atMs = 0;
  return (nowMs: number): { allowed: boolean; level: number; retryAfterSeconds: number } => {
    level = Math.max(0, level - ((nowMs - atMs) * leakPerSecond) / 1000);
    atMs = nowMs;
    const allowed = level < size;
    if (allowed) level += 1;
    return {
      allowed,
      level,
      retryAfterSeconds: Math.max(1, Math.ceil((level - size + 1) / leakPerSecond)),
    };
  };
}

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
