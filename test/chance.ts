// Decides the seed of every property test, so that a build fails for a change and for nothing else.
// Other seeds are for looking around: `DRIPLAKE_TEST_SEED=7 npm test`.

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['DRIPLAKE_TEST_SEED'] ?? 20_261_201) });
