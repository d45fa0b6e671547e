// Entry of the CDK: reads the settings, loads the sources they name, builds and checks the stacks.
// A wrong setting or source is one message with every fault; anything else is a bug and says where.

import { App } from 'aws-cdk-lib/core';
import { DriplakeError, explain } from '../shared/core/failures.ts';
import { addChecks } from './checks.ts';
import { createEngine } from './engine.ts';
import { loadSources } from './load-sources.ts';
import { readSettings } from './settings.ts';

try {
  const app = new App();
  const settings = readSettings((name) => app.node.tryGetContext(name));
  createEngine(app, settings, await loadSources(settings.sources));
  addChecks(app);
  app.synth();
} catch (error) {
  if (!(error instanceof DriplakeError)) throw error;
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
