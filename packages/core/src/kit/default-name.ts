import { validName } from './checks.js'

const key = Symbol.for('@pool/core.names')

/** How many names of each prefix were made, counted together for all copies of the packages in the process: exporters know pools by their names. */
const shared = globalThis as { [key]?: Map<string, number> }
shared[key] ??= new Map()
const made = shared[key]

/**
 * The name that a caller gave, or else the next of `<prefix>-1`, `<prefix>-2` and so on, which no other copy of a package has made.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function nameOrDefault(name: string | undefined, prefix: string): string {
  if (name !== undefined) return validName('name', name)
  const number = (made.get(prefix) ?? 0) + 1
  made.set(prefix, number)
  return `${prefix}-${number}`
}
