// `driplake check`: what one request a stream shows.

import type { Word } from '../shared/core/words.ts';
import { silentJournal } from '../shared/ports/journal.ts';
import type { RunFlags } from './cli.ts';
import { connectLocal, findSource } from './connect.ts';
import { demoFor } from './demo-service.ts';
import { type Probe, probe } from './probe.ts';
import { count } from './progress.ts';

/** @returns the exit code: 1 when a stream failed */
export async function checkCommand(named: string, flags: RunFlags): Promise<number> {
  const demo = await demoFor(named, process.env);
  const env = { ...process.env, ...demo?.env };
  const source = await findSource(named, env);
  const connection = await connectLocal({
    lakeDir: 'lake',
    stateDir: flags.state,
    journal: silentJournal,
    env,
    sources: new Map([[source.name, source]]),
  });
  try {
    const probes: Probe[] = [];
    const connect = () => connection.contextOf(source.name);
    for await (const one of probe(connection.ports, connect, source, flags.stream ?? [])) {
      probes.push(one);
      if (!flags.json) process.stdout.write(`${describe(one)}\n`);
    }
    if (flags.json) {
      process.stdout.write(`${JSON.stringify({ source: source.name, streams: probes })}\n`);
    }
    const failed = probes.filter((one) => one.verdict !== 'ok' && one.verdict !== 'skip');
    if (failed.length > 0)
      process.stderr.write(`${failed.length} of ${probes.length} streams failed.\n`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    await connection.close();
    await demo?.close();
  }
}

function describe(one: Probe): string {
  if (one.verdict !== 'ok') return `✗ ${one.stream}: ${one.cause ?? one.verdict}`;
  const of = one.expected === undefined ? '' : ` of ${count(one.expected)}`;
  const lines = [
    `✓ ${one.stream}: ${count(one.records)}${of} records, ${count(one.bytes)} bytes in ${one.requestMs} ms`,
    `    next page   ${one.next ?? 'none: this page is the last'}`,
    ...one.limits.map((word) => `    limit       ${describeWord(word)}`),
    `    columns     ${one.columns.map(({ name, type }) => `${name} ${type}`).join(', ') || 'none'}`,
  ];
  if (one.limits.length === 0)
    lines.splice(2, 0, '    limit       the API said nothing of a limit');
  return lines.join('\n');
}

function describeWord(word: Word): string {
  if (word.kind === 'leaky-bucket') {
    const leak = word.leakMilli === undefined ? '' : `, leaks ${word.leakMilli / 1000} a second`;
    return `bucket ${word.levelMilli / 1000} of ${word.sizeMilli / 1000}${leak}`;
  }
  const reset =
    word.resetAtMs === undefined ? '' : `, resets ${new Date(word.resetAtMs).toISOString()}`;
  return `window, ${word.remaining ?? '?'} of ${word.limit ?? '?'} left${reset}`;
}
