import { describe, expect, it } from 'vitest';
import { withDrawn } from '../../infra/marked.ts';
import { type Definition, readDefinition } from '../../infra/parts/definition.ts';
import { picture, pictures } from '../../infra/picture.ts';

const definition: Definition = {
  Comment: 'Waits until it is told to stop.',
  StartAt: 'Ask',
  States: {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: {},
      Next: 'What',
    },
    What: {
      Type: 'Choice',
      Choices: [{ Variable: '$.kind', StringEquals: 'wait', Next: 'Rest' }],
      Default: 'Broken',
    },
    Rest: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Ask' },
    Broken: { Type: 'Fail', Error: 'Broken' },
  },
};

describe('the picture of a machine', () => {
  it('shows each way out of each state, with the case that leads there', () => {
    expect(picture(definition).split('\n')).toEqual([
      'stateDiagram-v2',
      '  [*] --> Ask',
      '  Ask --> What',
      '  state What <<choice>>',
      '  What --> Rest: wait',
      '  What --> Broken: otherwise',
      '  Rest --> Ask',
      '  Broken --> [*]',
      '  classDef failed stroke:#c62828,color:#c62828',
      '  class Broken failed',
    ]);
  });

  it('refuses a kind of state that it cannot draw', () => {
    const text = JSON.stringify({ ...definition, States: { Fork: { Type: 'Parallel' } } });
    expect(() => readDefinition(text)).toThrow('No matching discriminator');
  });
});

describe('a document with marks', () => {
  it('keeps everything outside of them', () => {
    const text = '# A\n<!-- machines:begin -->\nold\n<!-- machines:end -->\nB\n';
    const drawn = withDrawn(text, 'machines', pictures());
    expect(drawn?.startsWith('# A\n<!-- machines:begin -->\n**sync**')).toBe(true);
    expect(drawn?.endsWith('```\n<!-- machines:end -->\nB\n')).toBe(true);
    expect(drawn).not.toContain('old');
  });

  it('is the same when it is drawn again', () => {
    const once = withDrawn('<!-- rooms:begin --><!-- rooms:end -->', 'rooms', 'new');
    expect(withDrawn(once ?? '', 'rooms', 'new')).toBe(once);
  });

  it('is left alone without marks of that name', () => {
    expect(withDrawn('<!-- rooms:begin --><!-- rooms:end -->', 'machines', '')).toBeUndefined();
  });
});
