// What the owner of a source has to give: the credentials of its kind and the settings it names.

import type { Credentials, Source } from './source.ts';

const fieldsOf: Readonly<Record<Credentials['kind'], readonly string[]>> = {
  none: [],
  bearer: ['token'],
  'api-key': ['key'],
  basic: ['username', 'password'],
  'oauth2-client-credentials': ['clientId', 'clientSecret'],
  'oauth2-refresh-token': ['clientId', 'clientSecret', 'refreshToken'],
};

/** Names of the fields of a source's secret, or of its variables in an environment. */
export function secretFields(source: Source): readonly string[] {
  const credentials = fieldsOf[source.credentials?.kind ?? 'none'];
  return [...credentials, ...Object.keys(source.settings ?? {})];
}
