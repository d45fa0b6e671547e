// What the commands for a deployed stack say when it is in no state to be operated, and how they
// are left.

import { describe, expect, it } from 'vitest';
import { cleanUpWorkplaces } from '../command.ts';
import { type OddAccount, operatorOf } from '../source/odd-account.ts';

cleanUpWorkplaces();

const ON_STACK = ['--stack', 'Driplake'];

describe('a stack in an odd state', () => {
  it.each<[string, OddAccount, number, string]>([
    [
      'its creation failed',
      { status: 'ROLLBACK_COMPLETE' },
      2,
      'The stack Driplake is ROLLBACK_COMPLETE. Its creation failed: `npx cdk deploy --all` makes it anew.',
    ],
    [
      'it is being created',
      { status: 'CREATE_IN_PROGRESS' },
      2,
      'The stack Driplake is CREATE_IN_PROGRESS. Try again when that is over.',
    ],
    [
      'its machines were deleted',
      { status: 'UPDATE_COMPLETE', withoutMachines: true },
      1,
      'Something of the stack is gone: There is no such machine. `npx cdk drift` says what, `npx cdk deploy --all --revert-drift` makes it again.',
    ],
    [
      'it has no outputs of ours, and the others may not be listed',
      { status: 'CREATE_COMPLETE', seesOneStack: true },
      2,
      'The stack Driplake has no sync machine. Look in another --region or --profile, or run `npx cdk deploy --all`.',
    ],
  ])('is told as it is: %s', async (_, account, code, told) => {
    const place = await operatorOf(account);
    expect(await place.run('status', ...ON_STACK)).toEqual({
      ...{ code, signal: null, stdout: '' },
      stderr: `driplake: ${told}\n`,
    });
  });

  it('is not guessed where its name is empty', async () => {
    const place = await operatorOf({ status: 'UPDATE_COMPLETE' });
    const stopped = await place.run('stop', '--stack', '');
    expect(stopped).toMatchObject({ code: 2, stdout: '' });
    expect(stopped.stderr).toContain("'--stack <name>' argument '' is invalid. It is empty.");
  });
});

describe('a run that somebody looks at', () => {
  it.each([
    ['on a terminal', 'process.stderr.isTTY=true'],
    ['elsewhere', ''],
  ])('goes on when Ctrl-C ends the looking %s', async (_, before) => {
    const place = await operatorOf({ status: 'UPDATE_COMPLETE' });
    const look = place.startWith(
      { NODE_OPTIONS: `--import=data:text/javascript,${before}` },
      ...['start', 'shop', '--wait', ...ON_STACK],
    );
    await look.until((stderr) => stderr.includes('items'));
    look.kill('SIGINT');
    const ended = await look.ended;
    expect(ended).toMatchObject({ code: 130, signal: null, stdout: '' });
    expect(ended.stderr).toContain('The run goes on. Stop it with `driplake stop shop --stack Dr');
  });
});
