export const faults = [
  'limits[0].size: expected a number above 0, got -60',
  'limits[0].leakPerSecond: expected a number, got nothing',
  'limits[1].headers.remain: expected no such field, got "X-Remaining"',
  'limits[2].kind: expected "leaky-bucket" | "window" | "declared" | "concurrent", got "tokens"',
  'reserve: expected a number of at most 0.9, got 1',
];

export default {
  name: 'bad-limits',
  baseUrl: 'https://api.example.com',
  limits: [
    { kind: 'leaky-bucket', size: -60 },
    { kind: 'window', requests: 100, periodSeconds: 60, headers: { remain: 'X-Remaining' } },
    { kind: 'tokens', size: 5 },
  ],
  reserve: 1,
  streams: [{ name: 'things', path: 'x', records: 'data', pagination: { kind: 'single' } }],
};
