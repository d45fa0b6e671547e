// `driplake check`: what one request a stream shows.

import { printable } from '../../shared/core/faults.ts';
import { meaningOf } from '../../shared/core/limit-report.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import { count } from '../screen/text-table.ts';
import type { Probe } from '../source/probe.ts';
import { command } from '../usage/command.ts';
import { json, SOURCE, state, stream } from '../usage/options.ts';

export const check = command({
  name: 'check',
  summary: 'One request a stream: credentials, limits, records, columns; writes nothing.',
  argument: SOURCE,
  options: { stream, state, json },
  async handler({ stream: streams = [], state: stateDir, json }, named) {
    const { withSource } = await import('../machine/open-source.ts');
    const { hasFailed, probe } = await import('../source/probe.ts');
    const asked = { source: named, streams, stateDir, env: process.env, journal: silentJournal };
    return withSource(asked, async (source, connection) => {
      const probes: Probe[] = [];
      const connect = () => connection.contextOf(source.name);
      for await (const one of probe(connection.ports, connect, source, streams)) {
        probes.push(one);
        if (!json) process.stdout.write(`${describe(one)}\n`);
      }
      if (json)
        process.stdout.write(`${JSON.stringify({ source: source.name, streams: probes })}\n`);
      const failed = probes.filter(hasFailed);
      if (failed.length === 0) return 0;
      process.stderr.write(`${failed.length} of ${probes.length} streams failed.\n`);
      return 1;
    });
  },
});

function describe(one: Probe): string {
  if (one.verdict !== 'ok') return `✗ ${one.stream}: ${one.cause ?? one.verdict}`;
  const of = one.expected === undefined ? '' : ` of ${count(one.expected)}`;
  const limits = [...one.ownLimits, ...one.limits].map((report) => meaningOf(report).describe());
  if (one.unread !== undefined) limits.push(printable(one.unread));
  if (limits.length === 0) limits.push('the API said nothing of a limit');
  const asked = Object.entries(one.partition?.values ?? {});
  return [
    `✓ ${one.stream}: ${count(one.records)}${of} records, ${count(one.bytes)} bytes in ${one.requestMs} ms`,
    ...asked.map(([name, raw]) => `    asked with  ${name} ${printable(raw)}`),
    `    next page   ${one.next ?? 'none: this page is the last'}`,
    ...limits.map((limit) => `    limit       ${limit}`),
    `    columns     ${one.columns.map(({ name, type }) => `${name} ${type}`).join(', ') || 'none'}`,
    ...one.warnings.map((warning) => `    warning     ${warning}`),
  ].join('\n');
}
