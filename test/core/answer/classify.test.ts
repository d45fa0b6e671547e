// What an answer means when no vector of headers is involved: the order of verdicts, the evidence
// in a reason, and that nothing but a 2xx is ever kept.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, evidence, rejectsToken } from '../../../shared/core/answer/classify.ts';
import type { HttpAnswer } from '../../../shared/core/answer/exchange.ts';
import { EVIDENCE_BYTES, TEXT_PIECE_BYTES } from '../../../shared/core/bounds.ts';
import type { Verdict } from '../../../shared/core/source/answer-spec.ts';
import type { Credentials } from '../../../shared/core/source/credentials/credentials-schema.ts';
import * as presets from '../../../shared/core/source/presets.ts';
import type { Source, Stream } from '../../../shared/core/source/source.ts';

const NOW = Date.UTC(2026, 10, 2, 12);
const stream: Stream = {
  name: 'rows',
  path: '/rows',
  records: 'data',
  pagination: { kind: 'single' },
};
const source: Source = { name: 'api', baseUrl: 'https://api.example.com', streams: [stream] };
const renewable: Credentials = { kind: 'oauth2-refresh-token', tokenUrl: 'https://x.example/t' };

function response(
  status: number,
  body: string | Uint8Array = '{}',
  headers: Record<string, string> = {},
): HttpAnswer {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return { kind: 'response', status, headers, body: bytes };
}

const judge = (answer: HttpAnswer, more: Partial<Source> = {}, verdicts: Verdict[] = []) =>
  classify(answer, { ...source, ...more }, { ...stream, verdicts }, NOW);

