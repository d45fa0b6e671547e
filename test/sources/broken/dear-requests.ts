// Requests that cost more than a limit allows: nobody could send them.

const bucket = { kind: 'leaky-bucket', size: 60, leakPerSecond: 1 };
const stream = { path: 'x', records: '', pagination: { kind: 'single' } };

export default {
  name: 'dear',
  baseUrl: 'https://api.example.com',
  limits: [bucket, { kind: 'declared', requests: 20, periodSeconds: 1 }],
  streams: [
    { ...stream, name: 'fits', cost: 20 },
    { ...stream, name: 'two-limits', cost: 61 },
    { ...stream, name: 'own', cost: 30, limits: [bucket], onlyOwnLimits: true },
    {
      ...stream,
      name: 'own-too-small',
      cost: 15,
      limits: [{ kind: 'window', requests: 10, periodSeconds: 60 }],
    },
  ],
};

export const faults = [
  'streams[1].cost: expected at most 60, all that limits[0] allows, got 61',
  'streams[1].cost: expected at most 20, all that limits[1] allows, got 61',
  'streams[3].cost: expected at most 10, all that streams[3].limits[0] allows, got 15',
];
