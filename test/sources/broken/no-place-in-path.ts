export const faults = [
  'streams[0].path: expected {page} in it beside pagination.in "path"',
  'streams[1].path: expected {shop} to be declared under settings, got no such setting',
];

export default {
  name: 'no-place-in-path',
  baseUrl: 'https://api.example.com',
  streams: [
    {
      name: 'things',
      path: 'things/page',
      records: 'data',
      pagination: { kind: 'page', in: 'path' },
    },
    {
      name: 'rows',
      path: '{shop}/rows/{start}/{limit}',
      records: 'data',
      pagination: { kind: 'offset', offsetParam: 'start', pageSize: 50, in: 'path' },
    },
  ],
};
