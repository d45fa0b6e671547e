// Finds a deployed stack by its name, with the credentials, the profile and the region that every
// tool of AWS would take, and gives its commands what they need of it. It changes nothing.

import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateDescribeStacks,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import type { Ledger } from '../../shared/ports/ledger/ledger.ts';
import { dynamoLedger } from '../../shared/ports/ledger/ledger-dynamo.ts';
import { systemRandom } from '../../shared/ports/random.ts';
import { type Access, translate } from './aws-failure.ts';

/** Which stack is meant, and the way to it. */
export interface StackAccess extends Access {
  readonly stack: string;
}

export interface DeployedStack {
  readonly name: string;
  readonly access: Access;
  readonly syncMachineArn: string;
  readonly drainMachineArn: string;
  /** `s3://bucket/folder` */
  readonly lakeUrl: string;
  /** Names of the sources that were deployed; undefined when the stack does not tell. */
  readonly sources?: readonly string[];
  readonly stepFunctions: SFNClient;
  readonly ledger: Ledger;
}

/**
 * Opens the stack and acts on it.
 * @throws DriplakeError with what AWS refused and what to do about it
 */
export async function withStack<Answer>(
  to: StackAccess,
  act: (stack: DeployedStack) => Promise<Answer>,
): Promise<Answer> {
  const access = accessOf(to, process.env);
  try {
    return await act(await openStack(to.stack, access));
  } catch (error) {
    throw translate(error, access);
  }
}

/**
 * `AWS_DEFAULT_REGION` is the AWS CLI's name, which the SDK for JavaScript does not read: people
 * have it in their shell all the same.
 */
function accessOf(
  { profile, region }: StackAccess,
  env: Readonly<Record<string, string | undefined>>,
): Access {
  const chosen = region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  return { ...(profile ? { profile } : {}), ...(chosen ? { region: chosen } : {}) };
}

async function openStack(name: string, access: Access): Promise<DeployedStack> {
  const formation = new CloudFormationClient(access);
  const { status, outputs } = await readStack(formation, name);
  const found = outputsSchema.safeParse(outputs);
  if (!found.success) {
    const unready = unusable(name, status);
    throw unready ?? (await noEngine(formation, `The stack ${name} has no sync machine.`));
  }
  const { data } = found;
  const dynamo = new DynamoDBClient(access);
  return {
    name,
    access,
    syncMachineArn: data.SyncMachineArn,
    drainMachineArn: data.DrainMachineArn,
    lakeUrl: data.LakeUrl,
    ...(data.Sources === undefined ? {} : { sources: data.Sources.split(',') }),
    stepFunctions: new SFNClient(access),
    ledger: dynamoLedger(dynamo, data.LedgerTableName, systemClock(), systemRandom()),
  };
}

const outputsSchema = z.object({
  SyncMachineArn: z.string(),
  DrainMachineArn: z.string(),
  LedgerTableName: z.string(),
  LakeUrl: z.string(),
  Sources: z.string().optional(),
});

interface FoundStack {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

async function readStack(formation: CloudFormationClient, name: string): Promise<FoundStack> {
  try {
    const { Stacks = [] } = await formation.send(new DescribeStacksCommand({ StackName: name }));
    const { StackStatus: status = '', Outputs = [] } = Stacks[0] ?? {};
    const outputs = Outputs.map((one) => [one.OutputKey ?? '', one.OutputValue ?? ''] as const);
    return { status, outputs: Object.fromEntries(outputs) };
  } catch (error) {
    if (!isUnknownStack(error)) throw error;
    throw await noEngine(
      formation,
      `There is no stack ${name} in ${await formation.config.region()}.`,
    );
  }
}

/** CloudFormation says `ValidationError: Stack with id <name> does not exist`. */
const isUnknownStack = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ValidationError' && /not exist/.test(error.message);

/** A stack that is being made, or could not be, has no outputs yet. */
function unusable(name: string, status: string): DriplakeError | undefined {
  const remedy = /_IN_PROGRESS$/.test(status)
    ? 'Try again when that is over.'
    : 'Its creation failed: `npx cdk deploy --all` makes it anew.';
  if (!/_IN_PROGRESS$|^ROLLBACK_|^CREATE_FAILED$/.test(status)) return undefined;
  return new DriplakeError(Failure.configuration, `The stack ${name} is ${status}.`, remedy);
}

/** The tag that `infra/engine.ts` gives every stack of ours. */
const OUR_TAG = { Key: 'application', Value: 'driplake' } as const;

async function noEngine(formation: CloudFormationClient, message: string): Promise<DriplakeError> {
  // Whoever may describe this stack only has the message without the others' names.
  const names = await engineNames(formation).catch(() => undefined);
  const remedy =
    names && names.length > 0
      ? `Stacks of Driplake there: ${names.join(', ')}.`
      : `${names ? 'None of Driplake is there: look' : 'Look'} in another --region or --profile, or run \`npx cdk deploy --all\`.`;
  return new DriplakeError(Failure.configuration, message, remedy);
}

async function engineNames(formation: CloudFormationClient): Promise<string[]> {
  const names: string[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client: formation }, {})) {
    for (const { StackName = '', Tags = [], Outputs = [] } of Stacks) {
      const isOurs = Tags.some(({ Key, Value }) => Key === OUR_TAG.Key && Value === OUR_TAG.Value);
      if (isOurs && Outputs.some((one) => one.OutputKey === 'SyncMachineArn'))
        names.push(StackName);
    }
  }
  return names.toSorted();
}

/** The options that lead to the same stack again. */
export const accessOptions = ({ stack, profile, region }: StackAccess): string =>
  [
    `--stack ${stack}`,
    ...(profile ? [`--profile ${profile}`] : []),
    ...(region ? [`--region ${region}`] : []),
  ].join(' ');
