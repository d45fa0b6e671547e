#!/bin/sh
# Package: aws-local-stepfunctions 3.0.0 (npm).
# Expected: a data test of a Choice state (IsNull, IsPresent, IsString, ...) says whether the
#   value is so; with `false` it matches when the value is not. So says the specification of the
#   Amazon States Language, on data-test expressions.
# Seen: with `false` no data test matches, whatever the value; the machine goes to Default without
#   a word. `Not` around the test with `true` works.
# The package wants Node 22: Node 24 is installed beside it, whatever the machine has.
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

/** Where a machine goes that chooses by one rule. */
function chosen(rule, input) {
  const machine = new StateMachine({
    StartAt: 'Choose',
    States: {
      Choose: { Type: 'Choice', Choices: [{ ...rule, Next: 'Matched' }], Default: 'Else' },
      Matched: { Type: 'Pass', Result: 'the rule', End: true },
      Else: { Type: 'Pass', Result: 'Default', End: true },
    },
  });
  return machine.run(input).result;
}
// Beside each test an input for which it is false, and one for which it is true.
const tests = {
  IsPresent: [{}, { value: 1 }],
  IsNull: [{ value: 1 }, { value: null }],
  IsString: [{ value: 1 }, { value: 'a' }],
  IsNumeric: [{ value: 'a' }, { value: 1 }],
  IsBoolean: [{ value: 'a' }, { value: true }],
  IsTimestamp: [{ value: 'a' }, { value: '2026-01-02T03:04:05Z' }],
};
console.log(`aws-local-stepfunctions 3.0.0 on Node ${process.versions.node}`);
for (const [test, [no, yes]] of Object.entries(tests)) {
  const is = { Variable: '$.value', [test]: true };
  const isNot = { Variable: '$.value', [test]: false };
  const seen = await chosen(isNot, no);
  console.log(`${test}: false on ${JSON.stringify(no)} goes to ${seen} (expected: the rule)`);
  assert.equal(seen, 'Default', `${test}: false matches now`);
  assert.equal(await chosen({ Not: is }, no), 'the rule');
  assert.equal(await chosen(is, yes), 'the rule');
}
PROBE
node_modules/.bin/node probe.mjs
