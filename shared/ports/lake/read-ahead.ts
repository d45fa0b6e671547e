// Reads of many small things whose order matters: several are under way at a time, and the answers
// come in the order of the keys. The first read that fails ends it.

/**
 * @param width reads under way at a time, and so the most answers that are held
 */
export async function* readAhead<Key, Answer>(
  keys: Iterable<Key> | AsyncIterable<Key>,
  width: number,
  read: (key: Key) => Promise<Answer>,
): AsyncGenerator<Answer, void, undefined> {
  const ahead: Promise<Answer>[] = [];
  for await (const key of keys) {
    const answer = read(key);
    // Whoever takes it hears of its fault; one that nobody takes any more is nobody's.
    answer.catch(() => undefined);
    ahead.push(answer);
    if (ahead.length < width) continue;
    const first = ahead.shift();
    if (first) yield await first;
  }
  for (const answer of ahead) yield await answer;
}
