import { describe, expect, it } from 'vitest';
import type { Stream } from '../../../shared/core/source/source.ts';
import { memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { childWorld, listed, page } from './child-world.ts';

const ISSUES = listed({ name: 'issues', path: 'issues', primaryKey: ['number'] });
const COMMENTS: Stream = listed({
  name: 'comments',
  path: 'issues/{issue.number}/comments',
  partitions: { parent: 'issues', as: 'issue' },
  include: { issue: '{issue.number}' },
});

/** Issues and how many comments each has, in pages of two. */
function serviceOf(comments: Readonly<Record<number, number>>) {
  return (url: URL) => {
    const [, number] = /^\/issues\/(\d+)\/comments$/.exec(url.pathname) ?? [];
    if (number === undefined) {
      return page(Object.keys(comments).map((one) => ({ number: Number(one) })));
    }
    const all = Array.from({ length: comments[Number(number)] ?? 0 }, (_, id) => ({ id }));
    const from = Number(url.searchParams.get('token') ?? 0);
    return page(all.slice(from, from + 2), from + 2 < all.length ? `${from + 2}` : null);
  };
}

describe('the children of a parent', () => {
  it('are read for each of its records, in as few objects as there are rounds', async () => {
    const world = childWorld([COMMENTS, ISSUES]);
    world.answer = serviceOf({ 7: 3, 8: 0, 9: 2 });
    const report = await world.run();
    expect(report.kind).toBe('done');
    expect(world.asked).toEqual([
      '/issues',
      '/issues/7/comments',
      '/issues/7/comments?token=2',
      '/issues/8/comments',
      '/issues/9/comments',
    ]);
    expect(await world.lines('comments')).toEqual([
      '{"issue":7,"id":0}',
      '{"issue":7,"id":1}',
      '{"issue":7,"id":2}',
      '{"issue":9,"id":0}',
      '{"issue":9,"id":1}',
    ]);
    expect(report.streams[0]).toMatchObject({
      ...{ stream: 'comments', pages: 4, records: 5 },
      partitions: { done: 3, of: 3 },
    });
    expect((await world.state('comments')).run?.sequence).toBe(1);
  });

  it('end at once where there is no parent, and are published as empty', async () => {
    const world = childWorld([ISSUES, COMMENTS]);
    world.answer = serviceOf({});
    expect((await world.run()).kind).toBe('done');
    expect(world.asked).toEqual(['/issues']);
    expect(await world.lines('comments')).toEqual([]);
  });

  it('go on in the middle of a partition, with the list that was written first', async () => {
    const world = childWorld([ISSUES, { ...COMMENTS, pagesPerRound: 1 }]);
    world.answer = serviceOf({ 7: 5, 9: 3 });
    expect((await world.run()).kind).toBe('done');
    expect((await world.lines('comments')).length).toBe(8);
    expect((await world.state('comments')).listed).toMatchObject({ partitions: 2 });
  });

  it('pass a parent that the API refuses, where the source says so, and tell of it', async () => {
    const verdicts: NonNullable<Stream['verdicts']> = [{ status: 404, verdict: 'skip' }];
    const world = childWorld([ISSUES, { ...COMMENTS, verdicts }]);
    const service = serviceOf({ 7: 1, 8: 1, 9: 1 });
    world.answer = (url) =>
      url.pathname === '/issues/8/comments' ? memoryResponse(404, {}) : service(url);
    const report = await world.run();
    expect(report.kind).toBe('done');
    expect(await world.lines('comments')).toEqual(['{"issue":7,"id":0}', '{"issue":9,"id":0}']);
    expect(report.streams[1]?.warnings?.[0]).toContain('1 of 3 partitions were skipped');
    expect(report.streams[1]?.warnings?.[0]).toContain('issue.number 8: ');
  });
});

describe('children of a parent that reads only what changed', () => {
  const CHANGED: Stream = {
    ...ISSUES,
    incremental: { field: 'at', param: 'since' },
  };
  /** Issues with the hour of their change; each has one comment, of that hour. */
  const hours = (issues: Readonly<Record<number, number>>) => (url: URL) => {
    const at = (hour: number): string => `2026-11-01T${String(hour).padStart(2, '0')}:00:00Z`;
    const since = url.searchParams.get('since') ?? '';
    const [, number = ''] = /^\/issues\/(\d+)\/comments$/.exec(url.pathname) ?? [];
    const rows = Object.entries(issues).map(([id, hour]) => ({
      number: Number(id),
      at: at(hour),
    }));
    const wanted = number === '' ? rows : rows.filter((row) => row.number === Number(number));
    return page(wanted.filter((row) => row.at > since));
  };

  it('are those of the parents that its runs since then have brought', async () => {
    const world = childWorld([CHANGED, { ...COMMENTS, primaryKey: ['issue'] }]);
    world.answer = hours({ 7: 1, 8: 2 });
    await world.run();
    world.answer = hours({ 7: 1, 8: 3, 9: 4 });
    await world.run();
    expect(await world.list('comments')).toEqual([
      '{"values":{"issue.number":"8"}}',
      '{"values":{"issue.number":"9"}}',
    ]);
    expect((await world.state('comments')).listed).toMatchObject({ partitions: 2 });
  });

  it('miss nothing that came while they could not be read', async () => {
    const world = childWorld([CHANGED, { ...COMMENTS, primaryKey: ['issue'] }]);
    world.answer = hours({ 7: 1 });
    await world.run();
    const fails = (issues: Readonly<Record<number, number>>) => (url: URL) =>
      url.pathname === '/issues' ? hours(issues)(url) : memoryResponse(403, {});
    world.answer = fails({ 7: 1, 8: 2 });
    expect((await world.run()).kind).toBe('failed');
    const before = (await world.state('comments')).run?.runId;
    world.answer = hours({ 7: 5, 8: 2, 9: 3 });
    await world.run();
    // It goes on with the list that it had.
    expect((await world.state('comments')).run?.runId).toBe(before);
    expect(await world.lines('comments')).toHaveLength(1);
    await world.run();
    expect(await world.list('comments')).toEqual([
      '{"values":{"issue.number":"7"}}',
      '{"values":{"issue.number":"9"}}',
    ]);
  });

  it('with a watermark of their own are all that are known, and a new one begins at its start', async () => {
    const child = { ...COMMENTS, primaryKey: ['number'], incremental: CHANGED.incremental };
    const world = childWorld([CHANGED, child]);
    world.answer = hours({ 7: 1, 8: 2 });
    await world.run();
    expect((await world.state('comments')).watermark).toBe('2026-11-01T02:00:00Z');
    world.answer = hours({ 7: 1, 8: 2, 9: 3 });
    world.asked.length = 0;
    await world.run();
    expect(world.asked).toEqual([
      '/issues?since=2026-11-01T02%3A00%3A00Z',
      '/issues/9/comments',
      '/issues/7/comments?since=2026-11-01T02%3A00%3A00Z',
      '/issues/8/comments?since=2026-11-01T02%3A00%3A00Z',
    ]);
  });

  it('read everything again after a full refresh', async () => {
    const world = childWorld([CHANGED, { ...COMMENTS, primaryKey: ['issue'] }]);
    world.answer = hours({ 7: 1, 8: 2 });
    await world.run();
    world.answer = hours({ 8: 2 });
    await world.run({ fullRefresh: true });
    expect(await world.list('comments')).toEqual(['{"values":{"issue.number":"8"}}']);
    await world.run();
    expect(await world.list('comments')).toEqual([]);
  });
});
