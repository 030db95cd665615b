import { readFileSync } from 'node:fs'

/** CAP_IPC_LOCK, include/uapi/linux/capability.h: a process with it may lock as much as there is. */
const lockCapability = 1n << 14n

/**
 * The most bytes that this process may lock: `Infinity` without a limit, `null` where the system does not say, as off Linux.
 * The memory that others in this process lock counts against it too.
 */
export function lockLimitBytes(): number | null {
  try {
    const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (capabilities !== undefined && (BigInt(`0x${capabilities}`) & lockCapability) !== 0n) return Number.POSITIVE_INFINITY
    const soft = /^Max locked memory\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    if (soft === 'unlimited') return Number.POSITIVE_INFINITY
    return soft === undefined ? null : Number(soft)
  } catch {
    return null
  }
}

/** The most memory maps that the kernel lets a process have; Linux's default where it does not say. */
export function mapLimit(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8'))
  } catch {
    return 65_530
  }
}
