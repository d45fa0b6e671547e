import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/core/failures.ts';
import { variable } from '../../../shared/core/source/variable.ts';
import { memorySecrets, type SecretFields } from '../../../shared/ports/secrets/secrets.ts';
import { envSecrets } from '../../../shared/ports/secrets/secrets-env.ts';
import { secretsManager } from '../../../shared/ports/secrets/secrets-manager.ts';
import { fakeSecretsManager } from './fake-secrets-manager.ts';
import {
  errorOf,
  renewed,
  type SecretsWorld,
  secretsContract,
  signIn,
} from './secrets-contract.ts';

/** Secrets, and what their owner and a second process can do. */
const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'secrets-'));
  cleanups.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function memoryWorld(): Promise<SecretsWorld> {
  const given = new Map<string, SecretFields>();
  return {
    secrets: memorySecrets(given),
    other: memorySecrets(given),
    own: async (source, fields) => {
      given.set(source, fields);
    },
  };
}

async function envWorld(): Promise<SecretsWorld> {
  const stateDir = await folder();
  const env: Record<string, string> = {};
  const options = { env, envFile: join(stateDir, '.env'), stateDir };
  return {
    secrets: envSecrets(options),
    other: envSecrets(options),
    own: async (source, fields) => {
      const prefix = variable(source, '');
      for (const name of Object.keys(env)) if (name.startsWith(prefix)) delete env[name];
      for (const [name, value] of Object.entries(fields)) env[variable(source, name)] = value;
    },
  };
}

async function managerWorld() {
  const fake = await fakeSecretsManager();
  cleanups.push(fake.close);
  const connect = (): SecretsManagerClient => {
    const client = new SecretsManagerClient({
      endpoint: fake.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
      maxAttempts: 1,
    });
    cleanups.push(() => client.destroy());
    return client;
  };
  return {
    fake,
    secrets: secretsManager(connect(), 'driplake/'),
    other: secretsManager(connect(), 'driplake/'),
    own: async (source: string, fields: SecretFields) => {
      fake.put(`driplake/${source}`, JSON.stringify(fields));
    },
  };
}

secretsContract('memory', memoryWorld);
secretsContract('environment', envWorld);
secretsContract('Secrets Manager', managerWorld);

