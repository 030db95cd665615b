import { type SplitMessageOptions, splitMessage } from '@pool/stream'
import { crc32 } from '../../src/fragments/crc32.js'

/** The fragments of a message as a network would bring them: each in memory of its own. */
export function fragmentsOf(message: Uint8Array, options: SplitMessageOptions = {}): Buffer[] {
  return Array.from(splitMessage(message, options), (fragment) => Buffer.concat([fragment.header, fragment.piece]))
}

/** Writes the checksum that the header of `fragment` has to have, as a hostile peer would. */
export function sealed(fragment: Buffer): Buffer {
  fragment.fill(0, 1, 4)
  fragment.writeUIntBE(crc32(fragment.subarray(0, 28)) & 0xffffff, 1, 3)
  return fragment
}

/** Bytes that differ from place to place. */
export function patterned(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8) * 17 + seed * 101) & 255
  return bytes
}

/** The same items in another order. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const item = result[index] as T
    result[index] = result[other] as T
    result[other] = item
  }
  return result
}
