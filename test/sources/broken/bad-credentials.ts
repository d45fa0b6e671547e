export const faults = [
  'baseUrl: expected an http or https URL, got "ftp://api.example.com"',
  'credentials: expected one of header, query, cookie, body for kind "api-key"',
];

export default {
  name: 'bad-credentials',
  baseUrl: 'ftp://api.example.com',
  credentials: { kind: 'api-key', header: 'X-Key', query: 'key' },
  streams: [{ name: 'things', path: 'x', records: 'data', pagination: { kind: 'single' } }],
};
