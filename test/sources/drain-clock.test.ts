import { expect, it } from 'vitest';
import { readSource } from '../../shared/core/source/source.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { generic } from '../apis/generic.ts';
import { disturbed, openWorld } from './harness.ts';

const source = readSource(
  {
    name: 'clock',
    baseUrl: 'https://api.example.com',
    streams: [
      {
        name: 'rows',
        path: 'total',
        records: 'data',
        pagination: { kind: 'offset', pageSize: 10, total: 'total' },
      },
    ],
  },
  'the test',
);

it.each([-3_600_000, 3_600_000])(
  'waits for nothing when its clock jumps by %i ms in the middle of a round',
  async (jumpMs) => {
    let aheadMs = 0;
    const clock = { ...systemClock(), nowMs: () => Date.now() + aheadMs };
    const model = disturbed(generic({ length: 95 }), (request) => {
      if (request === 3) aheadMs = jumpMs;
    });
    const world = await openWorld(source, model, { clock });
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done', records: 95, waitedSeconds: 0 });
    expect(await world.published('rows')).toEqual(model.records('total'));
    await world.close();
  },
);
