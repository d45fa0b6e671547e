export const faults = [
  'streams[0].incremental.fieldAs: expected "epoch", "epoch-ms", "dot-net", "rfc-2822" or a pattern such as "YYYY-MM-DD", got "%Y-%m-%d"',
  'streams[0].incremental.first.daysAgo: expected a number of at least 0, got -1',
  'streams[1].incremental.fieldAs: expected type "instant", got "integer"',
  'streams[2].incremental.first: expected an ISO date or time such as "2024-01-31T00:00:00Z", or what fieldAs says, got "31.01.2024"',
];

export default {
  name: 'no-time-format',
  baseUrl: 'https://api.example.com',
  defaults: { records: 'data', pagination: { kind: 'single' } },
  streams: [
    {
      name: 'things',
      path: 'things',
      incremental: { field: 'at', param: 'since', fieldAs: '%Y-%m-%d', first: { daysAgo: -1 } },
    },
    {
      name: 'others',
      path: 'others',
      incremental: { field: 'at', param: 'since', fieldAs: 'epoch', type: 'integer' },
    },
    {
      name: 'more',
      path: 'more',
      incremental: { field: 'at', param: 'since', fieldAs: 'MM/DD/YYYY', first: '31.01.2024' },
    },
  ],
};
