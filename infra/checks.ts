// The rules that every stack must pass before it is deployed. A finding stops the synthesis, unless
// the construct that causes it acknowledges it beside its definition, with the reason.

import { type App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}
