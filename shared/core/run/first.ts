// Where the first run of an incremental stream starts, when the owner says so in a setting
// (`first: '{startDate}'`). Who plans a run knows no settings: it notes the name, and the first round
// puts in what it means.

import { DriplakeError, Failure } from '../failures.ts';
import { printable } from '../faults.ts';
import { isFirst, startingPoint } from '../page/watermark.ts';
import type { Incremental, Source, Stream } from '../source/source.ts';
import { fillSettings, inBraces } from '../source/template/settings.ts';
import type { StreamRun } from './run.ts';

/**
 * The source with settings in place of their names where streams say where to start.
 * @throws DriplakeError configuration, when one has no value or is no start
 */
export function withFirsts(source: Source, settings: Readonly<Record<string, string>>): Source {
  const fill = (stream: Stream): Stream => {
    const { incremental } = stream;
    if (typeof incremental?.first !== 'string' || !hasName(incremental.first)) return stream;
    const first = fillSettings(incremental.first, source, settings);
    if (isFirst(incremental, first)) return { ...stream, incremental: { ...incremental, first } };
    throw new DriplakeError(
      Failure.configuration,
      `${stream.name} starts at ${incremental.first}, and ${printable(first)} is no ${what(incremental)}.`,
      'Give the setting another value.',
    );
  };
  return { ...source, streams: source.streams.map(fill) };
}

/**
 * A run as its plan began it, who knows no settings, with its first start filled in.
 * @param stream with its own filled in
 */
export const startedRun = (run: StreamRun, { incremental }: Stream): StreamRun => {
  if (!incremental || run.from === undefined || !hasName(run.from)) return run;
  const from = startingPoint(incremental, undefined, run.startedAtMs);
  return from === undefined ? run : { ...run, from };
};

const hasName = (text: string): boolean => inBraces(text, 'text').length > 0;

const what = ({ type, fieldAs }: Incremental): string =>
  type === 'integer'
    ? 'whole number'
    : `date or time${fieldAs ? `, in ISO or as ${fieldAs}` : ''}`;