describe('classify', () => {
  it('lets a stream overrule its source', () => {
    const verdicts: Verdict[] = [{ status: 404, verdict: 'refuse' }];
    const skip: Verdict[] = [{ status: 404, verdict: 'skip' }];
    expect(judge(response(404), { verdicts }, skip).kind).toBe('skip');
    expect(judge(response(404), { verdicts }).kind).toBe('refuse');
  });

  it('keeps nothing but a 2xx, whatever the status, the headers and the body', () => {
    const status = fc.integer({ min: 100, max: 999 });
    const headers = fc.dictionary(
      fc.constantFrom('retry-after', 'x-ratelimit-remaining', 'content-type', 'date'),
      fc.string(),
    );
    const credentials = fc.constantFrom<Credentials>(renewable, { kind: 'none' });
    fc.assert(
      fc.property(status, headers, fc.uint8Array(), credentials, (...args) => {
        const answer = response(args[0], args[2], args[1]);
        const judged = judge(answer, { limits: presets.plain, credentials: args[3] });
        expect(judged.kind === 'keep').toBe(
          args[0] >= 200 && args[0] < 300 && ![202, 204, 205].includes(args[0]),
        );
        if (judged.kind !== 'throttled') return;
        expect([403, 429, 503]).toContain(args[0]);
        if (judged.untilMs !== undefined) expect(judged.untilMs).toBeGreaterThan(NOW);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps a partial content for those who slice records', () => {
    expect(judge(response(206)).kind).toBe('keep');
  });

  it('takes 202 for "not yet", whatever list comes with it, until the time that it names', () => {
    const notYet = { kind: 'retry', reason: expect.stringContaining('not ready yet') };
    expect(judge(response(202, '[]'))).toMatchObject(notYet);
    expect(judge(response(202, '[]'))).not.toHaveProperty('untilMs');
    const dated = judge(response(202, '{"data":[]}', { 'retry-after': '40' }));
    expect(dated).toMatchObject({ ...notYet, untilMs: NOW + 40_000 });
    const far = judge(response(202, '', { 'retry-after': '9999999' }));
    expect(far).toMatchObject({ kind: 'refuse' });
  });

  it('asks again when a token may be had, unless no run waits for that', () => {
    const fault = { kind: 'fault', reason: 'unreachable', message: 'no token' } as const;
    expect(judge(fault)).toEqual({ kind: 'retry', reason: 'unreachable: no token' });
    const later = judge({ ...fault, untilMs: NOW + 600_000 });
    expect(later).toMatchObject({ kind: 'retry', untilMs: NOW + 600_000 });
    expect(judge({ ...fault, untilMs: NOW + 1e11 }).kind).toBe('refuse');
  });

  it('renews a token where a verdict asks for it, and refuses where nobody can', () => {
    const verdicts: Verdict[] = [{ status: 403, text: 'token expired', verdict: 'refresh' }];
    const answer = response(403, '{"error":"Token Expired"}');
    expect(judge(answer, { verdicts, credentials: renewable }).kind).toBe('refresh');
    expect(judge(answer, { verdicts, credentials: { kind: 'bearer' } }).kind).toBe('refuse');
  });

  it('finds a text whatever its case, anywhere in the body', () => {
    const verdicts: Verdict[] = [{ status: 200, text: 'Thröttled!', verdict: 'retry' }];
    expect(judge(response(200, '{"m":"THRÖTTLED!"}'), { verdicts }).kind).toBe('retry');
    expect(judge(response(200, '{"m":"thröttled?"}'), { verdicts }).kind).toBe('keep');
    // At each place around the end of a piece.
    for (let before = TEXT_PIECE_BYTES - 20; before < TEXT_PIECE_BYTES + 5; before++) {
      const page = `["${'x'.repeat(before)}","thröttled!","${'x'.repeat(200_000)}"]`;
      expect([before, judge(response(200, page), { verdicts }).kind]).toEqual([before, 'retry']);
    }
    const short: Verdict[] = [{ status: 200, text: 'é', verdict: 'retry' }];
    const last = `"${'x'.repeat(3 * TEXT_PIECE_BYTES - 2)}é"`;
    expect(judge(response(200, last), { verdicts: short }).kind).toBe('retry');
  });

  it('finds a value beside the records, and never one in them', () => {
    const verdicts: Verdict[] = [{ status: '2xx', body: 'errors', verdict: 'retry' }];
    const kindOf = (body: string, more: Partial<Stream> = {}) =>
      classify(response(200, body), { ...source, verdicts }, { ...stream, ...more }, NOW).kind;
    for (const value of ['[{"m":"busy"}]', '"busy"', '1', '0', 'true', '{"m":1}']) {
      expect([value, kindOf(`{"data":[],"errors":${value}}`)]).toEqual([value, 'retry']);
      expect([value, kindOf(`{"errors":${value}}`)]).toEqual([value, 'retry']);
      expect([value, kindOf(`{"data":[{"errors":${value}}]}`)]).toEqual([value, 'keep']);
      const [list, record] = [`[{"errors":${value}}]`, `{"errors":${value}}`];
      expect([value, kindOf(list, { records: '' })]).toEqual([value, 'keep']);
      const single = { path: '', single: 'record' } as const;
      expect([value, kindOf(record, { records: single })]).toEqual([value, 'keep']);
    }
    for (const value of ['null', 'false', '""', '[]', '{}']) {
      expect([value, kindOf(`{"data":[],"errors":${value}}`)]).toEqual([value, 'keep']);
    }
    expect(kindOf('no JSON')).toBe('keep');
  });

  it('compares a value with the one that is declared, also where it arrives as text', () => {
    const judged = (body: string, equals: string | number | boolean | null, status = 200) =>
      judge(response(status, body), {
        verdicts: [{ status, body: 'result.ok', equals, verdict: 'retry' }],
      }).kind;
    expect(judged('{"data":[],"result":{"ok":false}}', false)).toBe('retry');
    expect(judged('{"data":[],"result":{"ok":"false"}}', false)).toBe('retry');
    expect(judged('{"data":[],"result":{"ok":true}}', false)).toBe('keep');
    expect(judged('{"data":[],"result":{}}', false)).toBe('keep');
    expect(judged('{"data":[],"result":{"ok":null}}', null)).toBe('retry');
    expect(judged('{"data":[],"result":{"ok":7}}', 7)).toBe('retry');
    expect(judged('{"data":[],"result":{"ok":[false]}}', false)).toBe('keep');
    expect(judged('{"result":{"ok":"EXPIRED"}}', 'EXPIRED', 400)).toBe('retry');
  });

  it('compares a value whatever the status, where none is declared', () => {
    const verdicts: Verdict[] = [{ body: 'ok', equals: false, verdict: 'skip' }];
    expect(judge(response(200, '{"data":[],"ok":false}'), { verdicts }).kind).toBe('skip');
    expect(judge(response(403, '{"ok":false}'), { verdicts }).kind).toBe('skip');
    expect(judge(response(200, '{"data":[],"ok":true}'), { verdicts }).kind).toBe('keep');
  });

  it('knows the ends and beginnings of a walk by their words', () => {
    const kinds = (['end', 'restart', 'empty', 'skip'] as const).map(
      (verdict) => judge(response(404), { verdicts: [{ status: 404, verdict }] }).kind,
    );
    expect(kinds).toEqual(['end', 'restart', 'empty', 'skip']);
  });

  it('says of a refusal which status it was where nothing is declared for it', () => {
    expect(judge(response(410))).toMatchObject({ kind: 'refuse', undeclared: 410 });
    const verdicts: Verdict[] = [{ status: 410, verdict: 'refuse' }];
    expect(judge(response(410), { verdicts })).not.toHaveProperty('undeclared');
  });

  it('rejects a token by a 401 always, and by any answer that is declared', () => {
    const rejects = (status: number, body: string, verdicts: Verdict[] = []) => {
      const answer = response(status, body);
      if (answer.kind !== 'response') throw new Error('it is a response');
      return rejectsToken(answer, source, { ...stream, verdicts });
    };
    const expired: Verdict[] = [
      { status: 403, text: 'INVALID_SESSION_ID', verdict: 'refresh' },
      { status: 200, body: 'error.code', equals: 'EXPIRED', verdict: 'refresh' },
    ];
    expect(rejects(401, '')).toBe(true);
    expect(rejects(403, 'INVALID_SESSION_ID')).toBe(false);
    expect(rejects(403, 'INVALID_SESSION_ID', expired)).toBe(true);
    expect(rejects(403, 'not yours', expired)).toBe(false);
    expect(rejects(200, '{"data":[],"error":{"code":"EXPIRED"}}', expired)).toBe(true);
    expect(rejects(200, '{"data":[]}', expired)).toBe(false);
  });

  it('asks a verdict for all it names: status, header and text', () => {
    const verdicts: Verdict[] = [
      { status: '4xx', header: { name: 'X-Why' }, text: 'later', verdict: 'retry' },
    ];
    expect(judge(response(409, 'later', { 'x-why': '' }), { verdicts }).kind).toBe('retry');
    expect(judge(response(409, 'later'), { verdicts }).kind).toBe('refuse');
    expect(judge(response(409, 'never', { 'x-why': '1' }), { verdicts }).kind).toBe('refuse');
    expect(judge(response(500, 'later', { 'x-why': '1' }), { verdicts }).kind).toBe('retry');
    expect(judge(response(302, 'later', { 'x-why': '1' }), { verdicts }).kind).toBe('refuse');
  });

  it('does not believe the content type of an error', () => {
    const headers = { 'content-type': 'image/png' };
    const judged = judge(response(400, '{"message":"Please try again later."}', headers), {
      verdicts: presets.lightspeedRVerdicts,
    });
    expect(judged.kind).toBe('retry');
  });

  it('says why in one line that shows the status, the type and the body', () => {
    const answer = response(502, '<html>\n\t<b>502</b>', { 'content-type': 'text/html' });
    expect(judge(answer)).toEqual({
      kind: 'retry',
      reason: String.raw`the server failed: HTTP 502, text/html: <html>\n\t<b>502</b>`,
    });
  });
});

describe('evidence', () => {
  it('says that a body is empty and that a type is missing', () => {
    expect(evidence(response(200, ''))).toBe('HTTP 200, no content type: empty body');
  });

  it('quotes the first bytes and tells how many there were', () => {
    const line = evidence(response(500, 'x'.repeat(1000)));
    expect(line).toBe(`HTTP 500, no content type: ${'x'.repeat(EVIDENCE_BYTES)}... (1000 bytes)`);
  });

  it('does not show the half of a character that the cut left', () => {
    const line = evidence(response(500, `${'x'.repeat(EVIDENCE_BYTES - 1)}é`));
    expect(line).toContain(`${'x'.repeat(EVIDENCE_BYTES - 1)}...`);
    expect(line).not.toContain('\ufffd');
  });

  it('shows what a terminal would hide or obey', () => {
    const line = evidence(response(200, '\ufeff\u001b[2J\u202e\u0000'));
    expect(line).toBe(String.raw`HTTP 200, no content type: \u{feff}\u{1b}[2J\u{202e}\u{0}`);
  });

  it('quotes the message of a transport fault', () => {
    const fault: HttpAnswer = { kind: 'fault', reason: 'timeout', message: 'after 60 s' };
    expect(evidence(fault)).toBe('timeout: after 60 s');
  });

  it('is one bounded line without control characters, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc.string().map((text) => encode(text)),
        ),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (body, type) => {
          const line = evidence(response(200, body, { 'content-type': type }));
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(line.length).toBeLessThan(EVIDENCE_BYTES * 20);
        },
      ),
    );
  });
});

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a credential that a server echoes', () => {
  const secret = 'planted-9Kx2Vq7Lm4';
  const redact = (text: string): string => text.replaceAll(secret, '***');

  it('is taken out before the evidence is cut, so that no half of it is left', () => {
    fc.assert(
      fc.property(fc.nat(EVIDENCE_BYTES + 5), (before) => {
        const body = new TextEncoder().encode(`${'.'.repeat(before)}${secret} and more`);
        const headers = { 'content-type': `text/html; was=${'-'.repeat(before)}${secret}` };
        const answer: HttpAnswer = { kind: 'response', status: 500, headers, body };
        const line = evidence(answer, redact);
        for (let at = 0; at + 6 <= secret.length; at++) {
          expect(line).not.toContain(secret.slice(at, at + 6));
        }
      }),
    );
  });
});
