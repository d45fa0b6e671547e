// The rules that every stack must pass before it is deployed. A finding stops the synthesis, unless
// the construct that causes it acknowledges it beside its definition, with the reason.

import { type App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { DriplakeError, Failure } from '../shared/core/failures.ts';

export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}

/**
 * Writes the templates. The CDK counts the resources of each against CloudFormation's 500; which
 * setting makes so many is said here: the catalogue has two queries a stream.
 */
export function writeTemplates(app: App): void {
  try {
    app.synth();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TooManyResourcesInStack') throw error;
    throw new DriplakeError(
      Failure.configuration,
      `${error.message}.`,
      'Deploy fewer sources together: divide them (sources) among deployments (stack).',
    );
  }
}
