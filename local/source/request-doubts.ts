// What a stream asks with and nobody is likely to mean: a watermark that no request carries, a
// parameter that another one overwrites. It is no fault, since an API may be like that.

import { printable } from '../../shared/core/faults.ts';
import { pagingOf } from '../../shared/core/page/pagination.ts';
import { sizeParameter } from '../../shared/core/page/request.ts';
import type { Parameter } from '../../shared/core/page/way.ts';
import { carriesWatermark } from '../../shared/core/source/partition-schema.ts';
import type { Source, Stream } from '../../shared/core/source/source.ts';

/** One sentence for each thing to ask about. */
export const requestDoubts = (source: Source, stream: Stream): readonly string[] => [
  ...watermarkDoubts(stream),
  ...overwritten(source, stream),
];

/** Each run reads everything where its watermark stands in no request. */
function watermarkDoubts(stream: Stream): string[] {
  const { incremental, pagination } = stream;
  if (!incremental || carriesWatermark(stream)) return [];
  const { field } = incremental;
  const none = 'incremental has no param';
  const remedy = 'each run reads everything. Say which parameter carries the watermark';
  if (!pagingOf(pagination).startsAtWatermark) {
    return [`${none}, and "${pagination.kind}" pagination has no cursor to put it in: ${remedy}`];
  }
  if (pagination.kind !== 'keyset' || pagination.field === field) return [];
  const other = `the walk goes by ${printable(pagination.field)}, not by ${printable(field)}`;
  return [`${none}, and ${other}: runs would go on from the wrong place. Give it a param`];
}

/** A parameter of ours that is written over one of the source's own. */
function overwritten(source: Source, stream: Stream): string[] {
  const { pagination, incremental } = stream;
  const place = ('in' in pagination && pagination.in) || 'query';
  const fold = (name: string): string => (place === 'header' ? name.toLowerCase() : name);
  const paging = pagingOf(pagination);
  const firstRun = incremental?.first === undefined ? 'from the second run on' : ALWAYS;
  // The last one of a name is the one that is sent.
  const written = new Map<string, string>(
    [
      ...(incremental?.param ? [[incremental.param, firstRun] as const] : []),
      ...named(paging.parameters({ value: '' }), 'from the second page on'),
      ...(incremental?.until ? [[incremental.until.param, ALWAYS] as const] : []),
      ...named([...paging.parameters(null), ...sizeParameter(stream)], ALWAYS),
    ].map(([name, when]) => [fold(name), when]),
  );
  return ownNames(place, source, stream).flatMap(([name, where]) => {
    const when = written.get(fold(name));
    if (when === undefined) return [];
    const what = `${where} ${printable(name)}`;
    return place === 'header' || where === 'query'
      ? [`${what} is overwritten ${when} by the parameter of this name`]
      : [`${what} is sent twice ${when}, beside the parameter of this name`];
  });
}

const ALWAYS = 'in every request';

const named = (parameters: readonly Parameter[], when: string) =>
  parameters.map(([name]) => [name, when] as const);

/** Names that the source gives values to where the parameters of paging travel, and where. */
function ownNames(
  place: 'query' | 'body' | 'header' | 'path',
  source: Source,
  stream: Stream,
): readonly (readonly [name: string, where: string])[] {
  if (place === 'body') return [];
  if (place === 'header') {
    const names = Object.keys({ ...source.headers, ...stream.headers });
    return names.map((name) => [name, 'header']);
  }
  const inPath = new URLSearchParams(stream.path.split('?').slice(1).join('?'));
  return [
    ...Object.keys(stream.query ?? {}).map((name) => [name, 'query'] as const),
    ...[...inPath.keys()].map((name) => [name, 'path'] as const),
  ];
}
