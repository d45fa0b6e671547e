// `driplake logs`: prints what the functions of a deployed stack logged, once or for as long as
// somebody looks.

import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine } from '../stack/log-line.ts';
import type { FoundLine } from '../stack/logs.ts';
import { command } from '../usage/command.ts';
import { CREDENTIALS, onStack } from '../usage/stack-options.ts';

/** While following, how often it looks again. */
const AGAIN_MS = 2_000;
/** Lines may arrive this late: they are looked for again, and shown once. */
const LATE_MS = 30_000;

export const logs = command({
  name: 'logs',
  summary: 'What the functions of a stack logged, in the order of time.',
  options: {
    ...onStack,
    source: { takes: '<name>', about: 'only of this source' },
    stream: { short: '-s', takes: '<name>', about: 'only of this stream' },
    run: { takes: '<id>', about: 'only of this run, as `status` names it' },
    errors: { about: 'only warnings, errors and functions that broke off' },
    since: {
      takes: '<time>',
      about: 'a span (90s, 15m, 1h, 2d) or a moment (default: the beginning of --run, else 1h)',
    },
    follow: { about: 'go on with what is logged from now on' },
    json: { about: 'print the lines as they are, one JSON value each' },
  },
  notes: [CREDENTIALS],
  async handler(asked) {
    const { withStack } = await import('../stack/open-stack.ts');
    const { openLogs } = await import('../stack/logs.ts');
    const { readable } = await import('../stack/log-line.ts');
    const { beginOf } = await import('../stack/since.ts');
    return withStack(asked, async (stack) => {
      const reader = await openLogs(stack, asked);
      let fromMs = beginOf(asked, Date.now());
      const shown = new Set<string>();
      for (;;) {
        const { lines, cut } = await reader(fromMs);
        for (const line of lines) {
          if (shown.has(line.id)) continue;
          shown.add(line.id);
          process.stdout.write(`${asked.json ? raw(line) : readable(line)}\n`);
        }
        if (cut)
          process.stderr.write('There are more lines: ask for less with --since or --stream.\n');
        if (!asked.follow) break;
        fromMs = Math.max(fromMs, (lines.at(-1)?.atMs ?? 0) - LATE_MS);
        forget(shown, lines, fromMs);
        await sleep(AGAIN_MS);
      }
      if (shown.size === 0) {
        process.stderr.write(`Nothing was logged since ${new Date(fromMs).toISOString()}.\n`);
      }
    });
  },
});

/** Lines that can't come again need not be remembered. */
function forget(shown: Set<string>, lines: readonly FoundLine[], fromMs: number): void {
  for (const { id, atMs } of lines) if (atMs < fromMs) shown.delete(id);
}

/** One JSON value a line, also for what a function did not say as JSON. */
const raw = ({ text, atMs }: LogLine): string =>
  text.trimStart().startsWith('{')
    ? text.trimEnd()
    : JSON.stringify({ timestamp: new Date(atMs).toISOString(), message: text.trimEnd() });
