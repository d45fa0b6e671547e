export const faults = [
  'streams[0].pagination.kind: expected "offset" | "page" | "cursor" | "link" | "link-header" | "keyset" | "single", got "ofset"',
];

export default {
  name: 'misspelt-kind',
  baseUrl: 'https://api.example.com',
  streams: [{ name: 'things', path: 'things', records: 'data', pagination: { kind: 'ofset' } }],
};
