import { createRequire } from 'node:module';
import { afterEach, describe, expect, it } from 'vitest';
import { startService } from '../../local/machine/service.ts';
import jsonplaceholder from '../../sources/jsonplaceholder.ts';
import { answer } from '../apis/exchange.ts';
import {
  exampleApis,
  exampleModel,
  exampleRows,
  exampleSecrets,
  examples,
  requestsFor,
} from './example-apis.ts';
import { expectCareful, leaking, openWorld } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

describe('the examples on the real machines', () => {
  describe.each(Object.entries(exampleApis))('%s', (name, api) => {
    it.each([0, 1, 37, 100, 500, 530])('lands %i records byte for byte', async (count) => {
      const source = examples.get(name);
      if (!source) throw new Error(`no example ${name}`);
      const rows = exampleRows(count);
      const serve = { encoding: 'gzip' } as const;
      const options = { secrets: exampleSecrets, serve };
      const world = await openWorld(source, exampleModel(source, api, rows), options);
      open.push(world.close);
      const stream = source.streams[0]?.name ?? '';
      const run = await world.run({ streams: [stream] });
      expect(run.ended).toMatchObject({ kind: 'succeeded' });
      expect(await world.published(stream)).toEqual(rows);
      expect(world.model.stats().requests).toBe(requestsFor(api, count));
      expectCareful(world);
    });
  });
});

describe('jsonplaceholder on the real machines', () => {
  it('lands its six collections from the demo service, which had to refuse nothing', async () => {
    const service = await startService({ size: 90, leakPerSecond: 400 });
    open.push(service.close);
    const source = { ...leaking(jsonplaceholder, 400), baseUrl: service.url };
    const nothing = { requests: 0, allowed: 0, refused: 0, idle: 0, violations: [] };
    const unused = {
      handle: (_: unknown, nowMs: number) => answer(nowMs, 500, ''),
      stats: () => nothing,
    };
    const world = await openWorld(source, { ...unused, spendForeign: () => {} });
    open.push(world.close);
    const run = await world.run();
    expect(run.status).toBe('done');
    const data: Record<string, readonly object[]> = createRequire(import.meta.url)(
      'jsonplaceholder/data.json',
    );
    for (const { name } of source.streams) {
      const lines = await world.published(name);
      // The service indents what it sends; the line is the record without its line breaks.
      const sent = (data[name] ?? []).map((record) =>
        JSON.stringify(record, null, 2).replaceAll(/\n */g, ''),
      );
      expect(lines, name).toEqual(sent);
    }
    expect(service.stats).toEqual({ requests: 297, refused: 0 });
  });
});
