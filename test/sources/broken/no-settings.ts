const ofParent = 'to be of a parent under partitions, got no such parent';
const declared = 'to be declared under settings, got no such setting';

export const faults = [
  `streams[0].path: expected {issues.number} ${ofParent}`,
  `streams[1].path: expected {} ${declared}`,
  `streams[1].path: expected {a-b} ${declared}`,
  `streams[2].path: expected { accountId } ${declared}`,
  `streams[2].path: expected { number } ${declared}`,
  'streams[2].path: expected no single brace, got "{ accountId }/{ number }/a}b/{c"',
  `streams[3].query.since: expected {since} ${declared}`,
  `streams[3].query.fields: expected {field-list} ${declared}`,
  `streams[3].headers.X-Shop: expected {shop.id} ${ofParent}`,
  `streams[4].body.account: expected {accountID} ${declared}`,
  `streams[4].body.filters[0].value: expected {from} ${declared}`,
  `baseUrl: expected {region.name} ${declared}`,
  `headers.X-Client: expected {client} ${declared}`,
  `scope: expected {account.id} ${declared}`,
  `credentials.tokenUrl: expected {shop} ${declared}`,
  `credentials.scope: expected {scope} ${declared}`,
];

const stream = { records: 'data', pagination: { kind: 'single' } };

export default {
  name: 'no-settings',
  baseUrl: 'https://{region.name}.example.com',
  settings: { accountId: 'Number of the account' },
  scope: 'example/{account.id}',
  headers: { 'X-Client': 'lake {client}', 'X-Account': '{accountId}' },
  credentials: {
    kind: 'oauth2-client-credentials',
    tokenUrl: 'https://{shop}.example.com/token',
    scope: 'read:{scope}',
  },
  streams: [
    { ...stream, name: 'comments', path: 'issues/{issues.number}/comments' },
    { ...stream, name: 'empty', path: 'x/{}/{a-b}?filter={"a":{"b":1}}' },
    { ...stream, name: 'braces', path: '{ accountId }/{ number }/a}b/{c' },
    {
      ...stream,
      name: 'query',
      path: 'query',
      query: {
        since: '>={since}',
        fields: '{field-list}',
        expand: 'comments{message},likes.limit(1){name}',
        json: '{"a":1}',
        words: '{ a b }',
      },
      headers: { 'X-Shop': '{shop.id}' },
    },
    {
      ...stream,
      name: 'body',
      path: 'body',
      method: 'POST',
      body: {
        account: '{accountID}',
        own: '{accountId}',
        filters: [{ value: '{from}' }],
        query: 'query {viewer {id}} mutation{shop{name}}',
      },
    },
  ],
};
