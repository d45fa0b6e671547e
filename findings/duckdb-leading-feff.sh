#!/bin/sh
# Package: @duckdb/node-api 1.5.6-r.1 (npm), with DuckDB 1.5.6.
# Expected: a text arrives as it stands in the database; U+FEFF is a character like any other.
# Seen: U+FEFF at the head of a value is lost on its way to JavaScript. DuckDB itself counts it,
#   compares it and keeps it, and takes it as a parameter; in the middle of a value it arrives. So
#   two values that differ for DuckDB arrive alike.
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
const rows = async (sql, values) =>
  (await connection.runAndReadAll(sql, values)).getRowsJson();

const [[version]] = await rows('SELECT version()');
console.log(`@duckdb/node-api 1.5.6-r.1, DuckDB ${version}`);
// DuckDB keeps texts of up to 12 bytes otherwise than longer ones: one of each.
for (const text of ['abc', 'a text that is longer than twelve bytes']) {
  const marked = `\uFEFF${text}`;
  const [[value, characters]] = await rows('SELECT $1::VARCHAR AS v, length(v)', [marked]);
  console.log(`DuckDB: ${characters} characters; arrived: ${value.length}`);
  assert.equal(Number(characters), marked.length);
  assert.equal(value, text, 'the leading U+FEFF arrives now');
}
const distinct = await rows(
  "SELECT DISTINCT v FROM (VALUES ('abc'), (chr(65279) || 'abc')) AS texts(v)",
);
console.log('two distinct values arrive as', JSON.stringify(distinct.flat()));
assert.deepEqual(distinct.flat(), ['abc', 'abc']);
const [[middle]] = await rows("SELECT 'a' || chr(65279) || 'b'");
assert.equal(middle, 'a\uFEFFb');
PROBE
node probe.mjs
