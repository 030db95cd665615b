import type { SegmentList } from './segment-list.js'

/** The fewest bytes that are put together at once, where segments are shorter than the needle. */
const windowBytes = 1024

/**
 * The offset of the first occurrence of `needle`, of a byte at least, from `from` on; -1 where there is none. Node searches each segment. Bytes
 * across segments are searched in windows that are copied, each of a few times the needle, so that the time is linear in both.
 *
 * ```
 *   segments  [ . . . . . . . . ][ . . . ][ . . . . . . ]
 *   searched   ───────────────►                             in place
 *                         ───────────────►                  in a window, which begins a needle less one byte before the end
 * ```
 */
export function indexOfBytes(segments: SegmentList, needle: Uint8Array, from: number): number {
  const bytes = needle.length
  const { length } = segments
  let window: Buffer | undefined
  let offset = from
  while (offset + bytes <= length) {
    const { buffer, end } = segments.find(offset)
    const at = segments.position
    const here = end - at
    if (here >= bytes) {
      // Where the last byte of the needle is not there, or late, nothing before can be it: a search of one byte is many times as fast.
      const piece = end === buffer.length ? buffer : buffer.subarray(0, end)
      const last = piece.indexOf(needle[bytes - 1] as number, at + bytes - 1)
      const found = last < 0 ? last : piece.indexOf(needle, last - bytes + 1)
      if (found >= 0) return offset + found - at
      offset += here - bytes + 1
      continue
    }
    const windowEnd = Math.min(length, offset + Math.max(2 * bytes, windowBytes))
    window ??= Buffer.allocUnsafe(Math.max(2 * bytes, windowBytes))
    segments.copyTo(window, 0, offset, windowEnd)
    const found = window.subarray(0, windowEnd - offset).indexOf(needle)
    if (found >= 0) return offset + found
    offset = windowEnd - bytes + 1
  }
  return -1
}

/** The offset of the first byte of that value from `from` on; -1 where there is none. */
export function indexOfByte(segments: SegmentList, byte: number, from: number): number {
  let found = -1
  let offset = from
  segments.visit(from, segments.length, ({ buffer }, start, end) => {
    const index = (end === buffer.length ? buffer : buffer.subarray(0, end)).indexOf(byte, start)
    if (index >= 0) found = offset + index - start
    offset += end - start
    return index < 0
  })
  return found
}
