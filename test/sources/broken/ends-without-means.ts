export const faults = [
  'streams[0].pagination.total: expected a place of the total beside end "total", got nothing',
  'streams[1].pagination.pageSize: expected the size of a full page beside end "short-page", got nothing',
  'streams[2].pagination.pageSize: expected a size to send as sizeParam, got nothing',
];

export default {
  name: 'ends-without-means',
  baseUrl: 'https://api.example.com',
  streams: [
    {
      name: 'one',
      path: 'one',
      records: 'data',
      pagination: { kind: 'offset', pageSize: 10, end: 'total' },
    },
    {
      name: 'two',
      path: 'two',
      records: 'data',
      pagination: { kind: 'page', end: 'short-page' },
    },
    {
      name: 'three',
      path: 'three',
      records: 'data',
      pagination: { kind: 'link', from: 'next', sizeParam: 'limit' },
    },
  ],
};
