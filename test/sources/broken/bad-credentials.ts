export const faults = [
  'baseUrl: expected an http or https URL, got "ftp://api.example.com"',
  'credentials: expected either header or query for kind "api-key"',
];

export default {
  name: 'bad-credentials',
  baseUrl: 'ftp://api.example.com',
  credentials: { kind: 'api-key', header: 'X-Key', query: 'key' },
  streams: [{ name: 'things', path: 'x', records: 'data', pagination: { kind: 'single' } }],
};
