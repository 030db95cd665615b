import type { DecodedText } from './decoded-text.js'

/** The bits of a byte: an escape's length stands above them, so that length and value are one number. */
const VALUE_BITS = 8

/** No escape stands there. */
export const NO_ESCAPE = 0

/**
 * Reads the escape that begins at `bytes[at]`, below `end`.
 * @returns what {@link escapeOf} gives, or {@link NO_ESCAPE}
 */
export type EscapeReader = (bytes: Buffer, at: number, end: number) => number

/** An escape of `length` bytes that stands for the byte `value`, as a number, since an object for each would be garbage. */
export function escapeOf(value: number, length: number): number {
  return (length << VALUE_BITS) | value
}

/** The byte that an escape stands for. */
export function escapedValue(found: number): number {
  return found & 0xff
}

/** The bytes of an escape. */
export function escapedLength(found: number): number {
  return found >> VALUE_BITS
}

/** Decodes in place each escape that begins with the byte `introducer`. Bytes that `read` does not take for an escape stay unchanged. */
export function decodeEscapes(text: DecodedText, introducer: number, read: EscapeReader): boolean {
  const { bytes, offsets, length } = text
  let from = 0
  while (from < length && bytes[from] !== introducer) from += 1
  let write = from
  let changed = false
  for (; from < length; write += 1) {
    const byte = bytes[from] as number
    const found = byte === introducer ? read(bytes, from, length) : NO_ESCAPE
    offsets[write] = offsets[from] as number
    if (found === NO_ESCAPE) {
      bytes[write] = byte
      from += 1
    } else {
      bytes[write] = escapedValue(found)
      from += escapedLength(found)
      changed = true
    }
  }
  text.length = write
  return changed
}
