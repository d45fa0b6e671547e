// As much of S3 as a lake uses, on loopback: conditional PUT, ranged GET, lists in pages, deletes of
// many. The client in front of it is the real one.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { serve } from '../http/loopback.ts';

interface FakeS3 {
  readonly client: S3Client;
  /** GETs of objects, and the most of them that were under way at a time. */
  readonly gets: { count: number; mostAtOnce: number };
}

/** Entries of one page of a list: few, so that a list of some dozens has several. */
const PAGE = 10;

interface Stored {
  readonly body: Buffer;
  readonly modified: string;
}

export async function fakeS3(): Promise<FakeS3> {
  const objects = new Map<string, Stored>();
  const gets = { count: 0, mostAtOnce: 0 };

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://s3');
    const key = decodeURIComponent(url.pathname).split('/').slice(2).join('/');
    const body = await buffer(incoming);
    if (incoming.method === 'PUT') {
      const taken = incoming.headers['if-none-match'] === '*' && objects.has(key);
      if (!taken) objects.set(key, { body, modified: new Date().toISOString() });
      return end(outgoing, taken ? 412 : 200, taken ? fault('PreconditionFailed') : '');
    }
    if (incoming.method === 'POST') {
      for (const [, gone = ''] of body.toString().matchAll(/<Key>(.*?)<\/Key>/g)) {
        objects.delete(gone);
      }
      return end(outgoing, 200, '<DeleteResult/>');
    }
    if (url.searchParams.has('list-type')) return end(outgoing, 200, list(url.searchParams));
    gets.count++;
    get(key, incoming.headers.range, outgoing);
  }

  function get(key: string, range: string | undefined, outgoing: ServerResponse): void {
    const stored = objects.get(key);
    if (!stored) return end(outgoing, 404, fault('NoSuchKey'));
    const last = /^bytes=0-(\d+)$/.exec(range ?? '')?.[1];
    const bytes = last === undefined ? stored.body : stored.body.subarray(0, Number(last) + 1);
    end(outgoing, last === undefined ? 200 : 206, bytes);
  }

  function list(query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter');
    const after = query.get('continuation-token') ?? '';
    const entries = new Map<string, string>();
    for (const key of [...objects.keys()].filter((one) => one.startsWith(prefix)).sort()) {
      const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      const name = cut < 0 ? key : key.slice(0, cut + 1);
      const { body, modified } = objects.get(key) ?? { body: '', modified: '' };
      const content = `<Key>${key}</Key><LastModified>${modified}</LastModified><Size>${body.length}</Size>`;
      entries.set(
        name,
        cut < 0
          ? `<Contents>${content}</Contents>`
          : `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`,
      );
    }
    const rest = [...entries].filter(([name]) => name > after);
    const page = rest.slice(0, PAGE);
    const more = rest.length > PAGE;
    const token = more ? `<NextContinuationToken>${page.at(-1)?.[0]}</NextContinuationToken>` : '';
    const told = page.map(([, text]) => text).join('');
    return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${told}</ListBucketResult>`;
  }

  const { origin } = await serve((incoming, outgoing) => void answer(incoming, outgoing));
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  const region = 'us-east-1';
  const client = new S3Client({ endpoint: origin, region, credentials, forcePathStyle: true });
  // How many are asked for, not how many arrive together: that is up to the machine.
  let underWay = 0;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'GetObjectCommand') return next(args);
        gets.mostAtOnce = Math.max(gets.mostAtOnce, ++underWay);
        return next(args).finally(() => underWay--);
      },
    { step: 'initialize' },
  );
  return { client, gets };
}

const fault = (code: string): string => `<Error><Code>${code}</Code></Error>`;

function end(outgoing: ServerResponse, status: number, body: string | Buffer): void {
  const type = typeof body === 'string' ? 'application/xml' : 'application/octet-stream';
  outgoing.writeHead(status, { 'content-type': type }).end(body);
}
