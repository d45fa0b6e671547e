// Draws both state machines into README.md, between its markers, from the definitions that are
// deployed. `node infra/picture.ts` writes; with --check it fails when the picture is out of date.

import { readFileSync, writeFileSync } from 'node:fs';
import {
  type Definition,
  definitionText,
  type MachineName,
  readDefinition,
  type State,
  waysOutOf,
} from './parts/definition.ts';

const BEGIN = '<!-- machines:begin -->';
const END = '<!-- machines:end -->';

/** @returns what to tell, and whether it went well */
function draw(readme: URL, check: boolean): { ok: boolean; text: string } {
  const before = readFileSync(readme, 'utf8');
  const after = withPictures(before);
  if (after === undefined) {
    return { ok: false, text: `README.md has no ${BEGIN} ... ${END} to draw between.` };
  }
  if (after === before) return { ok: true, text: 'README.md shows the machines as they are.' };
  if (check) {
    return { ok: false, text: 'README.md shows other machines. Run: node infra/picture.ts' };
  }
  writeFileSync(readme, after);
  return { ok: true, text: 'Drew both machines into README.md.' };
}

/** The text with fresh pictures between its markers; nothing when a marker is missing. */
export function withPictures(text: string): string | undefined {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) return undefined;
  const drawn = (['sync', 'drain'] as const).map(figure).join('\n\n');
  return `${text.slice(0, begin + BEGIN.length)}\n${drawn}\n${text.slice(end)}`;
}

const figure = (name: MachineName): string =>
  `**${name}**\n\n\`\`\`mermaid\n${picture(readDefinition(definitionText(name)))}\n\`\`\``;

/** A definition as a Mermaid state diagram. */
export function picture(definition: Definition): string {
  const failures = Object.entries(definition.States)
    .filter(([, state]) => state.Type === 'Fail')
    .map(([name]) => name);
  return [
    'stateDiagram-v2',
    ...body(definition).map((line) => `  ${line}`),
    ...(failures.length === 0
      ? []
      : [
          '  classDef failed stroke:#c62828,color:#c62828',
          `  class ${failures.join(',')} failed`,
        ]),
  ].join('\n');
}

type Part = { StartAt: string; States: Record<string, State> };

const body = ({ StartAt, States }: Part): string[] => [
  `[*] --> ${StartAt}`,
  ...Object.entries(States).flatMap(([name, state]) => [
    ...shape(name, state),
    ...arrows(name, state),
  ]),
];

function shape(name: string, state: State): string[] {
  if (state.Type === 'Choice') return [`state ${name} <<choice>>`];
  if (state.Type !== 'Map') return [];
  return [`state ${name} {`, ...body(state.ItemProcessor).map((line) => `  ${line}`), '}'];
}

function arrows(name: string, state: State): string[] {
  const ways = waysOutOf(state).map(({ to, when }) =>
    when === '' ? `${name} --> ${to}` : `${name} --> ${to}: ${when}`,
  );
  const ends = state.Type === 'Succeed' || state.Type === 'Fail' || ('End' in state && state.End);
  return ends ? [...ways, `${name} --> [*]`] : ways;
}

if (import.meta.main) {
  const { ok, text } = draw(
    new URL('../README.md', import.meta.url),
    process.argv.includes('--check'),
  );
  process.stderr.write(`${text}\n`);
  process.exitCode = ok ? 0 : 1;
}
