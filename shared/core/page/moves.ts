// What is known of a list that moved while it was read: counted page by page, told in one sentence.

/** Of one run of a stream; absent where nothing moved. */
export interface Moves {
  /** Rows that came again because others came in before them: left out. */
  readonly repeats: number;
  /** Rows that moved up because others before them were deleted: read all the same. */
  readonly skips: number;
  /** Places where nothing of what was read last was found again: rows may be missing. */
  readonly gaps: number;
  /** Pages that were fetched only to find such a place. */
  readonly refetches: number;
}

const NOTHING: Moves = { repeats: 0, skips: 0, gaps: 0, refetches: 0 };

/** The moves of the run with those of one more page; `undefined` stays while nothing moves. */
export function addMoves(
  before: Moves | undefined,
  page: Partial<Moves> | undefined,
): Moves | undefined {
  if (!page) return before;
  const { repeats, skips, gaps, refetches } = before ?? NOTHING;
  return {
    repeats: repeats + (page.repeats ?? 0),
    skips: skips + (page.skips ?? 0),
    gaps: gaps + (page.gaps ?? 0),
    refetches: refetches + (page.refetches ?? 0),
  };
}

/** For the report of a run; `undefined` when there is nothing to tell. */
export function describeMoves(moves: Moves | undefined): string | undefined {
  if (!moves) return undefined;
  const told = [
    ...(moves.repeats > 0 ? [`${count(moves.repeats, 'row')} came twice, kept once`] : []),
    ...(moves.skips > 0 ? [`${count(moves.skips, 'row')} moved up, read all the same`] : []),
    ...(moves.gaps > 0
      ? [`${count(moves.gaps, 'gap')} not closed, where rows may be missing`]
      : []),
  ];
  return told.length === 0 ? undefined : `The data moved while it was read: ${told.join('; ')}.`;
}

const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;
