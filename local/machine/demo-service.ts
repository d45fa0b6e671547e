// The `jsonplaceholder` source brings its own API along: unless a base URL is set, a run of it is
// served on loopback from the npm packages, so that the first try needs no network and no account.

import { variable } from '../../shared/core/source/variable.ts';
import { type Service, startService } from './service.ts';

const SOURCE = 'jsonplaceholder';
const BASE_URL = variable(SOURCE, 'baseUrl');

export interface Demo {
  readonly env: Readonly<Record<string, string>>;
  readonly service: Service;
  close(): Promise<void>;
}

/** The service for a run of `source`, if it is the demo's and no other place was named. */
export async function demoFor(
  source: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Demo | undefined> {
  if (source !== SOURCE || env[BASE_URL]) return undefined;
  const service = await startService();
  process.stderr.write(
    `${SOURCE}: serving its data on ${service.url}, 60 requests at once and 20 a second. Set ${BASE_URL} to use another.\n`,
  );
  return { env: { [BASE_URL]: service.url }, service, close: () => service.close() };
}
