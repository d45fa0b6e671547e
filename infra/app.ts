// Entry of the CDK: reads the settings, loads the sources they name, builds and checks the stacks.
// A wrong setting or source is one message with every fault; anything else is a bug and says where.

import { App } from 'aws-cdk-lib/core';
import { DriplakeError, explain } from '../shared/core/failures.ts';
import { addChecks, writeTemplates } from './checks.ts';
import { createEngine } from './engine.ts';
import { createCatalogue } from './parts/catalogue.ts';
import { loadQueries } from './settings/load-queries.ts';
import { loadSources } from './settings/load-sources.ts';
import { readSettings } from './settings/settings.ts';

try {
  const app = new App();
  const settings = readSettings(app.node.getAllContext());
  const sources = await loadSources(settings.sources);
  createEngine(app, settings, sources);
  // Where no run is published there are no tables to ask.
  if (settings.catalogue === 'glue') createCatalogue(app, settings, sources, loadQueries());
  addChecks(app);
  writeTemplates(app);
} catch (error) {
  if (!(error instanceof DriplakeError)) throw error;
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
