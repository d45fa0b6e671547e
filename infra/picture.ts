// Draws both state machines into docs/architecture.md, between their marks, from the definitions
// that are deployed. `node infra/picture.ts` writes; with --check it fails when they are out of date.

import { drawInArchitecture, mermaid } from './marked.ts';
import {
  type Definition,
  definitionText,
  readDefinition,
  type State,
  waysOutOf,
} from './parts/definition.ts';

/** Both machines, the outer one first, each below its name. */
export const pictures = (): string =>
  (['sync', 'drain'] as const)
    .map((name) => `**${name}**\n\n${mermaid(picture(readDefinition(definitionText(name))))}`)
    .join('\n\n');

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

if (import.meta.main) drawInArchitecture('machines', pictures(), 'infra/picture.ts');
