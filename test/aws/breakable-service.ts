// The strict API of the other tests, behind a door that a drill can break: what the drill answers is
// answered, everything else is the API's.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { startService } from '../../local/machine/service.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a request gets instead of the API's answer: another answer, or the one to another path. */
export type Fault = (path: URL) => Answer | { readonly path: string } | undefined;

export interface BreakableService {
  /** Breaks the service until the next call; without a fault, mends it. */
  breakWith(fault?: Fault): void;
  close(): Promise<void>;
}

export async function startBreakable(port: number): Promise<BreakableService> {
  const service = await startService({ size: 500, leakPerSecond: 200 });
  let broken: Fault | undefined;
  const server = createServer((asked, response) => {
    const fault = broken?.(new URL(asked.url ?? '/', service.url));
    if (fault && 'status' in fault) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    forward(new URL(fault?.path ?? asked.url ?? '/', service.url), asked, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    breakWith(fault) {
      broken = fault;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await service.close();
    },
  };
}

function forward(url: URL, asked: IncomingMessage, response: ServerResponse): void {
  const onwards = request(url, { headers: { accept: asked.headers.accept } }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  onwards.once('error', () => response.writeHead(502).end());
  onwards.end();
}
