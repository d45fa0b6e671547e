export const faults = [
  'streams[0].pagination.overlap: expected fewer rows than pageSize, got 10',
  'streams[1].pagination.overlap: expected a number of at most 20, got 21',
  'streams[2].pagination.overlap: expected no such field, got 3',
];

export default {
  name: 'wide-overlap',
  baseUrl: 'https://api.example.com',
  streams: [
    {
      name: 'one',
      path: 'one',
      records: 'data',
      pagination: { kind: 'offset', pageSize: 10, overlap: 10 },
    },
    {
      name: 'two',
      path: 'two',
      records: 'data',
      pagination: { kind: 'offset', pageSize: 100, overlap: 21 },
    },
    {
      name: 'three',
      path: 'three',
      records: 'data',
      pagination: { kind: 'page', overlap: 3 },
    },
  ],
};
