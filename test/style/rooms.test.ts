// Which room may import which. A room stands below those that may import it, so that nothing can
// lead back: the table is read from the bottom of the house to its top.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewest, picture } from './rooms-picture.ts';
import { all, benches, files, importsOf, read, roomOf, root } from './tree.ts';

/** Room, the rooms that it may import, and why it needs the least obvious of them. */
const ROOMS: readonly (readonly [room: string, imports: readonly string[], why: string])[] = [
  ['shared/core', [], 'words, bounds and faults that everyone uses: it knows nobody'],
  ['shared/core/time', ['shared/core'], 'moments as APIs write them: it asks no clock'],
  ['shared/core/records', ['shared/core'], 'bytes of a page become bytes of lines'],
  [
    'shared/core/table',
    ['shared/core', 'shared/core/records'],
    'columns are inferred of the lines that records cuts',
  ],
  [
    'shared/core/source/template',
    ['shared/core'],
    'puts values into texts: it knows neither what they are nor whose text it is',
  ],
  [
    'shared/core/source/credentials',
    ['shared/core/source/template'],
    'how a source signs in, and which fields its secret has: the names in its texts',
  ],
  [
    'shared/core/source',
    [
      'shared/core/time',
      'shared/core',
      'shared/core/records',
      'shared/core/source/credentials',
      'shared/core/source/template',
      'shared/core/table',
    ],
    'a source names casts and tables: whether they can be is for table to say',
  ],
  [
    'shared/core/partition',
    [
      'shared/core/time',
      'shared/core',
      'shared/core/records',
      'shared/core/source',
      'shared/core/source/template',
    ],
    'values of the walks of a stream are read in the lines of its parents',
  ],
  [
    'shared/core/budget',
    ['shared/core', 'shared/core/source'],
    'spends what the limits of a source allow',
  ],
  [
    'shared/core/answer',
    [
      'shared/core/time',
      'shared/core',
      'shared/core/source',
      'shared/core/source/credentials',
      'shared/core/records',
    ],
    'judges a response by the verdicts and limits of its source, never by a word in a record',
  ],
  [
    'shared/core/page',
    [
      'shared/core/time',
      'shared/core',
      'shared/core/partition',
      'shared/core/source',
      'shared/core/source/template',
      'shared/core/records',
      'shared/core/answer',
    ],
    'what comes next stands in the headers and the envelope of an answer',
  ],
  [
    'shared/core/run',
    [
      'shared/core/time',
      'shared/core',
      'shared/core/source',
      'shared/core/source/template',
      'shared/core/records',
      'shared/core/page',
      'shared/core/table',
    ],
    'a run keeps its cursor and its columns, and counts what its pages hold',
  ],
  [
    'shared/ports',
    ['shared/core', 'shared/core/run', 'shared/core/table'],
    'the journal tells of runs and of the drift of their columns; timers have a bound',
  ],
  ['shared/ports/catalogue', ['shared/core', 'shared/core/table'], 'publishes tables'],
  ['shared/ports/http', ['shared/core', 'shared/core/answer'], 'carries exchanges'],
  [
    'shared/ports/lake',
    ['shared/core', 'shared/core/run'],
    'the head of a batch is the commit record of its run',
  ],
  [
    'shared/ports/ledger',
    [
      'shared/core',
      'shared/core/budget',
      'shared/core/page',
      'shared/core/run',
      'shared/core/table',
      'shared/ports',
    ],
    'keeps and checks budgets, runs, their cursors and columns; clock and dice are ports too',
  ],
  [
    'shared/ports/secrets',
    ['shared/core', 'shared/core/answer', 'shared/core/source', 'shared/ports/lake'],
    'the store of tokens is a folder that is written as safely as the lake',
  ],
  [
    'shared/pull/sign',
    [
      'shared/core',
      'shared/core/answer',
      'shared/core/page',
      'shared/core/source',
      'shared/core/source/credentials',
      'shared/core/source/template',
      'shared/ports',
      'shared/ports/http',
      'shared/ports/ledger',
      'shared/ports/secrets',
    ],
    'signs requests, and renews a token under a lock of the ledger',
  ],
  [
    'shared/pull/partition',
    [
      'shared/core',
      'shared/core/page',
      'shared/core/partition',
      'shared/core/records',
      'shared/core/run',
      'shared/core/source',
      'shared/core/table',
      'shared/ports',
      'shared/ports/lake',
      'shared/ports/ledger',
    ],
    'lists what a run walks, out of what its parents have published',
  ],
  [
    'shared/pull',
    [
      'shared/core',
      'shared/core/answer',
      'shared/core/budget',
      'shared/core/page',
      'shared/core/partition',
      'shared/core/records',
      'shared/core/run',
      'shared/core/source',
      'shared/core/source/template',
      'shared/core/table',
      'shared/ports',
      'shared/ports/catalogue',
      'shared/ports/http',
      'shared/ports/lake',
      'shared/ports/ledger',
      'shared/ports/secrets',
      'shared/pull/partition',
      'shared/pull/sign',
    ],
    'the loop that joins the decisions of the core to the ports',
  ],
  [
    'shared/pull/plan',
    [
      'shared/core',
      'shared/core/page',
      'shared/core/partition',
      'shared/core/run',
      'shared/core/source',
      'shared/core/table',
      'shared/pull',
    ],
    'decides which run a stream goes on with, and claims it',
  ],
  [
    'shared/pull/finish',
    [
      'shared/core',
      'shared/core/page',
      'shared/core/partition',
      'shared/core/run',
      'shared/core/source',
      'shared/core/table',
      'shared/pull',
      'shared/pull/plan',
    ],
    'publishes what the loop has landed',
  ],
  [
    'shared/pull/compact',
    [
      'shared/core',
      'shared/core/run',
      'shared/core/table',
      'shared/ports/catalogue',
      'shared/ports/lake',
      'shared/pull',
    ],
    'merges what was published',
  ],
  ['sources', ['shared/core/source'], 'data only'],
  ['examples', ['shared/core/source'], 'data only, to be copied'],
  [
    'functions',
    [
      'shared/core',
      'shared/core/run',
      'shared/core/source',
      'shared/core/table',
      'shared/ports',
      'shared/ports/catalogue',
      'shared/ports/http',
      'shared/ports/lake',
      'shared/ports/ledger',
      'shared/ports/secrets',
      'shared/pull',
      'shared/pull/compact',
      'shared/pull/finish',
      'shared/pull/plan',
      'sources',
    ],
    'handlers wire; the sources are bundled with them',
  ],
  [
    'infra/settings',
    ['shared/core', 'shared/core/source', 'shared/core/table'],
    'what a deployment may be told; its saved queries are questions to tables',
  ],
  [
    'infra/parts',
    [
      'infra/settings',
      'shared/core',
      'shared/core/source',
      'shared/core/source/credentials',
      'shared/core/table',
    ],
    'the pieces of a stack; functions are named by their folders, never imported',
  ],
  [
    'infra/watch',
    [
      'infra/parts',
      'infra/settings',
      'shared/core',
      'shared/core/budget',
      'shared/core/run',
      'shared/core/source',
      'shared/core/source/credentials',
    ],
    'alarms, and the dollars that the dashboard shows',
  ],
  [
    'infra',
    ['infra/parts', 'infra/settings', 'infra/watch', 'shared/core', 'shared/core/source'],
    'the app: it joins the pieces',
  ],
  [
    'local/lake',
    ['infra/settings', 'shared/core', 'shared/core/table', 'shared/ports/lake'],
    'the same tables in DuckDB; saved queries as a deployment reads them',
  ],
  [
    'local/screen',
    ['local/lake', 'shared/core/budget', 'shared/core/run', 'shared/core/table', 'shared/ports'],
    'shows the cells of a query, and what runs cost',
  ],
  [
    'local/source',
    [
      'functions',
      'local/screen',
      'shared/core',
      'shared/core/answer',
      'shared/core/page',
      'shared/core/partition',
      'shared/core/records',
      'shared/core/run',
      'shared/core/source',
      'shared/core/table',
      'shared/ports/secrets',
      'shared/pull',
    ],
    'finds a source where the functions find it, and asks its API once',
  ],
  [
    'local/ledger',
    [
      'local/screen',
      'shared/core',
      'shared/core/budget',
      'shared/core/page',
      'shared/core/run',
      'shared/ports',
      'shared/ports/lake',
      'shared/ports/ledger',
    ],
    'the ledger of the functions on a disk of this machine, and what any ledger tells',
  ],
  [
    'local/machine',
    [
      'functions',
      'local/ledger',
      'local/screen',
      'local/source',
      'shared/core',
      'shared/core/partition',
      'shared/core/run',
      'shared/core/source',
      'shared/core/source/credentials',
      'shared/core/table',
      'shared/ports',
      'shared/ports/catalogue',
      'shared/ports/http',
      'shared/ports/lake',
      'shared/ports/ledger',
      'shared/ports/secrets',
      'shared/pull',
      'shared/pull/compact',
    ],
    'runs the handlers on embedded parts',
  ],
  ['local/usage', [], 'how a command is declared: it knows none of them'],
  [
    'local/stack',
    [
      'functions',
      'local/ledger',
      'local/machine',
      'local/screen',
      'local/source',
      'shared/core',
      'shared/core/run',
      'shared/core/table',
      'shared/ports',
      'shared/ports/ledger',
      'shared/pull/plan',
    ],
    'talks to a deployment as the local machine is talked to',
  ],
  [
    'local/operate',
    ['local/machine', 'local/stack', 'local/usage', 'shared/core'],
    'the commands for a deployment: each wires, as a handler does',
  ],
  [
    'local/command',
    [
      'functions',
      'infra/settings',
      'local/lake',
      'local/ledger',
      'local/machine',
      'local/operate',
      'local/screen',
      'local/source',
      'local/stack',
      'local/usage',
      'shared/core',
      'shared/core/budget',
      'shared/core/run',
      'shared/core/source',
      'shared/core/source/credentials',
      'shared/core/table',
      'shared/ports',
      'shared/pull/compact',
      'shared/pull/sign',
    ],
    'one file a command: it wires, as a handler does',
  ],
];

