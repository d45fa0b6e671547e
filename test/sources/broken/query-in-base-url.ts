export const faults = [
  'baseUrl: expected a URL without a query, got "https://api.example.com/v1?shop=blue"',
];

export default {
  name: 'query-in-base-url',
  baseUrl: 'https://api.example.com/v1?shop=blue',
  streams: [{ name: 'things', path: 'x', records: 'data', pagination: { kind: 'single' } }],
};
