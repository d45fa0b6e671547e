// What every keeper of secrets promises: the owner's fields and the rotated tokens, for every
// process, and errors that name what is missing and no value.

import { describe, expect, it } from 'vitest';
import { type Tokens, tokensIn } from '../../../shared/core/answer/token.ts';
import { DriplakeError, Failure } from '../../../shared/core/failures.ts';
import type { SecretFields, Secrets } from '../../../shared/ports/secrets/secrets.ts';

export interface SecretsWorld {
  readonly secrets: Secrets;
  /** Another process that reads the same place. */
  readonly other: Secrets;
  /** The owner writes these fields and no others. */
  own(source: string, fields: SecretFields): Promise<void>;
}

export const signIn = { clientId: 'client', clientSecret: 'hush', refreshToken: 'refresh-0' };
export const renewed = (number: number): Tokens => ({
  accessToken: `access-${number}`,
  refreshToken: `refresh-${number}`,
  obtainedAtMs: 1_000,
  expiresAtMs: 1_801_000,
});

export async function errorOf(work: Promise<unknown>): Promise<DriplakeError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof DriplakeError) return error;
  throw new Error(`expected an error of ours, got ${String(error)}`);
}

/** @param connect gives a place without secrets each time */
export function secretsContract(name: string, connect: () => Promise<SecretsWorld>): void {
  describe(`secrets in ${name}`, () => {
    it('gives the fields of a source, and not those of another', async () => {
      const { secrets, own } = await connect();
      await own('shop', { token: 'one', accountId: '17' });
      await own('bank', { token: 'two' });
      expect(await secrets.read('shop', ['token', 'accountId'])).toEqual({
        token: 'one',
        accountId: '17',
      });
      expect(await secrets.read('bank', ['token'])).toEqual({ token: 'two' });
    });

    it('names the place and all missing and empty fields, and no value', async () => {
      const { secrets, own } = await connect();
      await own('shop', { ...signIn, clientId: 'planted', clientSecret: ' ', refreshToken: '' });
      const error = await errorOf(
        secrets.read('shop', ['clientId', 'clientSecret', 'refreshToken']),
      );
      expect(error.name).toBe(Failure.credentials);
      expect(error.message).toMatch(/shop.*clientSecret, refreshToken\.$/);
      expect(error.message + error.remedy).not.toContain('planted');
    });

    it('names a source that has no secret, and asks nothing of one that needs none', async () => {
      const { secrets } = await connect();
      const error = await errorOf(secrets.read('shop', ['token']));
      expect(error.name).toBe(Failure.credentials);
      expect(error.message).toMatch(/shop.*token/);
      expect(await secrets.read('shop', [])).toEqual({});
    });

    it('stores both tokens beside the other fields, for every process', async () => {
      const { secrets, other, own } = await connect();
      await own('shop', { ...signIn, accountId: '17' });
      for (const number of [1, 2]) {
        await secrets.storeTokens('shop', renewed(number));
        const fields = await other.read('shop', ['refreshToken']);
        expect(fields).toMatchObject({
          clientId: 'client',
          clientSecret: 'hush',
          accountId: '17',
        });
        expect(tokensIn(fields)).toEqual(renewed(number));
      }
    });

    it('keeps the refresh token when the answer had none, and forgets an older life', async () => {
      const { secrets, own } = await connect();
      await own('shop', signIn);
      await secrets.storeTokens('shop', renewed(1));
      await secrets.storeTokens('shop', { accessToken: 'access-2', obtainedAtMs: 5 });
      expect(tokensIn(await secrets.read('shop', []))).toEqual({
        accessToken: 'access-2',
        refreshToken: 'refresh-1',
        obtainedAtMs: 5,
      });
    });

    it('drops the stored tokens when the owner signs in again', async () => {
      const { secrets, own } = await connect();
      await own('shop', signIn);
      await secrets.storeTokens('shop', renewed(1));
      await own('shop', { ...signIn, refreshToken: 'refresh-new' });
      const fields = await secrets.read('shop', ['refreshToken']);
      expect(fields['refreshToken']).toBe('refresh-new');
      expect(tokensIn(fields)).toBeUndefined();
      await secrets.storeTokens('shop', renewed(2));
      expect(tokensIn(await secrets.read('shop', []))).toEqual(renewed(2));
    });
  });
}
