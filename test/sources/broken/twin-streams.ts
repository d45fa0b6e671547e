export const faults = [
  'streams[1].name: expected a name of its own, got "things" again (streams[0])',
  'streams[1].body: expected method "POST" beside a body, got nothing',
  'streams[1].total: expected either body or header, got both',
];

export default {
  name: 'twin-streams',
  baseUrl: 'https://api.example.com',
  streams: [
    { name: 'things', path: 'things', records: 'data', pagination: { kind: 'single' } },
    {
      name: 'things',
      path: 'search',
      body: { query: 'all' },
      records: 'data',
      pagination: { kind: 'single' },
      total: { body: 'total', header: 'X-Total' },
    },
  ],
};
