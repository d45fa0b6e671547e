// What a server may say in place of a page: statuses, bodies that are none, and bytes that break
// the protocol. None of them says that the list is over.

import type { ServerResponse } from 'node:http';
import { deflateRawSync, gzipSync } from 'node:zlib';

/** Answers in place of the page that would have been right. */
export type Hostile = (response: ServerResponse, page: string) => void;

const status =
  (
    code: number,
    text: string | Buffer = '{"error":"no"}',
    headers: Readonly<Record<string, string>> = {},
  ): Hostile =>
  (response) =>
    response.writeHead(code, { 'Content-Type': 'application/json', ...headers }).end(text);

const body = (text: string | Buffer, headers: Readonly<Record<string, string>> = {}): Hostile =>
  status(200, text, headers);

/** Bytes on the wire, and what becomes of the connection. */
const wire =
  (bytes: (page: string) => string, end: 'end' | 'reset' | 'open' = 'end'): Hostile =>
  (response, page) => {
    const { socket } = response;
    socket?.write(bytes(page), () => {
      if (end === 'end') socket.end();
      if (end === 'reset') socket.resetAndDestroy();
    });
  };

const head = (...lines: string[]): string =>
  `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const half = (page: string): string => page.slice(0, page.length / 2);

export const HOSTILE: Readonly<Record<string, Hostile>> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 405, 408, 409, 410, 418, 422, 425, 451, 500, 501, 502, 503, 504, 520].map(
      (code) => [`status ${code}`, status(code)],
    ),
  ),
  'status 204': (response) => response.writeHead(204).end(),
  'status 304': (response) => response.writeHead(304).end(),
  'a redirect to nowhere': status(302, '', {}),
  'a redirect to itself': (response) =>
    response.writeHead(302, { Location: response.req.url ?? '/' }).end(),
  'a redirect to another host': status(301, '', { Location: 'http://127.0.0.2:9/x' }),
  'an empty body': body(''),
  blanks: body(' \n\n '),
  'a page to sign in': body('<html><body>Sign in</body></html>', { 'Content-Type': 'text/html' }),
  null: body('null'),
  'a number': body('17'),
  'an empty object': body('{}'),
  'a list of null': body('{"data":null}'),
  'an object for a list': body('{"data":{"id":1}}'),
  'text for a list': body('{"data":"[]"}'),
  'an error with status 200': body('{"error":{"code":17,"message":"later"}}'),
  'half of a document': (response, page) => response.end(half(page)),
  'a document and more': (response, page) => response.end(`${page}<!-- served by 17 -->`),
  'two documents': (response, page) => response.end(page + page),
  'the list twice': body('{"data":[],"data":[{"id":1}]}'),
  'bytes that are no text': body(Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])),
  'five thousand levels': body(`{"data":${'['.repeat(5_000)}${']'.repeat(5_000)}}`),
  'a coding that is not used': (response, page) =>
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(page),
  'a coding that nobody knows': (response, page) =>
    response.writeHead(200, { 'Content-Encoding': 'x-rot13' }).end(page),
  'half of a gzip': (response, page) => {
    const packed = gzipSync(page);
    response.writeHead(200, { 'Content-Encoding': 'gzip' });
    response.end(packed.subarray(0, packed.length / 2));
  },
  'a damaged gzip': (response, page) => {
    const packed = gzipSync(page);
    packed.fill(0, 30, 60);
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(packed);
  },
  'another coding than told': (response, page) =>
    response.writeHead(200, { 'Content-Encoding': 'br' }).end(deflateRawSync(page)),
  'nothing, and the end': wire(() => ''),
  'nothing, and a reset': wire(() => '', 'reset'),
  silence: () => {},
  'another protocol': wire(() => 'SSH-2.0-OpenSSH_9.6\r\n'),
  'half of a head': wire(() => 'HTTP/1.1 200 OK\r\nContent-Le'),
  'a status that is none': wire(() => 'HTTP/1.1 9999 What\r\n\r\n'),
  'a head of a megabyte': wire(() => head(`X-Long: ${'x'.repeat(1e6)}`)),
  'a body that ends early': wire((page) => head(`Content-Length: ${page.length}`) + half(page)),
  'a body that is reset': wire(
    (page) => head(`Content-Length: ${page.length}`) + half(page),
    'reset',
  ),
  'a body that stops': wire((page) => head(`Content-Length: ${page.length}`) + half(page), 'open'),
  'a length that is none': wire((page) => head('Content-Length: many') + page),
  'two lengths': wire((page) => head('Content-Length: 2', 'Content-Length: 9') + page),
  'a chunk that is none': wire(() => `${head('Transfer-Encoding: chunked')}zz\r\n{"da`),
  'a chunk that ends early': wire(() => `${head('Transfer-Encoding: chunked')}50\r\n{"da`),
  'a length and chunks': wire(
    (page) => head('Content-Length: 5', 'Transfer-Encoding: chunked') + page,
  ),
  'another protocol asked for': wire(
    () => 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n',
    'open',
  ),
};
