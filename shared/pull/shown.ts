// What an answer brings beside its rows that is kept as it came: cookies that a walk carries on,
// and credentials that the API itself shows. Those are told, once a run, and never changed: they
// are the API's bytes.

import { keepCookies, readCookies } from '../core/answer/cookies.ts';
import type { HttpAnswer } from '../core/answer/exchange.ts';
import { COOKIE_BYTES } from '../core/bounds.ts';
import type { CredentialIn } from '../core/run/run.ts';
import type { PageOutcome, WantedPage } from './reading.ts';

type Page = Extract<PageOutcome, { kind: 'page' }>;

/** The page with the cookies of the next one, and where it shows a credential. */
export function withShown(
  { context, run }: WantedPage,
  page: Page,
  answer: HttpAnswer,
  answeredAtMs: number,
): PageOutcome {
  const names = context.source.cookies ?? [];
  const headers = answer.kind === 'response' ? answer.headers : {};
  const cookies = keepCookies(run.cookies, readCookies(headers, answeredAtMs), names);
  if (cookies !== undefined && cookies.length > COOKIE_BYTES) {
    const reason = `The API sets cookies of ${cookies.length} bytes, and ${COOKIE_BYTES} are kept`;
    return { kind: 'retry', reason };
  }
  const credentialIn = run.credentialIn ? undefined : shownIn(context.credentials, page);
  return {
    ...page,
    ...(cookies === undefined ? {} : { cookies }),
    ...(credentialIn ? { credentialIn } : {}),
  };
}

function shownIn(
  { isIn }: WantedPage['context']['credentials'],
  { lines, next }: Page,
): CredentialIn | undefined {
  if (isIn(lines)) return 'records';
  const isInCursor = next.kind === 'next' && isIn(Buffer.from(JSON.stringify(next.cursor)));
  return isInCursor ? 'cursor' : undefined;
}

/** For people. */
export const describeShown = (where: CredentialIn): string =>
  where === 'records'
    ? 'The records show a credential of the source. They are kept as the API gives them: who may ' +
      'read the lake may read it. Ask the vendor why, or give the source a key of its own.'
    : 'The cursors of the API show a credential of the source. They are kept as they are given: ' +
      'who may read the ledger may read it while the run lasts.';
