export const faults = [
  'streams[2].name: expected a name of its own, got "tax_rates": its table tax_rates is also that of streams[0]',
  'streams[3].name: expected a name of its own, got "sales-history": its table sales_history is also that of streams[1]',
];

const stream = (name: string) => ({
  name,
  path: 'things',
  records: 'data',
  pagination: { kind: 'single' },
});

export default {
  name: 'twin-tables',
  baseUrl: 'https://api.example.com',
  streams: ['tax-rates', 'sales', 'tax_rates', 'sales-history'].map(stream),
};
