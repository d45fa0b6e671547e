const expected = 'expected a path below baseUrl, not a whole URL';

export const faults = [
  `streams[0].path: ${expected}, got "https://other.example.com/things"`,
  `streams[1].path: ${expected}, got "//other.example.com/things"`,
  `streams[2].path: ${expected}, got "\\\\other.example.com"`,
  'credentials.tokenUrl: expected an http or https URL, got "/oauth/token"',
];

const stream = { records: 'data', pagination: { kind: 'single' } };

export default {
  name: 'whole-urls',
  baseUrl: 'https://api.example.com',
  credentials: { kind: 'oauth2-client-credentials', tokenUrl: '/oauth/token' },
  streams: [
    { ...stream, name: 'absolute', path: 'https://other.example.com/things' },
    { ...stream, name: 'host', path: '//other.example.com/things' },
    { ...stream, name: 'windows', path: '\\\\other.example.com' },
    { ...stream, name: 'verb', path: '/items:search' },
  ],
};
