import { describe, expect, it } from 'vitest';
import { bringsChanges, parentsOf, wavesOf } from '../../../shared/core/partition/parents.ts';
import { aSource, aStream } from '../builders.ts';

const incremental = { field: 'updated', param: 'since' };

describe('the parents of a stream', () => {
  it('are asked for the fields that its requests carry and its lines include', () => {
    const comments = aStream({
      name: 'comments',
      path: 'repos/{issue.repo.name}/issues/{issue.number}/comments',
      query: { author: '{issue.user.login}' },
      headers: { 'X-Repo': '{issue.repo.name}' },
      method: 'POST',
      body: { filter: { kind: '{issue.kind}', graphql: 'issue { number }' } },
      partitions: { parent: 'issues', as: 'issue', where: { field: 'open', equals: true } },
      include: { issue_number: '{issue.number}', issue_title: '{issue.title}' },
    });
    const source = aSource({
      streams: [aStream({ name: 'issues', deletedField: 'gone' }), comments],
    });
    expect(parentsOf(source, comments)).toEqual([
      {
        parent: 'issues',
        as: 'issue',
        of: 'changed',
        where: { field: 'open', equals: true },
        deletedField: 'gone',
        fields: [
          { path: 'repo.name', isAsked: true },
          { path: 'number', isAsked: true },
          { path: 'user.login', isAsked: true },
          { path: 'kind', isAsked: true },
          { path: 'title', isAsked: false },
        ],
      },
    ]);
  });

  it('are asked for a field that stands right behind a word, as it is filled in there', () => {
    const notes = aStream({
      name: 'notes',
      path: 'notes',
      query: { of: 'order{orders.id}', fields: 'lines{orders}' },
      partitions: { parent: 'orders' },
    });
    const source = aSource({ streams: [aStream({ name: 'orders' }), notes] });
    expect(parentsOf(source, notes)[0]?.fields).toEqual([{ path: 'id', isAsked: true }]);
    const body = { q: 'of {orders.id}' };
    const form = aStream({ ...notes, query: {}, method: 'POST', bodyAs: 'form', body });
    expect(parentsOf(source, form)[0]?.fields).toEqual([{ path: 'id', isAsked: true }]);
  });

  it('are called by their name, and lists are none of them', () => {
    const child = aStream({
      name: 'stock',
      path: 'shops/{shop}/items/{items.id}/stock',
      partitions: [{ name: 'shop', values: ['a', 'b'] }, { parent: 'items' }],
    });
    const source = aSource({ streams: [aStream({ name: 'items' }), child] });
    expect(parentsOf(source, child)).toEqual([
      { parent: 'items', as: 'items', of: 'changed', fields: [{ path: 'id', isAsked: true }] },
    ]);
    expect(parentsOf(source, aStream())).toEqual([]);
  });
});

describe('which of them', () => {
  const ofWhich = (parent: object, child: object) => {
    const orders = aStream({ name: 'orders', ...parent });
    const lines = aStream({
      name: 'lines',
      path: 'orders/{orders.id}/lines',
      partitions: { parent: 'orders' },
      ...child,
    });
    const source = aSource({ streams: [orders, lines] });
    return { of: parentsOf(source, lines)[0]?.of, changes: bringsChanges(source, lines) };
  };

  it('are those that changed, whose rows stay beside those of earlier runs', () => {
    expect(ofWhich({ incremental }, {})).toEqual({ of: 'changed', changes: true });
  });

  it('are all that are known where the child asks by a watermark of its own', () => {
    expect(ofWhich({ incremental }, { incremental })).toEqual({ of: 'all', changes: true });
  });

  it('are all of a snapshot, whose children are one too', () => {
    expect(ofWhich({}, {})).toEqual({ of: 'changed', changes: false });
    expect(ofWhich({}, { incremental })).toEqual({ of: 'changed', changes: true });
  });

  it('are those that the stream says', () => {
    const all = { partitions: { parent: 'orders', of: 'all' } };
    expect(ofWhich({ incremental }, all)).toEqual({ of: 'all', changes: false });
    const changed = { partitions: { parent: 'orders', of: 'changed' }, incremental };
    expect(ofWhich({ incremental }, changed)).toEqual({ of: 'changed', changes: true });
  });

  it('are changed ones of changed ones at any depth', () => {
    const grandchild = aStream({
      name: 'notes',
      path: 'lines/{lines.id}/notes',
      partitions: { parent: 'lines' },
    });
    const lines = aStream({
      name: 'lines',
      path: 'orders/{orders.id}/lines',
      partitions: { parent: 'orders' },
    });
    const orders = aStream({ name: 'orders', incremental });
    const source = aSource({ streams: [grandchild, lines, orders] });
    expect(bringsChanges(source, grandchild)).toBe(true);
  });
});

describe('waves', () => {
  const source = aSource({
    streams: [
      aStream({ name: 'notes', partitions: [{ parent: 'lines' }, { parent: 'shops' }] }),
      aStream({ name: 'lines', partitions: { parent: 'orders' } }),
      aStream({ name: 'shops' }),
      aStream({ name: 'orders' }),
      aStream({ name: 'items' }),
    ],
  });

  it('put each stream behind all of its parents', () => {
    const all = source.streams.map(({ name }) => name);
    expect(wavesOf(source, all)).toEqual([['shops', 'orders', 'items'], ['lines'], ['notes']]);
  });

  it('take along the ancestors of what is wanted, and nothing else', () => {
    expect(wavesOf(source, ['lines'])).toEqual([['orders'], ['lines']]);
    expect(wavesOf(source, ['notes'])).toEqual([['shops', 'orders'], ['lines'], ['notes']]);
    expect(wavesOf(source, ['items'])).toEqual([['items']]);
  });
});
