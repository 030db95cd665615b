import { totalmem } from 'node:os'

/**
 * The memory that this process may really use, in bytes: the container's limit where there is one, else the machine's.
 * Node reports 1.8e19 where a container sets no limit, and 0 on some systems; neither is a limit.
 */
export function memoryLimitBytes(): number {
  const total = totalmem()
  const constrained = process.constrainedMemory()
  return constrained > 0 && constrained < total ? constrained : total
}

let seen: { readonly bytes: number; readonly at: number } | undefined

/** The limit as of the last second: Node reads files of the system for it, which costs more than all other work of making a pool. */
export function recentMemoryLimitBytes(): number {
  const now = performance.now()
  if (seen === undefined || Math.abs(now - seen.at) > 1000) seen = { bytes: memoryLimitBytes(), at: now }
  return seen.bytes
}
