import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { transportFault } from '../../../shared/ports/http/http-faults.ts';
import { nodeHttp } from '../../../shared/ports/http/http-node.ts';
import { faultOf, get, serve, serveBytes, textOf } from './loopback.ts';

describe('faults', () => {
  const endings: readonly [string, (socket: Socket) => void][] = [
    ['ends', (socket) => socket.end()],
    ['is reset', (socket) => setImmediate(() => socket.resetAndDestroy())],
  ];
  const replies: readonly [string, string][] = [
    ['short body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data":['],
    ['short last body', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{}'],
    ['chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'],
    [
      'last chunked body',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n',
    ],
    ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"a":'],
    ['bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"a":'],
  ];
  for (const [ending, end] of endings) {
    it.each(replies)(`is cut off when a connection ${ending} in a %s`, async (_name, reply) => {
      const origin = await serveBytes(reply, end);
      const fault = faultOf(await nodeHttp().send(get(`${origin}/page?key=hidden`)));
      expect(fault.reason).toBe('cut-off');
      expect(fault.message).toContain(`GET ${origin}/page broke off`);
      expect(fault.message).not.toContain('hidden');
    });
  }

  it('is unreachable when the connection ends before an answer, or is no HTTP', async () => {
    for (const reply of ['', 'HTTP/1.1 2', 'SSH-2.0-OpenSSH\r\n\r\n']) {
      const origin = await serveBytes(reply === '' ? '\r\n' : reply, (socket) => socket.end());
      expect(faultOf(await nodeHttp().send(get(origin))).reason).toBe('unreachable');
    }
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9\r\n', 'HPE_INVALID_CONSTANT'],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x46', 'HPE_INVALID_CONSTANT'],
    ['a bad header', 'HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n', 'HPE_INVALID_HEADER_TOKEN'],
    ['a bad status', 'HTTP/1.1 2000 OK\r\n\r\n', 'HPE_INVALID_STATUS'],
  ])('says that there was an answer which is no HTTP: %s', async (_what, reply, code) => {
    const origin = await serveBytes(reply, (socket) => socket.end());
    const { message } = faultOf(await nodeHttp().send(get(`${origin}/x?key=hidden`)));
    expect(message).toBe(
      `GET ${origin}/x answered with what is not HTTP (${code}): is it an HTTP server, and is it https?`,
    );
  });

  it('asks whether it is http, where TLS is answered with something else', async () => {
    for (const reply of ['HTTP/1.1 400 Bad Request\r\n\r\n', 'SSH-2.0-OpenSSH_9\r\n']) {
      const origin = await serveBytes(reply, (socket) => socket.end());
      const secure = origin.replace('http:', 'https:');
      const { message } = faultOf(await nodeHttp().send(get(`${secure}/x?key=hidden`)));
      expect(message).toBe(
        `GET ${secure}/x is unreachable: it does not speak TLS on this port: is it http? (EPROTO)`,
      );
    }
  });

  it('names what TLS failed for', () => {
    const error = Object.assign(new Error('alert'), {
      code: 'EPROTO',
      reason: 'tlsv1 alert protocol version',
    });
    const signal = new AbortController().signal;
    const request = get('https://api.example/x');
    expect(transportFault(error, { request, headSeen: false, signal }).message).toBe(
      'GET https://api.example/x is unreachable: TLS failed, tlsv1 alert protocol version (EPROTO)',
    );
  });

  it('is unreachable when nothing listens, no such host is known, or TLS fails', async () => {
    const { origin, server } = await serve((_request, response) => response.end());
    const tls = await nodeHttp().send(get(`${origin.replace('http:', 'https:')}/?key=hidden`));
    server.close();
    server.closeAllConnections();
    const refused = await nodeHttp().send(get(`${origin}/x?key=hidden`));
    const unknown = await nodeHttp().send(get('http://nowhere.invalid/x?key=hidden'));
    expect(faultOf(refused)).toEqual({
      reason: 'unreachable',
      message: `GET ${origin}/x is unreachable: nothing listens there (ECONNREFUSED)`,
    });
    // A resolver that nobody answers takes longer than a connection may.
    expect(faultOf(unknown).message).toMatch(
      /^GET http:\/\/nowhere\.invalid\/x is unreachable: .*\((ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT)\)$/,
    );
    expect(faultOf(tls).reason).toBe('unreachable');
    expect(faultOf(tls).message).not.toContain('hidden');
  });

  it('is unreachable when a header or a URL cannot be sent, and does not show it', async () => {
    const http = nodeHttp();
    const bad = get('http://127.0.0.1:1/', { headers: { authorization: 'Bearer a\nhidden' } });
    for (const request of [bad, get('not a URL hidden')]) {
      const fault = faultOf(await http.send(request));
      expect(fault.reason).toBe('unreachable');
      expect(fault.message).not.toContain('hidden');
    }
  });

  it('is a timeout when the headers or the body take too long', async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === '/body') response.write('{');
    });
    for (const path of ['head', 'body']) {
      const answer = await nodeHttp().send(get(`${origin}/${path}?q=1`, { timeoutMs: 40 }));
      expect(faultOf(answer)).toEqual({
        reason: 'timeout',
        message: `GET ${origin}/${path} did not answer in full within 0.04 s`,
      });
    }
  });

  it('is a timeout when no connection is free in time', async () => {
    const { origin } = await serve(() => {});
    const http = nodeHttp({ connections: 1 });
    const [first, second] = await Promise.all([
      http.send(get(`${origin}/first`, { timeoutMs: 80 })),
      http.send(get(`${origin}/second`, { timeoutMs: 40 })),
    ]);
    expect([faultOf(first).reason, faultOf(second).reason]).toEqual(['timeout', 'timeout']);
  });

  it('is unreachable when a connection does not stand in time, whatever the request allows', async () => {
    // It accepts the connection and never answers the TLS greeting.
    const origin = await serveBytes('', () => {});
    const answer = await nodeHttp({ connectMs: 40 }).send(get(origin.replace('http:', 'https:')));
    expect(faultOf(answer).reason).toBe('unreachable');
    expect(faultOf(answer).message).toMatch(/: no connection within 0\.04 s \(CONNECT_TIMEOUT\)$/);
  });

  it('is unreachable when the server wants to speak something else', async () => {
    const upgrade =
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n';
    const origin = await serveBytes(upgrade, () => {});
    expect(faultOf(await nodeHttp().send(get(origin))).reason).toBe('unreachable');
  });

  it('names what is wrong with a body that breaks the protocol', async () => {
    const reply = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"a":';
    const origin = await serveBytes(reply, () => {});
    expect(faultOf(await nodeHttp().send(get(origin))).message).toMatch(
      /broke off in the middle of its answer \(HPE_INVALID_CHUNK_SIZE\)$/,
    );
  });

  it('is aborted before, during the wait and in the middle of a body', async () => {
    const controllers = new Map<string, AbortController>();
    const { origin } = await serve((request, response) => {
      if (request.url === '/body') response.write('{');
      setImmediate(() => controllers.get(request.url ?? '')?.abort());
    });
    const http = nodeHttp();
    const before = await http.send(get(origin), AbortSignal.abort());
    expect(faultOf(before).reason).toBe('aborted');
    for (const path of ['/head', '/body']) {
      const controller = new AbortController();
      controllers.set(path, controller);
      const answer = await http.send(get(origin + path), controller.signal);
      expect(faultOf(answer).reason).toBe('aborted');
    }
  });

  it('is too large whether or not the length was announced, and when the headers are', async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === '/told') response.setHeader('content-length', 5000);
      if (request.url === '/headers') response.setHeader('x-long', 'x'.repeat(64 * 1024));
      response.write('x'.repeat(2500));
      response.end('x'.repeat(2500));
    });
    const http = nodeHttp({ bodyBytes: 4999 });
    for (const path of ['told', 'untold', 'headers']) {
      expect(faultOf(await http.send(get(`${origin}/${path}`))).reason).toBe('too-large');
    }
    expect(textOf(await nodeHttp({ bodyBytes: 5000 }).send(get(origin)))).toHaveLength(5000);
  });
});
