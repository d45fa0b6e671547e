// Amazon's DynamoDB Local, installed and started by the tests. Needs Maven 3.8 and a JDK, 17 or
// later; what Maven fetches is kept in `.cache/dynamodb-local`, and runs if its checksums are ours.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { freePort, root, run, start } from '../processes.ts';
import { strayFiles } from './checksums.ts';

const here = import.meta.dirname;
const folder = path.join(root, '.cache', 'dynamodb-local');
const jars = path.join(folder, 'jars');
const marker = path.join(folder, 'installed.txt');

/** It listens within this, or not at all, ms. Compiling its main class takes a second of it. */
const START_MS = 60_000;

/** Installs the version of pom.xml, unless it is there. */
export async function installDynamoLocal(): Promise<void> {
  const checksums = readFileSync(path.join(here, 'checksums.txt'), 'utf8');
  const wanted = readFileSync(path.join(here, 'pom.xml'), 'utf8') + checksums;
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  await checkJava();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(jars, { recursive: true });
  await fetchJars();
  const faults = strayFiles(jars, checksums);
  if (faults.length > 0) {
    throw new Error(`DynamoDB Local is not what it was:\n${faults.join('\n')}`);
  }
  writeFileSync(marker, wanted);
}

/**
 * Maven's own plugins would run as they come, before anybody could look at them: Fetch.java goes
 * without, and lets Maven end at the phase that does nothing.
 */
async function fetchJars(): Promise<void> {
  const classes = path.join(folder, 'classes');
  cpSync(path.join(here, 'components.xml'), path.join(classes, 'META-INF/plexus/components.xml'));
  // Beside a copy, so that Maven leaves nothing in the folder of the tests.
  const pom = path.join(folder, 'pom.xml');
  cpSync(path.join(here, 'pom.xml'), pom);
  try {
    const about = stripVTControlCharacters(await run('mvn', ['--version'], process.env));
    const [, home = ''] = /^Maven home: (.*)$/m.exec(about) ?? [];
    const library = path.join(home.trim(), 'lib', '*');
    const compile = ['-proc:none', '--class-path', library, '-d', classes];
    await run('javac', [...compile, path.join(here, 'Fetch.java')], process.env);
    const args = ['--batch-mode', '--quiet', '--file', pom, 'validate'];
    const own = [`-Dmaven.ext.class.path=${classes}`, `-Dfolder=${jars}`];
    await run('mvn', [...args, ...own], process.env);
  } catch (error) {
    throw new Error('DynamoDB Local needs Maven 3.8 or later (mvn), and Maven Central.', {
      cause: error,
    });
  }
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
