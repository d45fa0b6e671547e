import { describe, expect, it } from 'vitest';
import { type Definition, readDefinition } from '../../infra/parts/definition.ts';
import { picture, withPictures } from '../../infra/picture.ts';

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

describe('the README', () => {
  it('keeps everything outside the markers', () => {
    const drawn = withPictures('# A\n<!-- machines:begin -->\nold\n<!-- machines:end -->\nB\n');
    expect(drawn?.startsWith('# A\n<!-- machines:begin -->\n**sync**')).toBe(true);
    expect(drawn?.endsWith('```\n<!-- machines:end -->\nB\n')).toBe(true);
    expect(drawn).not.toContain('old');
  });

  it('is the same when it is drawn again', () => {
    const once = withPictures('<!-- machines:begin --><!-- machines:end -->');
    expect(withPictures(once ?? '')).toBe(once);
  });

  it('is left alone without markers', () => {
    expect(withPictures('# A\n')).toBeUndefined();
  });
});
