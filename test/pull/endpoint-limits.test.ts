// Endpoints that the API counts beside the account, or by themselves: each stream spends from all
// budgets that apply to it, and a refusal stops those who spend from the one that is used up.

import { describe, expect, it } from 'vitest';
import { newUsage, walkSync } from '../../bench/virtual/virtual-machine.ts';
import { virtualWorld } from '../../bench/virtual/virtual-world.ts';
import type { Limit } from '../../shared/core/source/api-limits.ts';
import {
  github,
  githubSearch,
  zendesk,
  zendeskTicketList,
} from '../../shared/core/source/presets.ts';
import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import { connectSource } from '../../shared/pull/context.ts';
import { openPermits } from '../../shared/pull/permits.ts';
import { type ApiModel, answer } from '../apis/exchange.ts';
import { fixedWindow } from '../apis/limits.ts';
import { zendeskLists } from '../apis/windowed.ts';

const ROWS = 2;

const streamOf = (name: string, more: Partial<Stream> = {}): Stream => ({
  name,
  path: name,
  records: '',
  pagination: { kind: 'offset', pageSize: ROWS },
  ...more,
});

const sourceOf = (limits: Limit[], streams: Stream[]): Source =>
  readSource({ name: 'desk', baseUrl: 'https://desk.example', limits, streams }, 'test');

const MINUTE = 60_000;

async function sync(source: Source, model: ApiModel) {
  const { connection } = virtualWorld(source, { model, latencyMs: 20 });
  const { clock } = connection.ports;
  const startedMs = clock.nowMs();
  const options = { executionId: 'one', invocationMs: 300_000, usage: newUsage() };
  const ended = await walkSync({ source: source.name }, connection, options);
  return { kind: ended.kind, seconds: (clock.nowMs() - startedMs) / 1000 };
}

describe('a limit of an endpoint beside that of the account', () => {
  const tickets = streamOf('tickets', { limits: zendeskTicketList });

  it('is kept by the stream that it counts, without a refusal', async () => {
    const source = sourceOf(zendesk, [tickets, streamOf('users')]);
    const model = zendeskLists({ tickets: 249 * ROWS, users: 249 * ROWS });
    const { kind, seconds } = await sync(source, model);
    expect(kind).toBe('succeeded');
    expect(model.stats()).toMatchObject({ allowed: 500, refused: 0 });
    // Two whole windows for 250 lists of tickets; 250 of users fit into the third.
    expect(seconds).toBeGreaterThan(120);
    expect(seconds).toBeLessThan(140);
  });

  it('does not hold where the account has less', async () => {
    const source = sourceOf(zendesk, [tickets]);
    const model = zendeskLists({ tickets: 99 * ROWS }, 40);
    const { seconds } = await sync(source, model);
    expect(model.stats()).toMatchObject({ allowed: 100, refused: 0 });
    expect(seconds).toBeGreaterThan(120);
    expect(seconds).toBeLessThan(130);
  });
});

describe('a refusal', () => {
  const used = 'zendesk-ratelimit-tickets-index';
  const open = async () => {
    const source = sourceOf(zendesk, [
      streamOf('tickets', { limits: zendeskTicketList }),
      streamOf('users'),
    ]);
    const { connection } = virtualWorld(source, { model: zendeskLists({}), latencyMs: 20 });
    const context = await connectSource(connection.ports, source);
    const { clock } = connection.ports;
    const permitsOf = (index: number) => {
      const stream = source.streams[index];
      if (!stream) throw new Error('no such stream');
      const options = { holder: stream.name, invocationId: stream.name, fence: 1 };
      return openPermits(connection.ports, context, stream, {
        ...options,
        requestMs: () => 100,
      });
    };
    return { clock, tickets: permitsOf(0), users: permitsOf(1) };
  };

  it('of the endpoint stops those who read it, and nobody else', async () => {
    const { clock, tickets, users } = await open();
    expect(await tickets.ready(1, 0, 0)).toEqual({ kind: 'go' });
    const headers = {
      [used]: 'total=100; remaining=0; resets=30',
      'ratelimit-limit': '700',
      'ratelimit-remaining': '650',
      'ratelimit-reset': '30',
    };
    tickets.spent({ sentAtMs: clock.nowMs(), answeredAtMs: clock.nowMs(), headers });
    await tickets.throttled('429', clock.nowMs() + 30_000);
    expect(await tickets.ready(1, 0, 0)).toMatchObject({ kind: 'wait', why: '429' });
    expect(await users.ready(1, 0, 0)).toEqual({ kind: 'go' });
  });

  it('that names no limit stops everybody', async () => {
    const { clock, tickets, users } = await open();
    await tickets.ready(1, 0, 0);
    tickets.spent({ sentAtMs: clock.nowMs(), answeredAtMs: clock.nowMs(), headers: {} });
    await tickets.throttled('429', clock.nowMs() + 30_000);
    expect(await tickets.ready(1, 0, 0)).toMatchObject({ kind: 'wait', why: '429' });
    expect(await users.ready(1, 0, 0)).toMatchObject({ kind: 'wait', why: '429' });
  });
});

describe('an endpoint that the API counts by itself, under the same headers', () => {
  it('neither spends from the account nor is heard of it', async () => {
    const search = streamOf('search', { limits: githubSearch, onlyOwnLimits: true });
    const source = sourceOf(github, [search, streamOf('issues')]);
    const counted = {
      core: fixedWindow({ limit: 5_000, windowMs: 60 * MINUTE }),
      search: fixedWindow({ limit: 30, windowMs: MINUTE }),
    };
    const model = zendeskLists({});
    let refused = 0;
    const { kind, seconds } = await sync(source, {
      ...model,
      handle(request, nowMs) {
        const resource = request.path.includes('search') ? 'search' : 'core';
        const { allowed, limit, remaining, resetMs } = counted[resource].take(nowMs);
        const headers = {
          'x-ratelimit-resource': resource,
          'x-ratelimit-limit': String(limit),
          'x-ratelimit-remaining': String(remaining),
          'x-ratelimit-reset': String(Math.ceil(resetMs / 1000)),
        };
        if (!allowed) {
          refused++;
          return answer(nowMs, 429, '', headers);
        }
        const offset = Number(request.query.get('offset'));
        const rows = offset < ROWS * 44 ? [{ id: offset }, { id: offset + 1 }] : [];
        return answer(nowMs, 200, JSON.stringify(rows), headers);
      },
    });
    expect(kind).toBe('succeeded');
    expect(refused).toBe(0);
    expect(seconds).toBeLessThan(75);
  });
});
