export const faults = [
  'defaults.name: expected no such field, got "all"',
  'defaults.pagination.pageSize: expected a number, got "20"',
  'defaults.order: expected no such field, got "id"',
  'streams[1].pagination.kind: expected "offset" | "page" | "cursor" | "link" | "link-header" | "keyset" | "single", got "pages"',
];

export default {
  name: 'defaults-of-streams',
  baseUrl: 'https://api.example.com',
  defaults: {
    name: 'all',
    records: 'data',
    order: 'id',
    pagination: { kind: 'offset', pageSize: '20' },
  },
  streams: [
    { name: 'things', path: 'things' },
    { name: 'others', path: 'others', pagination: { kind: 'pages' } },
    { name: 'more', path: 'more' },
  ],
};
