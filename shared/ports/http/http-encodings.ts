// Undoes the content codings of a body (RFC 9110 8.4). The output is bounded, so a small body that
// unfolds into a huge one is refused, and a cut or damaged one is never taken for a whole.

import { promisify } from 'node:util';
import {
  brotliDecompress,
  constants,
  gunzip,
  inflate,
  inflateRaw,
  zstdDecompress,
} from 'node:zlib';
import { CODINGS, ZSTD_WINDOW_LOG } from '../../core/bounds.ts';

export type Decoded =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'damaged'; readonly detail: string };

type Bound = { readonly maxOutputLength: number };
type Decoder = (bytes: Uint8Array, bound: Bound) => Promise<Uint8Array>;

/** The value of `Accept-Encoding`. */
export const encodingsUnderstood = 'gzip, deflate, br, zstd';

const unzstd = promisify(zstdDecompress);

/** RFC 9659: a sender keeps its window within 8 MB (2^23), so a receiver may insist. */
const zstdWindow = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: (bytes, bound) =>
    hasZlibHead(bytes) ? promisify(inflate)(bytes, bound) : promisify(inflateRaw)(bytes, bound),
  br: promisify(brotliDecompress),
  zstd: (bytes, bound) => unzstd(bytes, { ...bound, params: zstdWindow }),
};

/**
 * @param encoding the `Content-Encoding` header, `''` when there is none
 * @param limit most bytes after each coding is undone
 */
export async function decodeBody(
  raw: Uint8Array,
  encoding: string,
  limit: number,
): Promise<Decoded> {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const codings = names.filter((name) => name !== '' && name !== 'identity').reverse();
  if (raw.byteLength === 0) return { kind: 'body', bytes: raw };
  if (codings.length > CODINGS) return { kind: 'damaged', detail: 'it is encoded too many times' };
  let decoded: Decoded = { kind: 'body', bytes: raw };
  for (const coding of codings) {
    if (decoded.kind === 'body') decoded = await undo(coding, decoded.bytes, limit);
  }
  // A file that is served as it lies there: no text begins like that.
  if (decoded.kind !== 'body' || !hasGzipHead(decoded.bytes)) return decoded;
  return undo('gzip', decoded.bytes, limit);
}

async function undo(coding: string, bytes: Uint8Array, limit: number): Promise<Decoded> {
  const decoder = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined;
  if (decoder === undefined) {
    return { kind: 'damaged', detail: 'it has an encoding that was not asked for' };
  }
  try {
    return { kind: 'body', bytes: await decoder(bytes, { maxOutputLength: limit }) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too-large' };
    return { kind: 'damaged', detail: `${coding} ${cut(code) ? 'is cut off' : 'is not valid'}` };
  }
}

const cut = (code: string): boolean => code === 'Z_BUF_ERROR';

/** RFC 1952: two magic bytes, and the only method there is. */
const hasGzipHead = ([first, second, method]: Uint8Array): boolean =>
  first === 0x1f && second === 0x8b && method === 8;

/** Some servers send `deflate` without the zlib head that RFC 1950 asks for. */
function hasZlibHead(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}
