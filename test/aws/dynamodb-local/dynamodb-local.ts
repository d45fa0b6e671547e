// Amazon's DynamoDB Local, installed and started by the tests. Needs Maven 3.8 and a JDK, 17 or
// later; what Maven fetches is kept in `.cache/dynamodb-local`.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, root, run, start } from '../processes.ts';

const here = import.meta.dirname;
const folder = path.join(root, '.cache', 'dynamodb-local');
const jars = path.join(folder, 'jars');
const marker = path.join(folder, 'installed.xml');

const GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** It listens within this, or not at all, ms. Compiling its main class takes a second of it. */
const START_MS = 60_000;

/** Installs the version of pom.xml, unless it is there. */
export async function installDynamoLocal(): Promise<void> {
  const pom = path.join(here, 'pom.xml');
  const wanted = readFileSync(pom, 'utf8');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  await checkJava();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Beside a copy, so that Maven leaves nothing in the folder of the tests.
  const copy = path.join(folder, 'pom.xml');
  cpSync(pom, copy);
  const args = ['--batch-mode', '--quiet', '--file', copy, GOAL, `-DoutputDirectory=${jars}`];
  try {
    await run('mvn', args, process.env);
  } catch (error) {
    throw new Error('DynamoDB Local needs Maven 3.8 or later (mvn), and Maven Central.', {
      cause: error,
    });
  }
  writeFileSync(marker, wanted);
}

async function checkJava(): Promise<void> {
  const needs = 'DynamoDB Local needs a JDK, 17 or later (java and javac).';
  let told: string;
  try {
    told = await run('javac', ['-version'], process.env);
  } catch (error) {
    throw new Error(needs, { cause: error });
  }
  const [, version = '0'] = /javac (\d+)/.exec(told) ?? [];
  if (Number(version) < 17) throw new Error(`${needs} This one is ${told.trim()}.`);
}

/** Starts it, empty and in memory. Gives back its endpoint. */
export async function startDynamoLocal(): Promise<string> {
  const port = await freePort();
  const server = start(
    'java',
    [
      `-Djava.library.path=${jars}`,
      ...['-Xmx512m', '--class-path', path.join(jars, '*')],
      path.join(here, 'Loopback.java'),
      String(port),
    ],
    { ...process.env, DDB_LOCAL_TELEMETRY: '0' },
  );
  let said = '';
  server.stdout?.on('data', (text: string) => {
    said += text;
  });
  server.stderr?.on('data', (text: string) => {
    said += text;
  });
  const until = performance.now() + START_MS;
  while (!said.includes('listening')) {
    if (server.exitCode !== null || performance.now() > until) {
      throw new Error(`DynamoDB Local did not start:\n${said.slice(-2_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return `http://127.0.0.1:${port}`;
}
