import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../shared/core/answer/exchange.ts';
import { memoryHttp, memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { nodeHttp } from '../../../shared/ports/http/http-node.ts';
import { faultOf, get, serve, serveBytes, textOf } from './loopback.ts';

const page = JSON.stringify({ data: Array.from({ length: 500 }, (_, id) => ({ id, name: 'ü' })) });

describe('what is sent and received', () => {
  it('sends method, path, query, headers and body as given', async () => {
    const seen: unknown[] = [];
    const { origin } = await serve((request, response) => {
      const { method, url, headers } = request;
      const parts: Buffer[] = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        seen.push([method, url, headers['x-key'], Buffer.concat(parts).toString()]);
        response.end('ok');
      });
    });
    const url = `${origin}/a%2Fb?timeStamp=%3E%3D%2C2021-10-05T14%3A18%3A46%2B00%3A00&x=%7e`;
    const http = nodeHttp();
    await http.send(get(url, { method: 'POST', headers: { 'X-Key': 'k' }, body: '{"ü":1}' }));
    expect(seen).toEqual([['POST', url.slice(origin.length), 'k', '{"ü":1}']]);
  });

  it('names itself, and takes another name from the request', async () => {
    const { origin } = await serve((request, response) => {
      response.end(request.headers['user-agent']);
    });
    const http = nodeHttp({ userAgent: 'driplake/1.2.3' });
    expect(textOf(await http.send(get(origin)))).toBe('driplake/1.2.3');
    const named = get(origin, { headers: { 'User-Agent': 'shop' } });
    expect(textOf(await http.send(named))).toBe('shop');
  });

  it('gives header names in lower case and joins duplicates', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(404, ['X-LS-API-Bucket-Level', '1/90', 'Link', 'a', 'link', 'b']);
      response.end('{}');
    });
    const answer = await nodeHttp().send(get(origin));
    expect(answer).toMatchObject({
      kind: 'response',
      status: 404,
      headers: { 'x-ls-api-bucket-level': '1/90', link: 'a, b' },
    });
  });

  it('keeps one connection for pages that are fetched one after another', async () => {
    const sockets = new Set<unknown>();
    const { origin } = await serve((request, response) => {
      sockets.add(request.socket);
      if (request.url === '/moved') response.writeHead(302, { location: '/' }).end('moved');
      else response.end(page);
    });
    const http = nodeHttp();
    for (let round = 0; round < 10; round += 1) {
      expect(textOf(await http.send(get(`${origin}/moved`)))).toBe(page);
    }
    expect(sockets.size).toBe(1);
  });

  it('keeps no connection when it is closed', async () => {
    const ended = Promise.withResolvers<void>();
    const { origin } = await serve((request, response) => {
      request.socket.once('close', () => ended.resolve());
      response.end('ok');
    });
    const http = nodeHttp();
    await http.send(get(origin));
    http.close();
    await ended.promise;
  });

  it('opens as many connections as it may, and no more', async () => {
    const sockets = new Set<unknown>();
    const waiting: (() => void)[] = [];
    const { origin } = await serve((request, response) => {
      sockets.add(request.socket);
      waiting.push(() => response.end('ok'));
      // Everybody waits for the last one that fits.
      if (waiting.length === 3) for (const answer of waiting.splice(0)) answer();
    });
    const http = nodeHttp({ connections: 3 });
    const answers = await Promise.all(Array.from({ length: 9 }, () => http.send(get(origin))));
    expect(answers.map(textOf)).toEqual(Array(9).fill('ok'));
    expect(sockets.size).toBe(3);
  });

  it('sends no credentials of a URL: they are headers', async () => {
    const { origin } = await serve((request, response) => {
      response.end(request.headers.authorization ?? 'nobody');
    });
    const url = origin.replace('//', '//user:hidden@');
    expect(textOf(await nodeHttp().send(get(url)))).toBe('nobody');
  });

  it('adds nothing that nobody asked for', async () => {
    const { origin } = await serve((request, response) => {
      response.end(Object.keys(request.headers).sort().join(' '));
    });
    expect(textOf(await nodeHttp().send(get(origin)))).toBe(
      'accept-encoding connection host user-agent',
    );
    const post = get(origin, { method: 'POST', body: 'ü' });
    expect(textOf(await nodeHttp().send(post))).toBe(
      'accept-encoding connection content-length host user-agent',
    );
  });

  it('waits for the answer behind early hints', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(200, { link: 'real' }).end('page');
    });
    const answer = await nodeHttp().send(get(origin));
    expect(answer).toMatchObject({ status: 200, headers: { link: 'real' } });
    expect(textOf(answer)).toBe('page');
  });

  it('takes what comes behind a whole answer for nothing', async () => {
    const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage';
    const origin = await serveBytes(`${whole}${whole.replace('page', 'fake')}`, () => {});
    const http = nodeHttp();
    for (let asked = 0; asked < 3; asked += 1) {
      expect(textOf(await http.send(get(`${origin}/${asked}`)))).toBe('page');
    }
  });
});

