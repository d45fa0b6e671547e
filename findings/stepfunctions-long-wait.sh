#!/bin/sh
# Package: aws-local-stepfunctions 3.0.0 (npm).
# Expected: a Wait state waits as long as it says; AWS takes up to 99,999,999 seconds.
# Seen: from 2,147,484 seconds (24.9 days) on it does not wait at all: the milliseconds go to
#   `setTimeout`, which makes 1 ms of what does not fit into 31 bits and warns on stderr. One second
#   less is waited for.
# The package wants Node 22: Node 24 is installed beside it, whatever the machine has. Nothing is
# waited for longer than ten seconds.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --loglevel=error \
  node@24.21.0 aws-local-stepfunctions@3.0.0 > install.log

cat > probe.mjs <<'PROBE'
import assert from 'node:assert/strict';
import { StateMachine } from 'aws-local-stepfunctions';

/** Whether a Wait of so many seconds has ended after `boundMs`. */
async function ended(seconds, boundMs) {
  const machine = new StateMachine({
    StartAt: 'Wait',
    States: { Wait: { Type: 'Wait', Seconds: seconds, End: true } },
  });
  const execution = machine.run({});
  const over = execution.result.then(
    () => true,
    () => false,
  );
  let bound;
  const waiting = new Promise((resolve) => {
    bound = setTimeout(resolve, boundMs, false);
  });
  const first = await Promise.race([over, waiting]);
  clearTimeout(bound);
  if (!first) execution.abort();
  return first;
}
const told = (is) => (is ? 'has ended at once' : 'is waiting');
const fits = await ended(2_147_483, 2000);
const beyond = await ended(2_147_484, 8000);
console.log(`aws-local-stepfunctions 3.0.0 on Node ${process.versions.node}`);
console.log(`Wait of 2,147,483 s: ${told(fits)}`);
console.log(`Wait of 2,147,484 s: ${told(beyond)} (expected: is waiting)`);
assert.equal(fits, false);
assert.equal(beyond, true, 'the long wait is waited for now');
process.exit(0);
PROBE
node_modules/.bin/node probe.mjs