describe('rooms', () => {
  it('import only what the table lets them', () => {
    const allowed = new Map(ROOMS.map(([room, imports]) => [room, new Set([room, ...imports])]));
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter(({ to }) => to !== 'package.json' && !allowed.get(roomOf(file))?.has(roomOf(to)))
        .map(({ to, isType }) => `${file} -> ${to}${isType ? ' (type)' : ''}`),
    );
    expect(wrong).toEqual([]);
  });

  it('stand above those that they import', () => {
    const order = ROOMS.map(([room]) => room);
    const wrong = ROOMS.flatMap(([room, imports], index) =>
      imports.filter((one) => order.indexOf(one) >= index).map((one) => `${room} -> ${one}`),
    );
    expect(wrong).toEqual([]);
  });

  it('use every import that the table lets them', () => {
    const used = new Map<string, Set<string>>();
    for (const file of files) {
      const rooms = used.get(roomOf(file)) ?? new Set();
      for (const { to } of importsOf(file)) rooms.add(roomOf(to));
      used.set(roomOf(file), rooms);
    }
    const idle = ROOMS.flatMap(([room, imports]) =>
      imports.filter((one) => !used.get(room)?.has(one)).map((one) => `${room} -> ${one}`),
    );
    expect(idle).toEqual([]);
  });

  it('are all in the table, each with its reason', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(ROOMS.map(([room]) => room).sort());
    expect(ROOMS.filter(([, , why]) => why === '')).toEqual([]);
  });

  it('stand in the list of docs/architecture.md', () => {
    const listed = /## The rooms\n\n```\n([\s\S]*?)```/.exec(read('docs/architecture.md'))?.[1];
    const inside = ROOMS.flatMap(([room]) => /^(?:shared|local).*\/(\w+)$/.exec(room)?.[1] ?? []);
    expect(inside.length).toBeGreaterThan(15);
    expect(inside.filter((name) => !new RegExp(`\\b${name}\\b`).test(listed ?? ''))).toEqual([]);
  });

  it('hold at most 16 files, and the two houses stay small at their doors', () => {
    const counts = new Map<string, number>();
    for (const file of [...files, ...benches]) {
      const room = path.posix.dirname(file);
      counts.set(room, (counts.get(room) ?? 0) + 1);
    }
    expect([...counts].filter(([, count]) => count > 16)).toEqual([]);
    expect(readdirSync(path.join(root, 'shared/core')).length).toBeLessThanOrEqual(14);
    expect(readdirSync(path.join(root, 'local')).length).toBeLessThanOrEqual(10);
  });
});