describe('encodings', () => {
  const codings: readonly [string, (text: string) => Buffer][] = [
    ['gzip', zlib.gzipSync],
    ['X-GZIP', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['deflate', zlib.deflateRawSync],
    ['br', zlib.brotliCompressSync],
    ['zstd', zlib.zstdCompressSync],
    ['identity', Buffer.from],
    ['gzip, br', (text) => zlib.brotliCompressSync(zlib.gzipSync(text))],
  ];
  it.each(codings)(
    'undoes %s, whole, cut off and unfolding beyond the limit',
    async (name, encode) => {
      const { origin } = await serve((request, response) => {
        const whole = encode(request.url === '/bomb' ? 'A'.repeat(1_000_000) : page);
        const body = request.url === '/cut' ? whole.subarray(0, whole.byteLength - 9) : whole;
        response.writeHead(200, { 'content-encoding': name }).end(body);
      });
      const http = nodeHttp({ bodyBytes: 100_000 });
      expect(textOf(await http.send(get(`${origin}/whole`)))).toBe(page);
      expect(faultOf(await http.send(get(`${origin}/bomb`))).reason).toBe('too-large');
      if (name !== 'identity') {
        expect(faultOf(await http.send(get(`${origin}/cut`))).reason).toBe('cut-off');
      }
    },
  );

  it('undoes gzip that no header tells of, whole, cut off and unfolding beyond the limit', async () => {
    const { origin } = await serve((request, response) => {
      const whole = zlib.gzipSync(request.url === '/bomb' ? 'A'.repeat(1_000_000) : page);
      const twice = request.url === '/twice' ? zlib.gzipSync(whole) : whole;
      if (request.url === '/twice') response.setHeader('content-encoding', 'gzip');
      response.setHeader('content-type', 'application/gzip');
      response.end(request.url === '/cut' ? whole.subarray(0, whole.byteLength - 9) : twice);
    });
    const http = nodeHttp({ bodyBytes: 100_000 });
    expect(textOf(await http.send(get(`${origin}/whole`)))).toBe(page);
    expect(textOf(await http.send(get(`${origin}/twice`)))).toBe(page);
    expect(faultOf(await http.send(get(`${origin}/bomb`))).reason).toBe('too-large');
    expect(faultOf(await http.send(get(`${origin}/cut`))).reason).toBe('cut-off');
  });

  const text = '{"name":"Zoë €"}';
  const wide = (unit: 'LE' | 'BE'): Buffer => {
    const bytes = Buffer.from(text, 'utf16le');
    return unit === 'LE' ? bytes : bytes.swap16();
  };
  it.each<[string, string, Buffer, string]>([
    ['latin-1', 'text/csv; charset=ISO-8859-1', Buffer.from('"Zoë"', 'latin1'), '"Zoë"'],
    ['Windows', 'text/csv; charset="windows-1252"', Buffer.from('80', 'hex'), '€'],
    ['UTF-16 by its name', 'application/json;charset=utf-16le', wide('LE'), text],
    ['UTF-16, big first', 'application/json; charset=UTF-16', wide('BE'), text],
    [
      'UTF-16 by its mark',
      'application/json',
      Buffer.concat([Buffer.from('fffe', 'hex'), wide('LE')]),
      text,
    ],
    ['UTF-8 whatever the header says', 'text/csv; charset=latin1', Buffer.from(text), text],
    [
      'an unknown charset as it came',
      'text/csv; charset=x-none',
      Buffer.from('é', 'latin1'),
      '\ufffd',
    ],
  ])('reads %s', async (_what, type, body, expected) => {
    const { origin } = await serve((_request, response) => {
      response.setHeader('content-type', type);
      response.end(body);
    });
    expect(textOf(await nodeHttp().send(get(origin)))).toBe(expected);
  });

  it('asks for what it understands and refuses the rest', async () => {
    const { origin } = await serve((request, response) => {
      const asked = request.headers['accept-encoding'];
      if (request.url === '/odd') response.setHeader('content-encoding', 'toString');
      if (request.url === '/html') response.setHeader('content-encoding', 'gzip');
      if (request.url === '/often') response.setHeader('content-encoding', 'gzip, gzip, gzip');
      response.end(asked);
    });
    const http = nodeHttp();
    expect(textOf(await http.send(get(origin)))).toBe('gzip, deflate, br, zstd');
    for (const path of ['odd', 'html', 'often']) {
      expect(faultOf(await http.send(get(`${origin}/${path}`))).reason).toBe('cut-off');
    }
  });

  it('takes an empty encoded body as empty', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(204, { 'content-encoding': 'gzip' }).end();
    });
    expect(textOf(await nodeHttp().send(get(origin)))).toBe('');
  });
});

