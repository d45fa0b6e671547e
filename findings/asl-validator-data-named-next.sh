#!/bin/sh
# Package: asl-validator 4.0.0 (npm); aws-local-stepfunctions 3.0.0 checks definitions with it.
# Expected: what a state puts into its output (Result, Parameters) may have any keys, and a state
#   any name of up to 80 characters (specification of the Amazon States Language). `Next`,
#   `StartAt` and `Default` name a state where they are fields of a state or a machine.
# Seen: these three keys are looked for at any depth, and all that is found must be the name of a
#   state. A cursor called `Next` in a Result, or a state called `Default`, makes a valid
#   definition invalid: MISSING_TRANSITION_TARGET.
# Runs on the Node of the machine, 20 or newer.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --loglevel=error asl-validator@4.0.0 > install.log

cat > probe.mjs <<'PROBE'
import assert from 'node:assert/strict';
import validate from 'asl-validator';

const putsOut = (field, data) => ({
  StartAt: 'First',
  States: { First: { Type: 'Pass', [field]: data, End: true } },
});
const isCalled = (name) => ({
  StartAt: name,
  States: { [name]: { Type: 'Pass', Next: 'Last' }, Last: { Type: 'Succeed' } },
});
const definitions = {
  'Result { cursor }': [putsOut('Result', { cursor: 'page-2' }), true],
  'Result { Next }': [putsOut('Result', { Next: 'page-2' }), false],
  'Parameters { StartAt }': [putsOut('Parameters', { StartAt: 'page-2' }), false],
  'a state called Other': [isCalled('Other'), true],
  'a state called Default': [isCalled('Default'), false],
};
console.log('asl-validator 4.0.0');
for (const [name, [definition, isValidNow]] of Object.entries(definitions)) {
  const { isValid, errorsText } = validate(definition);
  console.log(`${name}: ${isValid ? 'valid' : errorsText('; ')} (expected: valid)`);
  assert.equal(isValid, isValidNow, `${name} is judged otherwise now`);
  if (!isValid) assert.match(errorsText('; '), /^MISSING_TRANSITION_TARGET/);
}
PROBE
node probe.mjs
