// Turns a text body into UTF-8, which everything behind it reads. A body that is UTF-8 stays as it
// is, whatever its Content-Type says; the charset that one names counts only where it must.

import { isUtf8 } from 'node:buffer';

/** `text/csv; charset="ISO-8859-1"` */
const CHARSET = /;\s*charset\s*=\s*"?([\w.:-]+)"?/i;

/**
 * @param type the `Content-Type` header
 * @returns the same bytes where they are UTF-8, or where nothing tells what they are: whoever reads
 *   them names the damage
 */
export function toUtf8(bytes: Uint8Array, type: string): Uint8Array {
  const label = charsetOf(bytes, type);
  if (label === undefined) return bytes;
  try {
    const text = new TextDecoder(label, { fatal: true }).decode(bytes);
    return new TextEncoder().encode(text);
  } catch {
    // A charset that nobody knows, or bytes that are none of it.
    return bytes;
  }
}

/** UTF-16 in ASCII letters is valid UTF-8 too, every other character being U+0000. */
function charsetOf(bytes: Uint8Array, type: string): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const named = CHARSET.exec(type)?.[1]?.toLowerCase();
  if (named?.startsWith('utf-16')) return first === 0 ? 'utf-16be' : named;
  return isUtf8(bytes) ? undefined : named;
}