describe('redirects', () => {
  it('follows three on the same origin, not four', async () => {
    const { origin } = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('here');
      else response.writeHead(301, { location: `/${left - 1}` }).end();
    });
    expect(textOf(await nodeHttp().send(get(`${origin}/3`)))).toBe('here');
    expect(await nodeHttp().send(get(`${origin}/1`))).toMatchObject({ url: `${origin}/0` });
    expect(await nodeHttp().send(get(`${origin}/0`))).not.toHaveProperty('url');
    expect(faultOf(await nodeHttp().send(get(`${origin}/4?key=hidden`)))).toEqual({
      reason: 'redirect',
      message: `GET ${origin}/4 was redirected more than 3 times`,
    });
  });

  it('never leaves the origin, and names the other without its query', async () => {
    let asked = 0;
    const other = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const { origin } = await serve((_request, response) => {
      response.writeHead(307, { location: `${other.origin}/steal?token=hidden` }).end();
    });
    const answer = await nodeHttp().send(get(`${origin}/a?key=hidden`));
    expect(faultOf(answer)).toEqual({
      reason: 'redirect',
      message: `GET ${origin}/a was redirected to another origin, ${other.origin}`,
    });
    expect(asked).toBe(0);
  });

  it('repeats a POST with its body, and refuses a redirect that would drop it', async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === '/308') response.writeHead(308, { location: '/end' }).end();
      else if (request.url === '/302') response.writeHead(302, { location: '/end' }).end();
      else request.pipe(response);
    });
    const post = (path: string): HttpRequest =>
      get(origin + path, { method: 'POST', body: 'rows' });
    expect(textOf(await nodeHttp().send(post('/308')))).toBe('rows');
    expect(faultOf(await nodeHttp().send(post('/302'))).reason).toBe('redirect');
  });

  it('follows one whose body breaks off or is long, on another connection', async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === '/here') return response.end('here');
      response.writeHead(302, { location: '/here', 'content-length': 1_000_000 });
      if (request.url === '/long') return response.end('x'.repeat(1_000_000));
      response.write('x', () => response.destroy());
      return response;
    });
    for (const path of ['/long', '/broken']) {
      expect(textOf(await nodeHttp().send(get(origin + path)))).toBe('here');
    }
  });

  it('takes a 3xx without a location, and a 304, as responses', async () => {
    const { origin } = await serve((request, response) => {
      response.writeHead(Number(request.url?.slice(1))).end();
    });
    for (const status of [300, 302, 304]) {
      expect(await nodeHttp().send(get(`${origin}/${status}`))).toMatchObject({ status });
    }
  });
});

describe('in memory', () => {
  it('answers from a function, keeps what was sent, and can be aborted', async () => {
    const http = memoryHttp((request) => memoryResponse(200, { path: request.url }));
    const asked = get('https://api.example/a');
    expect(textOf(await http.send(asked))).toBe('{"path":"https://api.example/a"}');
    expect(faultOf(await http.send(asked, AbortSignal.abort())).reason).toBe('aborted');
    expect(http.sent).toEqual([asked]);
  });
});
