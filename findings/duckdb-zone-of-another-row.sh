#!/bin/sh
# Package: DuckDB 1.5.6, as @duckdb/node-api 1.5.6-r.1 (npm) brings it.
# Expected: a text without a zone that is cast to TIMESTAMPTZ is a time in the zone of the session
#   (setting TimeZone), and each row is cast for itself.
# Seen: after a row that names a zone (`... America/New_York`), a later row without one is read in
#   that zone: the same text becomes another time, by what stands above it.
#   An offset in a row (`-05:00`) does not do this.
# Runs on the Node of the machine, 20 or newer.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --loglevel=error @duckdb/node-api@1.5.6-r.1 > install.log

cat > probe.mjs <<'PROBE'
import assert from 'node:assert/strict';
import { DuckDBInstance } from '@duckdb/node-api';

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const rows = async (sql) => (await connection.runAndReadAll(sql)).getRowsJson();

/** Rows of texts, cast in their order. */
async function cast(...texts) {
  const values = texts.map((text) => `('${text}')`).join(', ');
  const sql = `SELECT CAST(CAST(t AS TIMESTAMPTZ) AS VARCHAR) FROM (VALUES ${values}) AS texts(t)`;
  return (await rows(sql)).flat();
}
await connection.run("SET TimeZone = 'UTC'");
const plain = '2026-01-02 03:04:05';
const first = await cast(plain, `${plain} America/New_York`);
const named = await cast(`${plain} America/New_York`, plain);
const offset = await cast(`${plain}-05:00`, plain);
const [[version]] = await rows('SELECT version()');
console.log(`DuckDB ${version}, TimeZone UTC, '${plain}' is`);
console.log(`  above a row with a named zone: ${first[0]}`);
console.log(`  below a row with an offset:    ${offset[1]}`);
console.log(`  below a row with a named zone: ${named[1]} (expected: the same)`);
assert.deepEqual(first, ['2026-01-02 03:04:05+00', '2026-01-02 08:04:05+00']);
assert.deepEqual(offset, ['2026-01-02 08:04:05+00', '2026-01-02 03:04:05+00']);
assert.deepEqual(
  named,
  ['2026-01-02 08:04:05+00', '2026-01-02 08:04:05+00'],
  'each row is cast for itself now',
);
PROBE
node probe.mjs
