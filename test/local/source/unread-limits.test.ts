import { describe, expect, it } from 'vitest';
import { describeUnread } from '../../../local/source/unread-limits.ts';
import { github, ietf, plain } from '../../../shared/core/source/presets.ts';

const answered = (headers: Record<string, string>) => ({
  headers: { 'content-type': 'application/json', ...headers },
  sentAtMs: 1_700_000_000_000,
  answeredAtMs: 1_700_000_000_100,
});

const threeHeaders = answered({
  'x-ratelimit-limit': '60',
  'x-ratelimit-remaining': '59',
  'x-ratelimit-reset': '30',
});

describe('headers of a limit', () => {
  it('that no limit reads are named, with the preset that would read most of them', () => {
    expect(describeUnread([], threeHeaders)).toBe(
      'no limit of the source reads x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset: the preset plain would',
    );
    const draft = answered({
      ratelimit: '"default";r=50;t=30',
      'ratelimit-policy': '"default";q=60',
    });
    expect(describeUnread(plain, draft)).toBe(
      'no limit of the source reads ratelimit, ratelimit-policy: the preset ietf would',
    );
  });

  it('that no preset reads are named for the source to read', () => {
    const own = answered({ 'x-shop-quota-left': '7' });
    expect(describeUnread(github, own)).toBe(
      'no limit of the source reads x-shop-quota-left: name them in headers of a limit',
    );
  });

  it('that are all read, or are not there, are no word', () => {
    expect(describeUnread(plain, threeHeaders)).toBeUndefined();
    expect(describeUnread(ietf, answered({}))).toBeUndefined();
  });
});
