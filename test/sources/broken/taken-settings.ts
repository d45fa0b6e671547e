export const faults = [
  'settings.baseUrl: expected another name: DRIPLAKE_TAKEN_SETTINGS_BASE_URL sends the source elsewhere',
  'settings.clientId: expected another name: credentials of kind "oauth2-refresh-token" have this field',
  'settings.accessToken: expected another name: credentials of kind "oauth2-refresh-token" have this field',
  'settings.accountID: expected another name: its variable DRIPLAKE_TAKEN_SETTINGS_ACCOUNT_ID is also that of accountId',
];

export default {
  name: 'taken-settings',
  baseUrl: 'https://api.example.com',
  settings: {
    baseUrl: 'Where it is',
    clientId: 'Number of the client',
    accessToken: 'A token',
    accountId: 'Number of the account',
    accountID: 'The same',
    token: 'The name of a field of another kind',
  },
  credentials: { kind: 'oauth2-refresh-token', tokenUrl: 'https://api.example.com/token' },
  streams: [{ name: 'things', path: 'things', records: 'data', pagination: { kind: 'single' } }],
};
