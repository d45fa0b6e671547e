// The texts of a nested value, such as a JSON body: each of them may be a template. Keys are none.

/** The value with every text in it replaced. */
export function mapTexts(value: unknown, replace: (text: string) => unknown): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, replace)]),
  );
}

/** Every text of a value, with its place as faults name it: `filters[0].value`. */
export function* textsOf(value: unknown, at: string): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [at, value];
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* textsOf(one, `${at}[${index}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* textsOf(inner, `${at}.${key}`);
  }
}