/** Groups of files that lead back to each other, by Tarjan's algorithm. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const [order, lowest] = [new Map<string, number>(), new Map<string, number>()];
  const [stack, found]: [string[], string[][]] = [[], []];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.size - 1);
    stack.push(file);
    for (const to of imports.get(file) ?? []) {
      if (!order.has(to)) visit(to);
      if (stack.includes(to)) {
        lowest.set(file, Math.min(lowest.get(file) ?? 0, lowest.get(to) ?? 0));
      }
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1 || imports.get(file)?.includes(file)) found.push(group.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}

describe('files', () => {
  it('never import each other in a circle, not even for a type', () => {
    expect(
      circles(new Map(all.map((file) => [file, importsOf(file).map(({ to }) => to)]))),
    ).toEqual([]);
  });

  it('would be seen to', () => {
    const planted = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts', 'd.ts']],
      ['c.ts', ['a.ts']],
      ['d.ts', []],
    ]);
    expect(circles(planted)).toEqual([['a.ts', 'b.ts', 'c.ts']]);
  });
});

describe('the picture of the rooms', () => {
  const planted = new Map([
    ['local/command', new Set(['shared/core', 'shared/core/page'])],
    ['shared/core', new Set<string>()],
    ['shared/core/page', new Set(['shared/core'])],
  ]);

  it('leaves out an arrow where a longer way leads as well', () => {
    expect(fewest(planted).get('local/command')).toEqual(new Set(['shared/core/page']));
    expect(fewest(planted).get('shared/core/page')).toEqual(new Set(['shared/core']));
  });

  it('frames a house that has rooms', () => {
    expect(picture(planted).split('\n')).toEqual([
      'flowchart TD',
      '  local-command[local/command]',
      '  subgraph shared-core-house["shared/core"]',
      '    shared-core[hallway]',
      '    shared-core-page[page]',
      '  end',
      '  local-command --> shared-core-page',
      '  shared-core-page --> shared-core',
    ]);
  });
});
