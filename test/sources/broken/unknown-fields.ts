export const faults = [
  'streams[0].pagination.pagesize: expected no such field, got 50',
  'streams[0].primarykey: expected no such field, got "id"',
  'limts: expected no such field, got an empty list',
];

export default {
  name: 'unknown-fields',
  baseUrl: 'https://api.example.com',
  limts: [],
  streams: [
    {
      name: 'things',
      path: 'things',
      records: 'data',
      pagination: { kind: 'page', pagesize: 50 },
      primarykey: 'id',
    },
  ],
};
