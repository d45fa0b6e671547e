// Says what AWS refused as a person can act on it: which right is missing, which sign-in has run
// out, what to set. It never repeats a credential, and shows no stack trace.

import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { printable } from '../../shared/core/faults.ts';

/** What a client of the SDK is made with: the rest comes from the environment and the profile. */
export interface Access {
  readonly profile?: string;
  readonly region?: string;
}

/** Our own errors and bugs stay as they are; what AWS or the way to it said becomes ours. */
export function translate(error: unknown, asked: Access): unknown {
  if (!(error instanceof Error) || error instanceof DriplakeError) return error;
  const found = kinds.find(({ matches }) => matches(error));
  if (!found) return error;
  const [message, remedy] = found.tell(error, asked);
  const name = found.name ?? Failure.credentials;
  return new DriplakeError(name, message, remedy, { cause: error });
}

interface Kind {
  readonly matches: (error: Error) => boolean;
  /** Message and remedy. */
  readonly tell: (error: Error, asked: Access) => readonly [string, string];
  readonly name?: typeof Failure.configuration | typeof Failure.unreachable;
}

const EXPIRED = /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/;
const UNKNOWN_KEYS: readonly string[] = [
  ...['UnrecognizedClientException', 'InvalidClientTokenId', 'InvalidAccessKeyId'],
  ...['SignatureDoesNotMatch', 'InvalidSignatureException', 'AuthFailure'],
];
/** What the stack's outputs name was deleted by hand: a machine, the ledger, a log group. */
const GONE: readonly string[] = ['StateMachineDoesNotExist', 'ResourceNotFoundException'];
const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError|ProviderError)$/;
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONN(?:REFUSED|RESET)|E(?:HOST|NET)UNREACH|ETIMEDOUT|CERT|certificate/;

const signIn = ({ profile }: Access): string =>
  profile ? `aws sso login --profile ${profile}` : 'aws sso login';

/** Tried in this order. */
const kinds: readonly Kind[] = [
  {
    matches: ({ message }) => /^Region (is missing|not accepted)/.test(message),
    name: Failure.configuration,
    tell: (_, { region }) => [
      region ? `${region} is no AWS region.` : 'No AWS region is chosen.',
      'Name one with --region, AWS_REGION or the profile.',
    ],
  },
  {
    matches: ({ name, message }) =>
      EXPIRED.test(name) || (NO_CREDENTIALS.test(name) && /expired|sso login/i.test(message)),
    tell: (_, asked) => [
      'The AWS credentials have run out.',
      `Sign in again, for example with \`${signIn(asked)}\`.`,
    ],
  },
  {
    matches: ({ name }) => NO_CREDENTIALS.test(name),
    tell: (_, { profile }) => [
      profile
        ? `No AWS credentials were found for the profile ${profile}.`
        : 'No AWS credentials were found.',
      profile
        ? '`aws configure list-profiles` shows the profiles that there are.'
        : 'Name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    ],
  },
  {
    matches: ({ name }) => UNKNOWN_KEYS.includes(name),
    tell: () => [
      'AWS does not know these credentials.',
      'Are they of another account, deleted, or is the clock of this machine wrong?',
    ],
  },
  {
    matches: ({ name, message }) => /^AccessDenied/.test(name) || /not authorized/.test(message),
    tell: ({ message }) => missingRight(message),
  },
  {
    matches: (error) => UNREACHABLE.test(`${error.message} ${codeOf(error)}`),
    name: Failure.unreachable,
    tell: (error, { region }) => [
      `AWS can't be reached${region ? ` in ${region}` : ''}: ${firstLine(error.message || codeOf(error))}`,
      'Check the network, the proxy, the region and AWS_ENDPOINT_URL.',
    ],
  },
  {
    matches: ({ name }) => GONE.includes(name),
    name: Failure.unreachable,
    tell: ({ message }) => [
      `Something of the stack is gone: ${firstLine(message).replace(/\.?$/, '.')}`,
      '`npx cdk drift` says what, `npx cdk deploy --all --revert-drift` makes it again.',
    ],
  },
  {
    // Every other answer of a service: throttled, a service in trouble.
    matches: (error) => '$metadata' in error,
    name: Failure.unreachable,
    tell: (error) => [`AWS answered ${error.name}: ${firstLine(error.message)}`, ''],
  },
];

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : '';

const firstLine = (text: string): string => printable(text.split('\n', 1)[0] ?? '');

/** `User: <arn> is not authorized to perform: <action> on resource: <arn> because ...` */
function missingRight(message: string): readonly [string, string] {
  const [, who, action = ''] =
    /User: (\S+) is not authorized to perform: ([\w-]+:\w+)/.exec(message) ?? [];
  const [, resource] = /on resource: "?([^\s"]+)/.exec(message) ?? [];
  if (!who) return [`AWS refused: ${firstLine(message)}`, 'Ask whoever manages the account.'];
  const on = resource ? ` on ${resource}` : '';
  const why = /explicit deny/.test(message) ? ' A policy denies it explicitly.' : '';
  return [`${who} may not ${action}${on}.${why}`, `Its role or user needs ${action}.`];
}
