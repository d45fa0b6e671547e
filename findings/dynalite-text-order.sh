#!/bin/sh
# Package: dynalite 4.0.0 (npm), asked with @aws-sdk/client-dynamodb 3.1169.0.
# Expected: DynamoDB orders and compares texts by the bytes of their UTF-8, in keys and in
#   expressions alike: U+FF61 (EF BD A1) comes before U+1F600 (F0 9F 98 80). So says the
#   developer guide, of sort keys and of the type String.
# Seen: sort keys are sorted and compared that way, but a filter compares UTF-16 units, where
#   U+1F600 (D83D DE00) comes first: `s > :least` finds the item and `t > :least`, on an
#   attribute with the same value, does not.
# The client is about to ask for Node 22: Node 24 is installed beside it.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --loglevel=error \
  node@24.21.0 dynalite@4.0.0 @aws-sdk/client-dynamodb@3.1169.0 > install.log

cat > probe.mjs <<'PROBE'
import assert from 'node:assert/strict';
import { DynamoDB, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

const server = dynalite({ createTableMs: 0 });
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const client = new DynamoDB({
  endpoint: `http://127.0.0.1:${server.address().port}`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
});
const TableName = 'texts';
await client.createTable({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'p', KeyType: 'HASH' },
    { AttributeName: 's', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'p', AttributeType: 'S' },
    { AttributeName: 's', AttributeType: 'S' },
  ],
});
await waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName });
for (const text of ['\u{1F600}', '\uFF61']) {
  const Item = { p: { S: 'one' }, s: { S: text }, t: { S: text } };
  await client.putItem({ TableName, Item });
}

/** Sort keys of the items that a query finds, as code points. */
async function found(key, values, filter) {
  const answer = await client.query({
    TableName,
    KeyConditionExpression: key,
    ...(filter === undefined ? {} : { FilterExpression: filter }),
    ExpressionAttributeValues: { ':p': { S: 'one' }, ...values },
  });
  return answer.Items.map(({ s }) => `U+${s.S.codePointAt(0).toString(16).toUpperCase()}`);
}
const least = { ':least': { S: '\uFF61' } };
const sorted = await found('p = :p', {});
const byKey = await found('p = :p AND s > :least', least);
const byFilter = await found('p = :p', least, 't > :least');
console.log(`dynalite 4.0.0 on Node ${process.versions.node}`);
console.log('sorted by the sort key:', sorted);
console.log('sort key  > U+FF61:', byKey);
console.log('attribute > U+FF61:', byFilter, '(expected: the same)');
assert.deepEqual(sorted, ['U+FF61', 'U+1F600']);
assert.deepEqual(byKey, ['U+1F600']);
assert.deepEqual(byFilter, [], 'the filter no longer compares by UTF-16');
client.destroy();
server.close();
PROBE
node_modules/.bin/node probe.mjs
