import { describe, expect, it } from 'vitest';
import { batchKeys, manifestKey } from '../../../shared/core/table/keys.ts';
import { readManifest } from '../../../shared/core/table/manifest.ts';

const manifest = {
  version: 1,
  source: 'lightspeed-x',
  stream: 'products',
  runId: '20261121T100000Z-a1',
  date: '2026-11-21',
  mode: 'incremental',
  fullRefresh: false,
  startedAt: '2026-11-21T10:00:00.000Z',
  finishedAt: '2026-11-21T10:05:00+00:00',
  objects: 2,
  prefix: 'lightspeed-x/products/dt=2026-11-21/run=20261121T100000Z-a1/',
  pages: 5,
  records: 500,
  bytes: 123456,
  spent: { requests: 1, throttled: 0, waitedSeconds: 0, seconds: 1 },
  columns: [
    { name: 'id', key: 'id', type: 'string' },
    { name: 'value', key: null, type: 'integer' },
  ],
  primaryKey: ['id'],
  watermark: { field: 'version', value: '9007199254740993' },
};

const read = (over: Record<string, unknown>) =>
  readManifest(JSON.stringify({ ...manifest, ...over }), 'm.json');

describe('a manifest', () => {
  it('reads as it was written, and ignores fields it does not know', () => {
    expect(read({ later: 1 })).toEqual({ kind: 'manifest', manifest });
  });

  it('says where it stands and which batches it lists', () => {
    const key = '_manifests/lightspeed-x/products/20261121T100000Z-a1.json';
    expect(manifestKey(manifest)).toBe(key);
    expect(batchKeys(manifest)).toEqual([
      `${manifest.prefix}00000000.ndjson.gz`,
      `${manifest.prefix}00000001.ndjson.gz`,
    ]);
    expect(batchKeys({ ...manifest, objects: 0 })).toEqual([]);
  });

  it('may lie among the compacted runs when it says so, and nowhere else', () => {
    const prefix = 'lightspeed-x/products/compacted/dt=2026-11-21/run=20261121T100000Z-a1/';
    const compacted = { objects: 500, at: '2026-11-22T10:00:00.000Z' };
    expect(read({ prefix, compacted })).toMatchObject({ kind: 'manifest' });
    expect(read({ prefix })).toMatchObject({ kind: 'damaged' });
    expect(read({ compacted })).toMatchObject({ kind: 'damaged' });
  });

  it('names all its faults at once', () => {
    const reading = read({
      version: 2,
      objects: -1,
      mode: 'full',
      finishedAt: 'yesterday',
      columns: [{ name: '', key: 1, type: 'int' }],
      source: '../elsewhere',
    });
    const faults = reading.kind === 'damaged' ? reading.faults : [];
    for (const path of [
      'version',
      'objects',
      'mode',
      'finishedAt',
      'columns[0].name',
      'columns[0].key',
      'columns[0].type',
      'source',
    ]) {
      expect(faults).toContainEqual(expect.stringContaining(`m.json: ${path}: expected `));
    }
  });

  it('is refused when its prefix is not that of its run', () => {
    const reading = read({ prefix: 'lightspeed-x/products/dt=2026-11-21/run=../../x/' });
    expect(reading).toMatchObject({ kind: 'damaged', faults: [/^m\.json: prefix: expected /] });
  });

  it('is damaged when it is cut off or no object', () => {
    expect(readManifest('{"version":1', 'm.json')).toEqual({
      kind: 'damaged',
      faults: ['m.json: expected JSON, got 12 characters'],
    });
    expect(readManifest('null', 'm.json').kind).toBe('damaged');
  });
});
