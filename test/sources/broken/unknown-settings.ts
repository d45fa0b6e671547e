export const faults = [
  'streams[0].path: expected {accountID} to be declared under settings, got no such setting',
  'baseUrl: expected {shop} to be declared under settings, got no such setting',
  'scope: expected {client} to be declared under settings, got no such setting',
];

export default {
  name: 'unknown-settings',
  baseUrl: 'https://{shop}.example.com',
  settings: { accountId: 'Number of the account' },
  scope: 'example/{client}',
  streams: [
    {
      name: 'things',
      path: 'accounts/{accountID}/things',
      records: 'data',
      pagination: { kind: 'single' },
    },
  ],
};
