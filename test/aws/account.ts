// An AWS account on this machine: MiniStack, with its services behind TLS and its IAM enforced, so
// that roles and bucket policies are tried as they are deployed.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, freePort, nodeFirst, root, run, start } from './processes.ts';

export interface Account {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** The certificate that the endpoint shows, PEM. */
  readonly certificate: string;
  /** What a command of AWS or the CDK needs to find this account, and no other. */
  readonly env: Environment;
}

const requirements = path.join(import.meta.dirname, 'requirements.txt');
const emulator = path.join(import.meta.dirname, 'account.py');
const folder = path.join(root, '.cache', 'ministack');
const marker = path.join(folder, 'installed.txt');

/** The account is there within this, or not at all, ms. */
const START_MS = 60_000;

/** Installs the pinned MiniStack into `.cache/ministack`, unless it is there. */
export async function installAccount(): Promise<void> {
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  // Nothing but the listed files, and none that would have to run code to be installed.
  const listed = ['--no-deps', '--require-hashes', '--only-binary', ':all:'];
  // Into a folder, not a virtual environment: Debian ships Python without what makes those.
  const into = ['--target', folder, '--requirement', requirements];
  const args = ['-m', 'pip', 'install', ...quiet, ...listed, ...into];
  try {
    await run('python3', args, process.env);
  } catch (error) {
    throw new Error('The account needs python3, 3.10 or later, with pip.', { cause: error });
  }
  writeFileSync(marker, wanted);
}

/** @param work an empty folder for what the account keeps while it lives */
export async function startAccount(work: string): Promise<Account> {
  const port = await freePort();
  const certificateFile = path.join(work, 'ministack-tls', 'server.crt');
  const base = withoutAws(process.env);
  const server = start('python3', [emulator], {
    ...base,
    PYTHONPATH: folder,
    PATH: nodeFirst,
    TMPDIR: work,
    STATE_DIR: path.join(work, 'state'),
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    AUTH: 'true',
    USE_SSL: '1',
    NODE_EXTRA_CA_CERTS: certificateFile,
  });
  const said: string[] = [];
  server.stdout?.on('data', (text: string) => said.push(text));
  server.stderr?.on('data', (text: string) => said.push(text));
  const until = performance.now() + START_MS;
  while (!said.join('').includes(`Running on https://127.0.0.1:${port}`)) {
    if (server.exitCode !== null || performance.now() > until) {
      throw new Error(`The account did not start:\n${said.join('').slice(-2_000)}`);
    }
    await sleep(100);
  }
  said.length = 0;
  server.stdout?.removeAllListeners('data').resume();
  server.stderr?.removeAllListeners('data').resume();
  return accountAt(port, certificateFile, base);
}

function accountAt(port: number, certificateFile: string, base: Environment): Account {
  const endpoint = `https://127.0.0.1:${port}`;
  const region = 'us-east-1';
  return {
    endpoint,
    region,
    accountId: '000000000000',
    certificate: readFileSync(certificateFile, 'utf8'),
    env: {
      ...base,
      PATH: nodeFirst,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_CA_BUNDLE: certificateFile,
      NO_PROXY: '127.0.0.1,localhost',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
  };
}

/** No credentials, profiles or endpoints of whoever runs this: nothing may reach a real account. */
const withoutAws = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS|CDK)_/.test(name)));
