export const faults = [
  'streams[0].records.path: expected to be left out: csv has no way to records, got "data"',
  'streams[0].records.single: expected to be left out: csv has no lists, got "record"',
  'streams[1].records.delimiter: expected to stand beside csv, got ";"',
  'streams[1].records.key: expected a path with a *, whose keys it gets, got "name"',
];

export default {
  name: 'formats-and-paths',
  baseUrl: 'https://api.example.com',
  streams: [
    {
      name: 'things',
      path: 'things',
      records: { format: 'csv', path: 'data', single: 'record' },
      pagination: { kind: 'single' },
    },
    {
      name: 'others',
      path: 'others',
      records: { path: 'data', delimiter: ';', key: 'name' },
      pagination: { kind: 'single' },
    },
  ],
};
