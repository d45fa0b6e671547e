// The two things that must outlive the stack: the ledger (cursors, budgets, leases) and the lake
// (records). Both are retained when the stack is deleted, and neither is reachable in clear text.

import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib/core';
import { CLOCK_KEY, CURSORS_FOLDER, MANIFESTS_FOLDER } from '../../shared/core/table/keys.ts';

/** Folder of the bucket that everything is written under; functions may touch nothing else. */
export const LAKE_FOLDER = 'lake';

export type Storage = { readonly ledger: Table; readonly lake: Bucket };

export const createStorage = (stack: Stack): Storage => ({
  ledger: createLedger(stack),
  lake: createLake(stack),
});

/**
 * One table, one item a stream, a budget scope, a lease: on demand, since load comes in bursts.
 * Unasked, DynamoDB encrypts it with a key that AWS owns; one of the account's own, which a word
 * here would take, is billed for each request that it answers.
 */
function createLedger(stack: Stack): Table {
  return new Table(stack, 'Ledger', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/** Nobody outside of the account reaches it, and nothing in the clear; it outlives its stack. */
export const privateBucket = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  versioned: false,
  removalPolicy: RemovalPolicy.RETAIN,
} as const satisfies BucketProps;

export const abandonedUploads: LifecycleRule = {
  id: 'abandoned-uploads',
  abortIncompleteMultipartUploadAfter: Duration.days(1),
};

/**
 * Days for which what was deleted or overwritten can be had again. The compaction deletes what
 * stands in merged objects, which it has read back, and what was never published: should it ever
 * be wrong, there is a month to notice. No function may delete a version.
 */
const RECALL_DAYS = 30;

function createLake(stack: Stack): Bucket {
  const lake = new Bucket(stack, 'Lake', {
    ...privateBucket,
    versioned: true,
    lifecycleRules: [
      abandonedUploads,
      {
        id: 'earlier-versions',
        noncurrentVersionExpiration: Duration.days(RECALL_DAYS),
        expiredObjectDeleteMarker: true,
      },
    ],
  });
  lake.addToResourcePolicy(writeOnce(lake));
  Validations.of(lake).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs would add an object to store for about each object written. Who needs them ' +
      'turns on CloudTrail data events for this bucket, which also name the caller.',
  });
  return lake;
}

/** What is written again in its place, below the lake's folder: none of it is a record. */
const REWRITTEN = [`${MANIFESTS_FOLDER}/*`, `${CURSORS_FOLDER}/*`, CLOCK_KEY];

/**
 * Nobody, with whatever rights, puts an object where one stands: each write has to ask for that
 * (`If-None-Match: *`). A part of an upload can't ask, its completion does (S3 user guide, "Enforce
 * conditional writes").
 */
const writeOnce = (lake: Bucket): PolicyStatement =>
  new PolicyStatement({
    sid: 'WriteOnce',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['s3:PutObject'],
    notResources: REWRITTEN.map((keys) => lake.arnForObjects(`${LAKE_FOLDER}/${keys}`)),
    conditions: {
      Null: { 's3:if-none-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    },
  });
