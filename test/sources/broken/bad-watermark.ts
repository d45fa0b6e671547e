export const faults = [
  'streams[0].pagination.format: expected text with {value} in it, got ">{id}"',
  'streams[0].incremental.type: expected "instant" | "integer", got "number"',
  'streams[0].incremental.lookbackSeconds: expected a number, got "60"',
];

export default {
  name: 'bad-watermark',
  baseUrl: 'https://api.example.com',
  streams: [
    {
      name: 'things',
      path: 'things',
      records: 'data',
      pagination: { kind: 'keyset', field: 'id', param: 'id', format: '>{id}' },
      incremental: { field: 'version', type: 'number', lookbackSeconds: '60' },
    },
  ],
};
