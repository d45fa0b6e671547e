export const faults = [
  'streams[0].method: expected "POST" beside credentials.body, got nothing',
  'streams[1].body: expected an object at auth in the body, for "auth.key": text stands there',
];

const stream = { path: 'things', records: 'data', pagination: { kind: 'single' } };

export default {
  name: 'bad-body-key',
  baseUrl: 'https://api.example.com',
  credentials: { kind: 'api-key', body: 'auth.key' },
  streams: [
    { ...stream, name: 'things' },
    { ...stream, name: 'others', method: 'POST', body: { auth: 'none' } },
    { ...stream, name: 'forms', method: 'POST', bodyAs: 'form', body: { auth: 'none' } },
  ],
};
