// Loaded into a `driplake` process before anything else (`node --import`): its clock jumps, or its
// lake is full. DRIPLAKE_JUMPS `12#-3600000` puts the clock back by an hour when the twelfth page
// is answered. DRIPLAKE_FULL `writeFile#2` refuses the second such call on the lake, and all after
// it, as a full disk does.

import { subscribe } from 'node:diagnostics_channel';
import fs, { type FileHandle } from 'node:fs/promises';
import { ClientRequest } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

const [pages, jumpMs] = (process.env['DRIPLAKE_JUMPS'] ?? '0#0').split('#').map(Number);
let answered = 0;
let aheadMs = 0;
const { now } = Date;
Date.now = () => now() + aheadMs;
subscribe('http.client.response.finish', (told) => {
  const isOfLedger =
    typeof told === 'object' &&
    told !== null &&
    'request' in told &&
    told.request instanceof ClientRequest &&
    told.request.hasHeader('x-amz-target');
  if (!isOfLedger && ++answered === pages) aheadMs = jumpMs ?? 0;
});

const [call = '', first] = (process.env['DRIPLAKE_FULL'] ?? '').split('#');
let calls = 0;

function refuseWhenFull(name: string, path: unknown): void {
  if (name !== call || !/[/\\]lake([/\\]|$)/.test(String(path))) return;
  if (++calls < Number(first)) return;
  const message = `ENOSPC: no space left on device, ${name}`;
  throw Object.assign(new Error(message), { code: 'ENOSPC', syscall: name });
}

const { open, link, rename } = fs;
Object.assign(fs, {
  async open(...args: Parameters<typeof open>): Promise<FileHandle> {
    refuseWhenFull('open', args[0]);
    const file = await open(...args);
    const { writeFile, sync } = file;
    return Object.assign(file, {
      async writeFile(...given: Parameters<typeof writeFile>) {
        refuseWhenFull('writeFile', args[0]);
        return writeFile.apply(file, given);
      },
      async sync() {
        refuseWhenFull('sync', args[0]);
        return sync.call(file);
      },
    });
  },
  async link(...args: Parameters<typeof link>) {
    refuseWhenFull('link', args[1]);
    return link(...args);
  },
  async rename(...args: Parameters<typeof rename>) {
    refuseWhenFull('rename', args[1]);
    return rename(...args);
  },
});
syncBuiltinESMExports();
