/**
 * Where messages begin and end in a stream of bytes. `'u32be'`: an unsigned 32-bit length before each, big-endian; `'varint'`: its length
 * as a LEB128 varint, as Protocol Buffers have it; `'newline'`: `\n` after each, which no message may hold.
 */
export type Framing = 'u32be' | 'varint' | 'newline'

/** Every {@link Framing}, for the check of an option. */
export const framings: readonly Framing[] = ['u32be', 'varint', 'newline']

/** The longest varint that readers of Protocol Buffers take: 64 bits, in groups of seven. A short length may be written that long. */
const longestVarint = 10

/** The bytes that stand before a message of `bytes`; 0 where a newline ends it. */
export function prefixBytesOf(framing: Framing, bytes: number): number {
  if (framing === 'newline') return 0
  if (framing === 'u32be') return 4
  let count = 1
  for (let rest = bytes; rest > 127; rest = Math.floor(rest / 128)) count++
  return count
}

/** Writes the prefix of a message of `bytes` into `target` at `start`, which must have room for {@link prefixBytesOf} bytes. */
export function writePrefix(framing: Framing, bytes: number, target: Uint8Array, start: number): void {
  if (framing === 'newline') return
  let at = start
  if (framing === 'u32be') {
    target[at++] = bytes >>> 24
    target[at++] = bytes >>> 16
    target[at++] = bytes >>> 8
    target[at] = bytes
    return
  }
  let rest = bytes
  for (; rest > 127; rest = Math.floor(rest / 128)) target[at++] = (rest % 128) | 128
  target[at] = rest
}

/**
 * A varint's value with one byte more; the varint is complete when that byte is below 128.
 * @param value - of the bytes before
 * @param index - of the byte in the varint, from 0
 * @returns NaN when it is malformed: above the largest safe integer, or longer than ten bytes
 */
export function varintWith(value: number, index: number, byte: number): number {
  // Up to 28 bits in integers: the power costs more than all else that is done for a short message.
  if (index < 4) return value + ((byte & 127) << (7 * index))
  const sum = value + (byte & 127) * 128 ** index
  return sum > Number.MAX_SAFE_INTEGER || (byte > 127 && index + 1 === longestVarint) ? Number.NaN : sum
}
