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

/** What the ledger is asked for next: it serves this process from within. */
let phase: 'start' | 'pull' | 'commit' | 'finish' = 'start';

subscribe('http.server.request.start', (told) => {
  if (phase === 'start') return at('start asks the ledger');
  if (!isWrite(told)) return;
  if (phase === 'commit') at('commit asks the ledger');
  if (phase === 'finish') at('finish asks the ledger');
});

subscribe('http.server.response.finish', (told) => {
  if (phase === 'start') return at('start hears the ledger');
  if (!isWrite(told)) return;
  const before = phase;
  phase = 'pull';
  if (before === 'commit') at('commit hears the ledger');
  if (before === 'finish') at('finish hears the ledger');
});

function isWrite(told: unknown): boolean {
  const request = requestOf(told);
  if (!(request instanceof IncomingMessage)) throw new Error('no server tells this');
  return request.headers[TARGET]?.includes('PutItem') === true;
}

subscribe('http.client.request.start', (told) => {
  if (isOfLedger(told)) return;
  if (phase === 'start') phase = 'pull';
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
    const kind = kindOf(args[0]);
    at(kind === 'manifest' ? 'manifest is flushed' : 'batch is flushed');
    await link(...args);
    phase = kind === 'manifest' ? 'finish' : 'commit';
    at(kind === 'manifest' ? 'manifest is in place' : 'batch is in place');
  },
  async rename(...args: Parameters<typeof rename>) {
    const kind = kindOf(args[0]);
    await rename(...args);
    if (kind === 'seat') at('start takes its seat');
  },
});
syncBuiltinESMExports();
