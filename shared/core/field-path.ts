// Dotted paths of a source file (`paging.next.after`), in one syntax for records, cursors, totals
// and bodies. A path leads to own fields only, never to what an object inherits.

/** The keys of a path: `a.b\.c` is `a` and `b.c`; a backslash makes a dot part of the key. */
export function splitPath(path: string): string[] {
  if (path === '') return [];
  const keys: string[] = [];
  let key = '';
  for (const [part, escaped] of path.matchAll(/\\(.)|./gs)) {
    if (part === '.') {
      keys.push(key);
      key = '';
    } else {
      key += escaped ?? part;
    }
  }
  return [...keys, key];
}

/** The value at a path; a number leads into a list (`items.0.id`), `''` is the value itself. */
export function fieldAt(value: unknown, path: string): unknown {
  let found = value;
  for (const key of splitPath(path)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key))
      return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
