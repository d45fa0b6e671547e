// Loaded into a `driplake` process before anything else (`node --import`): kills it with SIGKILL at
// the moment that DRIPLAKE_DIES_AT names, such as `batch flushed#2`, the second time that a batch
// is on the disk and not yet under its name. No handler runs and nothing is flushed, as with any
// SIGKILL; it comes between two calls to the system, where a clock would rarely hit.

import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs/promises';
import { ClientRequest, IncomingMessage } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { Moment } from './moments.ts';

/** The header that says what DynamoDB is asked for. */
const TARGET = 'x-amz-target';

const [wanted, times] = (process.env['DRIPLAKE_DIES_AT'] ?? '').split('#');
let left = Number(times);

function at(moment: Moment): void {
  if (moment === wanted && --left === 0) process.kill(process.pid, 'SIGKILL');
}

/** Until the first page is asked for, or a file of an earlier life's pages takes its name. */
let starting = true;

type News = 'commit' | 'finish';
/** What a stream will tell the ledger, since a file of it took its name in the lake. */
const newsOf = new Map<string, News>();
/** The writes that tell it. */
const telling = new WeakMap<IncomingMessage, News>();

/** The ledger serves this process from within: a request that has come is not yet seen by it. */
subscribe('http.server.request.start', (told) => {
  if (starting) return at('start asks the ledger');
  const request = servedOf(told);
  if (request.headers[TARGET]?.includes('PutItem') !== true) return;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const stream = /"sk":{"S":"stream#([^"]+)"}/.exec(Buffer.concat(chunks).toString())?.[1] ?? '';
    const news = newsOf.get(stream);
    if (news === undefined) return;
    newsOf.delete(stream);
    telling.set(request, news);
    at(`${news} asks the ledger`);
  });
});

subscribe('http.server.response.finish', (told) => {
  if (starting) return at('start hears the ledger');
  const news = telling.get(servedOf(told));
  if (news !== undefined) at(`${news} hears the ledger`);
});

function servedOf(told: unknown): IncomingMessage {
  const request = requestOf(told);
  if (!(request instanceof IncomingMessage)) throw new Error('no server tells this');
  return request;
}

subscribe('http.client.request.start', (told) => {
  if (isOfLedger(told)) return;
  starting = false;
  at('page is asked for');
});
subscribe('http.client.response.finish', (told) => isOfLedger(told) || at('page is answered'));

function isOfLedger(told: unknown): boolean {
  const request = requestOf(told);
  if (!(request instanceof ClientRequest)) throw new Error('no client tells this');
  return request.hasHeader(TARGET);
}

const requestOf = (told: unknown): unknown =>
  typeof told === 'object' && told !== null && 'request' in told ? told.request : undefined;

const { open, link, rename } = fs;

/** A file that appears under another name later: which kind it is, by the folder that it is in. */
const kindOf = (path: unknown): 'batch' | 'manifest' | 'seat' | undefined => {
  const text = String(path);
  if (!text.endsWith('.part')) return undefined;
  if (text.includes('_manifests')) return 'manifest';
  return text.includes('run=') ? 'batch' : 'seat';
};

/** `<lake>/<source>/<stream>/...` or `<lake>/_manifests/<source>/<stream>/...` */
const streamOf = (path: unknown): string =>
  /\/lake\/(?:_manifests\/)?[^/]+\/([^/]+)\//.exec(String(path))?.[1] ?? '';

Object.assign(fs, {
  async open(...args: Parameters<typeof open>) {
    const file = await open(...args);
    const kind = kindOf(args[0]);
    if (kind !== 'batch' && kind !== 'manifest') return file;
    at(`${kind} is opened`);
    const { writeFile } = file;
    file.writeFile = async (data, options) => {
      if (wanted === `${kind} is half written` && left === 1 && Buffer.isBuffer(data)) {
        await writeFile.call(file, data.subarray(0, data.length / 2), options);
      }
      at(`${kind} is half written`);
      return writeFile.call(file, data, options);
    };
    return file;
  },
  async link(...args: Parameters<typeof link>) {
    const kind = kindOf(args[0]) === 'manifest' ? 'manifest' : 'batch';
    at(`${kind} is flushed`);
    starting = false;
    // Where an earlier life's file has the name, that one is told of.
    newsOf.set(streamOf(args[1]), kind === 'manifest' ? 'finish' : 'commit');
    await link(...args);
    at(`${kind} is in place`);
  },
  async rename(...args: Parameters<typeof rename>) {
    const kind = kindOf(args[0]);
    await rename(...args);
    if (kind === 'seat') at('start takes its seat');
  },
});
syncBuiltinESMExports();
