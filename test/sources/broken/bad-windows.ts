export const faults = [
  'streams[1].incremental.window.days: expected one of days, months, years, got 1',
  'streams[3].incremental.window.days: expected a number above 0, got 0',
  'streams[3].incremental.window.as: expected "epoch", "epoch-ms", "dot-net", "rfc-2822" or a pattern such as "YYYY-MM-DD", got "date"',
  'streams[0].incremental.window: expected first beside it, where the first window begins, got nothing',
  'streams[0].incremental.window: expected param, or {from} in path, query, headers or body, got neither',
  'streams[0].incremental.window: expected until.param, or {to} in path, query, headers or body, got neither',
  'streams[2].incremental.window.as: expected a pattern that tells a window from the next, got "YYYY-MM"',
  'streams[4].partitions: expected a name of its own, got "from", which is a time of each run',
];

const pagination = { kind: 'single' };
const first = '2026-01-01';
const until = { param: 'until' };

export default {
  name: 'bad-windows',
  baseUrl: 'https://api.example.com',
  streams: [
    {
      name: 'things',
      path: 'things',
      records: 'data',
      pagination,
      incremental: { field: 'at', window: { days: 30 } },
    },
    {
      name: 'twice',
      path: 'things',
      records: 'data',
      pagination,
      incremental: { field: 'at', param: 'since', until, first, window: { days: 1, months: 1 } },
    },
    {
      name: 'coarse',
      path: 'things/{from}',
      records: 'data',
      pagination,
      incremental: { field: 'at', until, first, window: { days: 1, as: 'YYYY-MM' } },
    },
    {
      name: 'unknown',
      path: 'things',
      records: 'data',
      pagination,
      incremental: { field: 'at', param: 'since', until, first, window: { days: 0, as: 'date' } },
    },
    {
      name: 'clash',
      path: 'things/{from}/{to}',
      records: 'data',
      pagination,
      partitions: { name: 'from', values: ['a'] },
      incremental: { field: 'at', first, window: { months: 1 } },
    },
  ],
};
