// Stands in for `@aws-sdk/credential-provider-node` inside the bundles (see functions.ts): a
// function has one source of credentials, its environment, which Lambda fills while it lives.

import { env } from 'node:process';

type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** Same shape as the SDK's own: called once a client, its result once a request. */
export const defaultProvider = () => async (): Promise<Credentials> => {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) {
    throw new Error('Lambda did not set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.');
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
};
