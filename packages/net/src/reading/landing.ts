import type { NonSharedBuffer } from '@pool/core/kit'

/**
 * Bytes of the memory that a connection is read into while there is no sign of many bytes: 4 KiB, and a little more, so that a message
 * of a round size does not fill it.
 */
export const landingBytes: number = 4096 + 64

/**
 * Where the first bytes of a burst land. Every connection of the process shares it, so that an idle one holds no memory: Node reads and
 * calls back in one go, and the landed bytes are copied out before the next read of any connection.
 */
export const landing: NonSharedBuffer = Buffer.alloc(landingBytes)

/** Zeroes the first `count` bytes, which may be a secret, and were copied out. */
export function wipeLanding(count: number): void {
  landing.fill(0, 0, count)
}
