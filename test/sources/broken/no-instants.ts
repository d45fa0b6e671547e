export const faults = [
  'streams[0].incremental.first: expected an ISO date or time such as "2024-01-31T00:00:00Z", got "yesterday"',
  'streams[0].zone: expected an IANA zone ("America/New_York") or an offset ("-05:00"), got "+25:00"',
  'streams[1].incremental.first: expected an ISO date or time such as "2024-01-31T00:00:00Z", got "2024-02-30"',
  'streams[2].incremental.first: expected a whole number beside type "integer", got "2024-01-01"',
  'zone: expected an IANA zone ("America/New_York") or an offset ("-05:00"), got "New York"',
];

const things = { path: 'things', records: 'data', pagination: { kind: 'single' } };

export default {
  name: 'no-instants',
  baseUrl: 'https://api.example.com',
  zone: 'New York',
  streams: [
    {
      ...things,
      name: 'words',
      zone: '+25:00',
      incremental: { field: 'at', param: 'since', first: 'yesterday' },
    },
    { ...things, name: 'days', incremental: { field: 'at', param: 'since', first: '2024-02-30' } },
    {
      ...things,
      name: 'versions',
      incremental: { field: 'v', param: 'after', type: 'integer', first: '2024-01-01' },
    },
  ],
};