describe('the environment', () => {
  it('names variables after the source and the field', () => {
    expect(variable('lightspeed-r', 'accountId')).toBe('DRIPLAKE_LIGHTSPEED_R_ACCOUNT_ID');
    expect(variable('shop', 'accountID')).toBe('DRIPLAKE_SHOP_ACCOUNT_ID');
  });

  it('reads a .env file, over which the environment wins unless it is empty', async () => {
    const stateDir = await folder();
    const envFile = join(stateDir, '.env');
    await writeFile(
      envFile,
      'DRIPLAKE_SHOP_KEY="from file"\nDRIPLAKE_SHOP_ACCOUNT_ID=17 # mine\n',
    );
    const read = (env: Record<string, string>) =>
      envSecrets({ env, envFile, stateDir }).read('shop', ['key', 'accountID']);
    expect(await read({})).toMatchObject({ key: 'from file', accountID: '17' });
    expect(await read({ DRIPLAKE_SHOP_KEY: 'own' })).toMatchObject({ key: 'own' });
    expect(await read({ DRIPLAKE_SHOP_KEY: '' })).toMatchObject({ key: 'from file' });
  });

  it('says which variables to set', async () => {
    const stateDir = await folder();
    const secrets = envSecrets({ env: {}, envFile: join(stateDir, '.env'), stateDir });
    const error = await errorOf(secrets.read('my-shop', ['token', 'accountId']));
    expect(error.remedy).toBe('Set DRIPLAKE_MY_SHOP_TOKEN, DRIPLAKE_MY_SHOP_ACCOUNT_ID.');
  });

  it('keeps tokens in a file for its owner alone, without the owner’s fields', async () => {
    const stateDir = await folder();
    const env = { DRIPLAKE_SHOP_CLIENT_SECRET: 'hush', DRIPLAKE_SHOP_REFRESH_TOKEN: 'refresh-0' };
    const secrets = envSecrets({ env, envFile: join(stateDir, '.env'), stateDir });
    await Promise.all([1, 2, 3].map((number) => secrets.storeTokens('shop', renewed(number))));
    expect(await readdir(join(stateDir, 'secrets'))).toEqual(['shop.json']);
    const path = join(stateDir, 'secrets', 'shop.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toMatch(/hush|refresh-0/);
  });

  it('goes back to the stored chain when the owner undoes a change', async () => {
    const { secrets, own } = await envWorld();
    await own('shop', signIn);
    await secrets.storeTokens('shop', renewed(1));
    await own('shop', { ...signIn, refreshToken: 'mistyped' });
    expect(await secrets.read('shop', [])).toMatchObject({ refreshToken: 'mistyped' });
    await own('shop', signIn);
    expect(await secrets.read('shop', [])).toMatchObject({ refreshToken: 'refresh-1' });
  });

  it('does not start over when the stored tokens are damaged', async () => {
    const stateDir = await folder();
    const secrets = envSecrets({ env: {}, envFile: join(stateDir, '.env'), stateDir });
    await secrets.storeTokens('shop', renewed(1));
    for (const text of ['', '{"tokens":{"refreshToken":"planted"}']) {
      await writeFile(join(stateDir, 'secrets', 'shop.json'), text);
      const error = await errorOf(secrets.read('shop', []));
      expect(error.message).toMatch(/shop\.json are damaged/);
      expect(error.message + error.remedy).not.toContain('planted');
    }
  });
});

describe('Secrets Manager', () => {
  it('keeps numbers and booleans that the owner wrote without quotes', async () => {
    const { secrets, fake } = await managerWorld();
    fake.put('driplake/shop', '{"accountId": 17, "sandbox": true, "token": "one"}');
    expect(await secrets.read('shop', ['accountId', 'sandbox', 'token'])).toEqual({
      accountId: '17',
      sandbox: 'true',
      token: 'one',
    });
  });

  it.each([
    '',
    '  ',
    'planted',
    '["planted"]',
    '{"token":{"planted":1}}',
    '{"id":9007199254740993}',
  ])('says what to write when a secret is %j', async (text) => {
    const { secrets, fake } = await managerWorld();
    fake.put('driplake/shop', text);
    const error = await errorOf(secrets.read('shop', ['token', 'accountId']));
    expect(error.name).toBe(Failure.credentials);
    expect(error.message).toContain('driplake/shop');
    expect(error.remedy).toContain('{"token":"...","accountId":"..."}');
    expect(error.message + error.remedy).not.toContain('planted');
  });

  it('says what to write when nobody has filled what the deployment made', async () => {
    const { secrets } = await managerWorld();
    const error = await errorOf(secrets.read('shop', ['token', 'accountId']));
    expect(error.message).toMatch(
      /^The secret driplake\/shop .* has no value yet, or is not there/,
    );
    expect(error.remedy).toContain('{"token":"...","accountId":"..."}');
  });

  it('drops an access token when the owner edits only the refresh token beside it', async () => {
    const { secrets, own, fake } = await managerWorld();
    await own('shop', signIn);
    await secrets.storeTokens('shop', renewed(1));
    const text = fake.versions('driplake/shop').at(-1) ?? '';
    fake.put('driplake/shop', text.replace('"refresh-1"', '"refresh-new"'));
    expect(await secrets.read('shop', [])).toEqual({ ...signIn, refreshToken: 'refresh-new' });
  });

  it('writes a new version for each pair of tokens', async () => {
    const { secrets, own, fake } = await managerWorld();
    await own('shop', signIn);
    await secrets.storeTokens('shop', renewed(1));
    await secrets.storeTokens('shop', renewed(2));
    const versions = fake.versions('driplake/shop');
    expect(versions).toHaveLength(3);
    expect(versions[2]).toContain('access-2');
    expect(versions[2]).not.toContain('access-1');
  });

  it('says which right is missing, and lets passing faults pass', async () => {
    const { secrets, own, fake } = await managerWorld();
    await own('shop', signIn);
    fake.fail('AccessDeniedException');
    const error = await errorOf(secrets.read('shop', ['token']));
    expect(error.remedy).toBe('Allow secretsmanager:GetSecretValue on it.');
    fake.fail('InternalServiceError');
    await expect(secrets.read('shop', ['token'])).rejects.toMatchObject({
      name: 'InternalServiceError',
    });
  });
});
