export const faults = [
  'streams[0].pagination.param: expected a list at filters in the body, for the number 0 in "filters.0.value": nothing stands there',
  'streams[1].pagination.param: expected a list at filters in the body, for the number 0 in "filters.0.value": an object stands there',
  'streams[2].pagination.param: expected a number below 2 behind filters in the body, which is a list of 1, got "value" in "filters.value"',
  'streams[3].incremental.param: expected a number below 2 behind filters in the body, which is a list of 1, got "3" in "filters.3.value"',
  'streams[4].pagination.sizeParam: expected an object at page in the body, for "page.size": text stands there',
  'streams[5].pagination.limitParam: expected the place of one value at page in the body, for "page": an object stands there',
  'streams[6].incremental.until.param: expected an object at since in the body, for "since.until": a parameter stands there',
];

const stream = { path: 'search', method: 'POST', records: 'data' };
const keyset = { kind: 'keyset', field: 'id', in: 'body' };

export default {
  name: 'no-place-in-body',
  baseUrl: 'https://api.example.com',
  streams: [
    { ...stream, name: 'nothing', pagination: { ...keyset, param: 'filters.0.value' } },
    {
      ...stream,
      name: 'object',
      body: { filters: { id: {} } },
      pagination: { ...keyset, param: 'filters.0.value' },
    },
    {
      ...stream,
      name: 'name',
      body: { filters: [{}] },
      pagination: { ...keyset, param: 'filters.value' },
    },
    {
      ...stream,
      name: 'hole',
      body: { filters: [{}] },
      incremental: { field: 'at', param: 'filters.3.value' },
      pagination: { ...keyset, param: 'filters.0.value' },
    },
    {
      ...stream,
      name: 'word',
      body: { page: 'first' },
      pagination: { ...keyset, param: 'after', pageSize: 50, sizeParam: 'page.size' },
    },
    {
      ...stream,
      name: 'whole',
      body: { page: { limit: 10 } },
      pagination: { kind: 'offset', in: 'body', pageSize: 50, limitParam: 'page' },
    },
    {
      ...stream,
      name: 'both',
      incremental: { field: 'at', param: 'since', until: { param: 'since.until' } },
      pagination: { ...keyset, param: 'filters.1' },
      body: { filters: ['first'] },
    },
  ],
};
