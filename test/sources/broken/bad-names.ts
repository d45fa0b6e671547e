export const faults = [
  'name: expected text like /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, got "My Source"',
  'streams[0].name: expected text like /^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/, got "Sales/2026"',
];

export default {
  name: 'My Source',
  baseUrl: 'https://api.example.com',
  streams: [{ name: 'Sales/2026', path: 'x', records: 'data', pagination: { kind: 'single' } }],
};
