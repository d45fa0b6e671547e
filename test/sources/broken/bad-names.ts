export const faults = [
  'name: expected lower-case words joined by "-", got "My Source"',
  'streams[0].name: expected lower-case words joined by "_" or "-", got "Sales/2026"',
];

export default {
  name: 'My Source',
  baseUrl: 'https://api.example.com',
  streams: [{ name: 'Sales/2026', path: 'x', records: 'data', pagination: { kind: 'single' } }],
};
