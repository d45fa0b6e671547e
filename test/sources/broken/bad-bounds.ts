export const faults = [
  'streams[0].incremental.changedAt: expected pagination in the order of change, got "offset"',
];

export default {
  name: 'bad-bounds',
  baseUrl: 'https://api.example.com',
  streams: [
    {
      name: 'things',
      path: 'things',
      records: 'data',
      pagination: { kind: 'offset', pageSize: 10 },
      incremental: { field: 'changed_at', param: 'since', changedAt: 'changed_at' },
    },
  ],
};
