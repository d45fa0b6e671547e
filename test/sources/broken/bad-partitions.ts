export const faults = [
  'streams[4].partitions.as: expected a name such as "order" or "shop", got "Order"',
  'streams[4].partitions.of: expected "changed" | "all", got "some"',
  'streams[0].path: expected {issue.<field>} of the parent, got {issue}',
  'streams[0].query.by: expected {issues.author} to be of a parent under partitions, got no such parent',
  'streams[0].query.at: expected incremental.first beside {from}, for the first run, got none',
  'streams[0].include.shop: expected {shop} to be declared under settings, got no such setting',
  'streams[0].partitions: expected {issue.<field>} in path, query, headers or body, got none: all of its partitions would ask for the same',
  'streams[0].incremental.type: expected "instant" beside partitions, got "integer": one watermark is for all, and is no later than a run began',
  'streams[0].maxPages: expected none beside partitions: a run reads all of them',
  'streams[1].partitions[0].parent: expected a stream of the source, got "oders"',
  'streams[1].partitions[1].setting: expected a name under settings, got "shops"',
  'streams[1].partitions[2]: expected a name of its own, got "shop", which is another of its partitions',
  'streams[1].partitions[3]: expected a name of its own, got "account", which is a setting or a secret',
  'streams[2].partitions: expected no circle of parents, got lines of notes of lines',
  'streams[3].path: expected a field of letters, digits, _, - and . in {lines.@id}',
  'streams[3].partitions: expected no circle of parents, got notes of lines of notes',
  'streams[5].skipAtMost: expected partitions or incremental.window beside it',
];

const pagination = { kind: 'single' };

export default {
  name: 'bad-partitions',
  baseUrl: 'https://api.example.com',
  settings: { account: 'Its number' },
  streams: [
    {
      name: 'comments',
      path: 'issues/{issue}/comments',
      query: { by: '{issues.author}', at: '{from}' },
      records: 'data',
      pagination,
      partitions: { parent: 'issues', as: 'issue' },
      include: { shop: '{shop}' },
      incremental: { field: 'version', type: 'integer', param: 'after' },
      maxPages: 10,
    },
    {
      name: 'stock',
      path: 'orders/{oders.id}/shops/{shop}/of/{account}',
      records: 'data',
      pagination,
      partitions: [
        { parent: 'oders' },
        { name: 'shop', setting: 'shops' },
        { name: 'shop', values: ['a'] },
        { name: 'account', values: [1] },
      ],
    },
    {
      name: 'lines',
      path: 'notes/{notes.id}/lines',
      records: 'data',
      pagination,
      partitions: { parent: 'notes' },
    },
    {
      name: 'notes',
      path: 'lines/{lines.id}/{lines.@id}/notes',
      records: 'data',
      pagination,
      partitions: { parent: 'lines' },
    },
    {
      name: 'payments',
      path: 'notes/{Order.id}/payments',
      records: 'data',
      pagination,
      partitions: { parent: 'issues', as: 'Order', of: 'some' },
    },
    { name: 'issues', path: 'issues', records: 'data', pagination, skipAtMost: 0.5 },
  ],
};
