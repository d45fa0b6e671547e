// Sources of the user's own in the deployed stack: a strict R-Series account whose tokens rotate,
// and the demo's data once more, with a limit that is nobody else's. The deployment comes from a
// copy of the project with two more files in `sources/`, as docs/deploy.md says.

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SecretFields } from '../../shared/ports/secrets/secrets.ts';
import type { ApiModel } from '../apis/exchange.ts';
import { allQuirks, lightspeedR, type RSeriesModel } from '../apis/lightspeed-r.ts';
import { type OAuth, rotatingTokens } from '../apis/oauth.ts';
import { serve } from '../apis/serve.ts';
import { root } from './processes.ts';

export const SHOP = 'shop';
export const SLOW = 'slow';

/** Ports that the deployed functions look for them on. */
export interface OwnPorts {
  readonly shopPort: number;
  readonly slowPort: number;
}

/** Streams, and the resource that each reads: three pages, two pages. */
export const RESOURCES = { items: 'Item', categories: 'Category' } as const;
const TOKEN_PATH = '/auth/oauth/token';
const ROWS = { Item: 250, Category: 101 };

const shopFile = (port: number): string => `
import { defineSource } from '../shared/core/source/source.ts';
import lightspeed from './lightspeed-r.ts';

export default defineSource({
  ...lightspeed,
  name: '${SHOP}',
  description: 'A shop of our own',
  baseUrl: 'http://127.0.0.1:${port}/API/V3/Account/{accountId}',
  credentials: {
    kind: 'oauth2-refresh-token',
    tokenUrl: 'http://127.0.0.1:${port}${TOKEN_PATH}',
  },
  scope: '${SHOP}/{accountId}',
  streams: lightspeed.streams.filter(({ name }) => ${JSON.stringify(Object.keys(RESOURCES))}.includes(name)),
});
`;

const slowFile = (port: number): string => `
import { defineSource } from '../shared/core/source/source.ts';
import jsonplaceholder from './jsonplaceholder.ts';

export default defineSource({
  ...jsonplaceholder,
  name: '${SLOW}',
  description: 'The same data, slowly',
  baseUrl: 'http://127.0.0.1:${port}',
});
`;

/**
 * Copies what is deployed, and adds the sources.
 * @param dir a folder that is not there yet
 */
export function copyProject(dir: string, { shopPort, slowPort }: OwnPorts): void {
  mkdirSync(dir);
  for (const name of ['cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(path.join(root, name), path.join(dir, name));
  }
  for (const name of ['functions', 'infra', 'shared', 'sources']) {
    cpSync(path.join(root, name), path.join(dir, name), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(dir, 'node_modules'));
  writeFileSync(path.join(dir, 'sources', `${SHOP}.ts`), shopFile(shopPort));
  writeFileSync(path.join(dir, 'sources', `${SLOW}.ts`), slowFile(slowPort));
}

export interface Shop {
  readonly model: RSeriesModel;
  readonly auth: OAuth;
  /** What its owner puts into the secret. */
  readonly fields: SecretFields;
  /** The token endpoint answers 503, from now until it is mended. */
  breakTokens(): void;
  mendTokens(): void;
  /** How many times it has. */
  failedTokens(): number;
  close(): Promise<void>;
}

export async function openShop(port: number): Promise<Shop> {
  const auth = rotatingTokens(Date.now());
  const model = lightspeedR({ rows: ROWS, quirks: allQuirks, auth });
  let isBroken = false;
  let failed = 0;
  const door: ApiModel = {
    ...model,
    handle: (request, nowMs) => {
      if (!isBroken || request.path !== TOKEN_PATH) return model.handle(request, nowMs);
      failed++;
      return { status: 503, headers: {}, body: 'Back soon.' };
    },
  };
  const { close } = await serve(door, { port });
  const { clientId, clientSecret, first } = auth;
  return {
    model,
    auth,
    fields: {
      ...{ accountId: '190211', clientName: 'lake' },
      ...{ clientId, clientSecret, refreshToken: first.refreshToken },
    },
    breakTokens: () => {
      isBroken = true;
    },
    mendTokens: () => {
      isBroken = false;
    },
    failedTokens: () => failed,
    close,
  };
}
