import { expect, it } from 'vitest';
import { causes } from '../../../shared/core/run/causes.ts';

it('tells each cause once with its streams, and says which is a warning only', () => {
  expect(
    causes([
      { stream: 'items', cause: 'HTTP 500' },
      { stream: 'sales', cause: 'The list may go on.', warnings: ['The list may go on.'] },
      { stream: 'shops', cause: 'HTTP 500' },
      { stream: 'taxes' },
    ]),
  ).toEqual(['items, shops: HTTP 500', 'sales: warning: The list may go on.']);
});
