import { totalmem } from 'node:os'

/**
 * The memory that this process may really use, in bytes: the container's limit where there is one, else the machine's.
 * Node tells 1.8e19 where a container sets no limit, and 0 on some systems; neither is one.
 */
export function memoryLimitBytes(): number {
  const total = totalmem()
  const constrained = process.constrainedMemory()
  return constrained > 0 && constrained < total ? constrained : total
}
