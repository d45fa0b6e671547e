#!/bin/sh
# Package: aws-cron-parser 1.1.12 (npm).
# Expected: an AWS cron expression fires on days that its fields name: `0 12 29 2 ? *` on
#   29 February, which is in leap years only.
# Seen: in other years it fires on 1 March, which neither field names; the 31st of each month
#   fires on 3 March and 1 May in the same way.
# Runs on the Node of the machine, 20 or newer.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --loglevel=error aws-cron-parser@1.1.12 > install.log

cat > probe.mjs <<'PROBE'
import assert from 'node:assert/strict';
import cron from 'aws-cron-parser';

/** The first days of 2026 and later on which an expression fires. */
function days(expression, count) {
  const parsed = cron.parse(expression);
  const found = [];
  let at = new Date('2026-01-01T00:00:00Z');
  while (found.length < count) {
    at = cron.next(parsed, at);
    found.push(at.toISOString().slice(0, 10));
  }
  return found;
}
const leap = days('0 12 29 2 ? *', 3);
const last = days('0 12 31 * ? *', 4);
console.log('aws-cron-parser 1.1.12');
console.log('0 12 29 2 ? *', leap, '(expected: 2028-02-29, 2032-02-29, ...)');
console.log('0 12 31 * ? *', last, '(expected: 2026-01-31, 2026-03-31, 2026-05-31, ...)');
assert.deepEqual(leap, ['2026-03-01', '2027-03-01', '2028-02-29']);
assert.deepEqual(last, ['2026-01-31', '2026-03-03', '2026-03-31', '2026-05-01']);
PROBE
node probe.mjs
