export const faults = [
  'concurrency: expected a number of at least 1, got 0',
  'streams[0].path: expected text of a length of at least 1, got ""',
  'streams[0].pagination.pageSize: expected a number, got "20"',
];

export default {
  name: 'three-mistakes',
  baseUrl: 'https://api.example.com',
  concurrency: 0,
  streams: [
    { name: 'things', path: '', records: 'data', pagination: { kind: 'offset', pageSize: '20' } },
  ],
};
