// Budgets that count two lists of limits, and words about limits that are not there.

const limits = [
  {
    kind: 'window',
    requests: 10,
    periodSeconds: 60,
    headers: { remaining: [], place: 0 },
  },
];
const one = [{ kind: 'declared', requests: 10, periodSeconds: 60 }];
const other = [{ kind: 'declared', requests: 20, periodSeconds: 60 }];
const stream = { path: 'x', records: '', pagination: { kind: 'single' } };

export default {
  name: 'limits',
  baseUrl: 'https://api.example.com',
  limits,
  streams: [
    { ...stream, name: 'a', limits: one, scope: 'lists' },
    { ...stream, name: 'b', limits: other, scope: 'lists' },
    { ...stream, name: 'c', limits: one, scope: 'limits' },
    { ...stream, name: 'd', scope: 'lists', onlyOwnLimits: true },
  ],
};

export const faults = [
  'limits[0].headers.remaining: expected a list of a length of at least 1, got an empty list',
  'limits[0].headers.place: expected a number of at least 1, got 0',
  'streams[1].limits: expected those of streams[0], whose scope "lists" is the same',
  'streams[2].limits: expected those of the source, whose scope "limits" is the same',
  'streams[3].scope: expected limits of the stream beside it',
  'streams[3].onlyOwnLimits: expected limits of the stream beside it',
];
