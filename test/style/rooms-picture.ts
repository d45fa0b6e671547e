// Draws the rooms of the house and who imports whom into docs/architecture.md, from the imports as
// they are. `node test/style/rooms-picture.ts` writes; with --check it fails when it is out of date.

import { drawInArchitecture, mermaid } from '../../infra/marked.ts';
import { files, importsOf, roomOf } from './tree.ts';

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** For each room the rooms that its files import. */
function arrows(): Arrows {
  const found = new Map<string, Set<string>>();
  for (const file of files) {
    const room = roomOf(file);
    const to = found.get(room) ?? new Set();
    for (const one of importsOf(file)) if (one.to !== 'package.json') to.add(roomOf(one.to));
    to.delete(room);
    found.set(room, to);
  }
  return found;
}

/** Without the arrows that a longer way leads along too: there are no circles, so it is one picture. */
export function fewest(all: Arrows): Arrows {
  const reached = new Map<string, ReadonlySet<string>>();
  const below = (room: string): ReadonlySet<string> => {
    const known = reached.get(room);
    if (known) return known;
    const next = [...(all.get(room) ?? [])];
    const found = new Set([...next, ...next.flatMap((one) => [...below(one)])]);
    reached.set(room, found);
    return found;
  };
  return new Map(
    [...all].map(([room, next]) => [
      room,
      new Set([...next].filter((to) => ![...next].some((by) => by !== to && below(by).has(to)))),
    ]),
  );
}

/** Houses with more than one room get a frame. */
const houseOf = (room: string): string =>
  room.startsWith('shared/') ? room.split('/').slice(0, 2).join('/') : (room.split('/')[0] ?? '');

export function picture(all: Arrows): string {
  const rooms = [...all.keys()].sort();
  const houses = Map.groupBy(rooms, houseOf);
  const id = (room: string): string => room.replaceAll('/', '-');
  const label = (room: string): string => room.split('/').at(-1) ?? room;
  const frames = [...houses].flatMap(([house, inside]) =>
    inside.length === 1
      ? inside.map((room) => `${id(room)}[${room}]`)
      : [
          `subgraph ${id(house)}-house["${house}"]`,
          ...inside.map((room) => `  ${id(room)}[${room === house ? 'hallway' : label(room)}]`),
          'end',
        ],
  );
  const lines = [...fewest(all)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([room, next]) => [...next].sort().map((to) => `${id(room)} --> ${id(to)}`));
  return ['flowchart TD', ...[...frames, ...lines].map((line) => `  ${line}`)].join('\n');
}

if (import.meta.main) {
  drawInArchitecture('rooms', mermaid(picture(arrows())), 'test/style/rooms-picture.ts');
}
