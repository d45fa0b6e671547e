// A state folder on a disk that says no, with damaged files, or that a process holds which is frozen:
// each is told in words, with what to do, and nothing is lost.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isGone } from '../../../local/machine/connect.ts';
import { cleanUpWorkplaces, workplace } from '../command.ts';
import { linesUnder, openShop, STREAMS, writeSource } from '../shop.ts';

cleanUpWorkplaces();

/** Of Node, of LevelDB and of dynalite, which people can't do anything with. */
const RAW = /throw err|node_modules|Node\.js v|This is a bug|\n {4}at /;

/** A shop of 400 rows and a place whose runs write the ledger once a page. */
async function shopAndPlace() {
  const shop = await openShop({ length: { offset: 200, 'cursor-body': 200 } });
  const place = workplace();
  const source = writeSource(place, shop.url);
  return { shop, place, source };
}

async function expectWhole({ shop, place }: Awaited<ReturnType<typeof shopAndPlace>>) {
  for (const stream of STREAMS) {
    const ids = linesUnder(place, `shop/${stream}`).map((line) => JSON.parse(line).id);
    expect(ids).toEqual(shop.model.records(stream).map((line) => JSON.parse(line).id));
  }
  await shop.close();
}

it('a state folder that can not be written at all is told with its cause and a remedy', async () => {
  const { shop, place, source } = await shopAndPlace();
  const ended = await place.runUnder('ulimit -f 0', 'run', source);
  expect(ended.stderr).toMatch(
    /The state folder \.driplake can't be used: .*File too large\. Allow larger files \(ulimit -f\), or choose another one with --state\.$/m,
  );
  expect(ended.stderr).not.toMatch(RAW);
  expect(ended.code).toBe(2);
  expect(shop.asked).toEqual([]);
  await shop.close();
});

it('a state folder whose disk says no in the middle of a run loses nothing', async () => {
  const at = await shopAndPlace();
  const { place, source } = at;
  // Some dozens of writes fit into 16 KiB; then the files are opened anew, as often as they need.
  const ended = await place.runUnder('ulimit -f 32', 'run', source);
  expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringMatching(RAW) });
  const files = readdirSync(path.join(place.dir, '.driplake', 'ledger')).map(Number.parseFloat);
  expect(Math.max(...files.filter(Number.isFinite))).toBeGreaterThan(5);
  await expectWhole(at);
});

it('a lake that can not be written is told in the same form', async () => {
  const { shop, place, source } = await shopAndPlace();
  writeFileSync(path.join(place.dir, 'taken'), '');
  const ended = await place.run('run', source, '--lake', 'taken');
  expect(ended.stderr).toMatch(
    /The lake taken can't be written: .*file already exists.*\. Move away what stands in its place, or choose another folder with --lake\.$/m,
  );
  expect(ended).toMatchObject({ code: 2, stderr: expect.not.stringMatching(RAW) });
  await shop.close();
});

const DAMAGES: readonly (readonly [what: string, damage: (ledger: string) => void])[] = [
  ['empties a file', (ledger) => writeFileSync(path.join(ledger, 'CURRENT'), '')],
  [
    'takes a file away',
    (ledger) => {
      for (const name of readdirSync(ledger).filter((one) => one.startsWith('MANIFEST')))
        rmSync(path.join(ledger, name));
    },
  ],
  [
    'writes something else into a file',
    (ledger) => {
      for (const name of readdirSync(ledger).filter((one) => one.startsWith('MANIFEST')))
        copyFileSync(import.meta.filename, path.join(ledger, name));
    },
  ],
];

it.each(DAMAGES)('a ledger in which somebody %s is called damaged', async (_what, damage) => {
  const { shop, place, source } = await shopAndPlace();
  expect((await place.run('run', source)).code).toBe(0);
  damage(path.join(place.dir, '.driplake', 'ledger'));
  const told = await place.run('run', source);
  expect(told.code).toBe(2);
  expect(told.stderr).toMatch(
    /The ledger in \.driplake is damaged: .*\. Restore \.driplake\/ledger from a copy, or move it away: the next run then reads every stream from its start\.$/m,
  );
  expect(told.stderr).not.toMatch(RAW);
  // The remedy helps.
  rmSync(path.join(place.dir, '.driplake', 'ledger'), { recursive: true });
  expect((await place.run('run', source)).code).toBe(0);
  await shop.close();
});

it('a lock that is damaged holds nothing, and is made anew', async () => {
  const { shop, place, source } = await shopAndPlace();
  expect((await place.run('run', source)).code).toBe(0);
  writeFileSync(path.join(place.dir, '.driplake', 'ledger.lock', 'CURRENT'), '');
  const told = await place.run('status');
  expect(told.stderr).toContain('.driplake/ledger.lock holds nothing: remove it.');
  await shop.close();
});

it('a process that is frozen while it serves the ledger is named to those who wait', async () => {
  const at = await shopAndPlace();
  const { shop, place, source } = at;
  const held = shop.heldAt(15);
  const owner = place.start('run', source);
  await held;
  const guest = place.start('status');
  // It answers while the owner does.
  expect((await guest.ended).code).toBe(0);
  owner.kill('SIGSTOP');
  const waiting = place.start('status');
  const named = `Process ${owner.pid} serves the ledger in .driplake and does not answer`;
  await waiting.until((stderr) => stderr.includes(named));
  await waiting.until((stderr) => stderr.includes(`kill -CONT ${owner.pid}`));
  owner.kill('SIGCONT');
  shop.release();
  expect((await waiting.ended).code).toBe(0);
  expect((await owner.ended).code).toBe(0);
  await expectWhole(at);
});

it('a process that is frozen in the middle of the run of another one is named, too', async () => {
  const at = await shopAndPlace();
  const { shop, place, source } = at;
  const other = writeSource(place, shop.url, { name: 'other' });
  const held = shop.heldAt(8);
  const owner = place.start('run', source);
  await held;
  const guest = place.start('run', other);
  await guest.until((stderr) => stderr.includes('started'));
  owner.kill('SIGSTOP');
  shop.release();
  await guest.until((stderr) => stderr.includes(`Process ${owner.pid} serves the ledger`));
  owner.kill('SIGCONT');
  expect((await guest.ended).code).toBe(0);
  expect((await owner.ended).code).toBe(0);
  await expectWhole(at);
});

it('a zombie holds nothing any more', async () => {
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; wait']);
  const [told] = await once(parent.stdout, 'data');
  const pid = Number(String(told));
  expect(isGone(`local:${pid}:x`)).toBe(false);
  // Who is stopped does not ask what became of its children.
  parent.kill('SIGSTOP');
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => isGone(`local:${pid}:x`), { timeout: 20_000 }).toBe(true);
  // For the system it is still there.
  expect(process.kill(pid, 0)).toBe(true);
  parent.kill('SIGKILL');
});
