// An API of the soak and the source file for it: two lists behind a limit, which fails one request
// in forty for a moment. It keeps counts only, so that what grows is not its own.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { answer } from '../../test/apis/exchange.ts';
import { generic } from '../../test/apis/generic.ts';
import { serve } from '../../test/apis/serve.ts';
import { declared } from '../../test/local/shop.ts';

/** Of each list. */
export const ROWS = 45;
const LIMIT = { limit: 1_000, windowMs: 10_000 };
const FAILS = 40;

export interface SoakApi {
  /** Its source file. */
  readonly file: string;
  /** Does something once, when so many more pages were asked for. */
  atPage(pages: number, act: () => void): void;
  close(): Promise<void>;
}

export async function openSoakApi(dir: string, name: string): Promise<SoakApi> {
  const model = generic({ length: { offset: ROWS, 'cursor-body': ROWS }, window: LIMIT });
  let asked = 0;
  let due: { readonly at: number; act(): void } | undefined;
  const { url, close } = await serve({
    ...model,
    handle(request, nowMs) {
      asked++;
      if (due && asked >= due.at) {
        due.act();
        due = undefined;
      }
      return asked % FAILS === 0
        ? answer(nowMs, 503, 'Back soon.', {})
        : model.handle(request, nowMs);
    },
  });
  const file = path.join(dir, `${name}.json`);
  await writeFile(file, JSON.stringify(sourceOf(name, url)));
  return {
    file,
    atPage(pages, act) {
      due = { at: asked + pages, act };
    },
    close,
  };
}

function sourceOf(name: string, baseUrl: string): object {
  const common = { records: 'data', primaryKey: ['id'] };
  const sized = { pageSize: 10, sizeParam: 'limit' };
  return {
    name,
    baseUrl,
    limits: [declared(LIMIT)],
    streams: [
      { name: 'offset', path: 'offset', ...common, pagination: { kind: 'offset', pageSize: 10 } },
      {
        name: 'cursor',
        path: 'cursor-body',
        ...common,
        pagination: { kind: 'cursor', from: 'next_cursor', param: 'cursor', ...sized },
      },
    ],
  };
}
