// The options that lead to a deployed stack, for commands that always go there and for those that
// look at this machine without them.

import { type OptionSpec, UsageError, wrongValue } from './command.ts';

const stack = {
  takes: '<name>',
  about: 'a deployed stack, as `npx cdk deploy` named it',
  // `--stack "$STACK"` where nobody has set it.
  read(text: string): string {
    if (text === '') throw wrongValue('It is empty.');
    return text;
  },
} as const satisfies OptionSpec;

const access = {
  profile: { takes: '<name>', about: 'profile of your AWS configuration' },
  region: { takes: '<name>', about: 'AWS region of the stack' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Of a command that goes to a stack. */
export const onStack = { stack: { ...stack, required: true }, ...access } as const;

/** Of a command that looks at this machine without them. */
export const maybeOnStack = { stack, ...access } as const;

export const CREDENTIALS =
  'Credentials are those of the AWS CLI: a profile, single sign-on or the environment.';

/** @throws UsageError when somebody means a stack and does not say which */
export function expectNoAccess(given: {
  readonly profile?: string;
  readonly region?: string;
}): void {
  if (!(given.profile ?? given.region)) return;
  throw new UsageError("options '--profile' and '--region' go with '--stack <name>'");
}
