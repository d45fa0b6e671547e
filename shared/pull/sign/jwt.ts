// A JSON Web Token that a private key signs (RFC 7515, 7519). Nothing of the key is in an error.

import { constants, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { JWT_ALGORITHMS } from '../../core/source/credentials/credentials-schema.ts';
import type { Source } from '../../core/source/source.ts';
import { unusable } from './signature.ts';

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

export interface Jwt {
  readonly algorithm: JwtAlgorithm;
  readonly keyId?: string | undefined;
  readonly claims: Readonly<Record<string, string | number>>;
  /** PEM; its line breaks may be written as `\\n`, as a `.env` file has them. */
  readonly privateKey: string;
}

/** @throws DriplakeError `Driplake.Credentials` when the key is none, or is for another algorithm */
export function signJwt(source: Source, { algorithm, keyId, claims, privateKey }: Jwt): string {
  const header = { alg: algorithm, typ: 'JWT', ...(keyId ? { kid: keyId } : {}) };
  const text = [header, claims].map((part) => base64Url(JSON.stringify(part))).join('.');
  const key = readKey(source, privateKey);
  if (key.asymmetricKeyType !== (algorithm.startsWith('ES') ? 'ec' : 'rsa')) {
    throw unusable(source, 'privateKey', `no key for ${algorithm}`);
  }
  const signature = sign(`sha${algorithm.slice(2)}`, Buffer.from(text), {
    key,
    ...(algorithm.startsWith('PS') ? PSS : {}),
    // RFC 7518 section 3.4: both numbers, one after the other.
    ...(algorithm.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' } : {}),
  });
  return `${text}.${signature.toString('base64url')}`;
}

const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};

function readKey(source: Source, pem: string): KeyObject {
  try {
    return createPrivateKey(pem.replaceAll('\\n', '\n'));
  } catch {
    throw unusable(source, 'privateKey', 'no private key in PEM');
  }
}

const base64Url = (text: string): string => Buffer.from(text).toString('base64url');
