/** An option, or its default where it was left out; `null` is no way to leave one out. */
export function orDefault<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value
}
