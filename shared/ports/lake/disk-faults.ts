// What a disk says no with, in one form for all that stands on one: what can't be done and where,
// why in the system's own terms, and what to do about that very cause. It is never told as a bug.

import { getSystemErrorMap } from 'node:util';
import { DriplakeError, type FailureName } from '../../core/failures.ts';

/** What helps, by the system's name of the cause. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space',
  EDQUOT: 'Free some space or have the quota raised',
  EFBIG: 'Allow larger files (ulimit -f)',
  EACCES: 'Make it readable and writable for you',
  EPERM: 'Make it readable and writable for you',
  EROFS: 'Mount it so that it can be written',
  EEXIST: 'Move away what stands in its place',
  EISDIR: 'Move away what stands in its place',
  ENOTDIR: 'Move away what stands in its place',
  EMFILE: 'Allow more open files (ulimit -n)',
  ENFILE: 'Allow more open files (ulimit -n)',
  EIO: 'Look at the disk, which fails',
};

/**
 * @param what can't be done, and where: `The lake /data/lake can't be written`
 * @param elsewhere the other way on: `choose another folder with --lake`
 */
export function diskFault(
  name: FailureName,
  what: string,
  error: unknown,
  elsewhere: string,
): DriplakeError {
  const remedy = REMEDIES[causeOf(error)] ?? 'Look at what it says';
  return new DriplakeError(name, `${what}: ${saysOf(error)}.`, `${remedy}, or ${elsewhere}.`, {
    cause: error,
  });
}

const saysOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trimEnd().replace(/\.$/, '');

/** By its code, or, where a database wraps it, by what the system says in its text. */
function causeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && String(error.code) in REMEDIES) {
    return String(error.code);
  }
  const text = saysOf(error).toLowerCase();
  const said = [...getSystemErrorMap().values()].find(
    ([code, says]) => code in REMEDIES && text.includes(says),
  );
  return said?.[0] ?? '';
}
