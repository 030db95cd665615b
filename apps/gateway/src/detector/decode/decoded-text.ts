/**
 * A text under decoding, in scratch memory, with the raw offset that each of its bytes came from. Decoders work in place: no
 * decoding lengthens, so the write position never overtakes the read position.
 *
 * ```
 *   bytes    [ decoded text ............. | unused ]   capacity bytes
 *   offsets  [ raw offset of each byte .. | unused ]   4 × capacity bytes
 * ```
 */
export interface DecodedText {
  readonly bytes: Buffer
  readonly offsets: Int32Array
  length: number
}

/** Bytes of scratch memory for a text of `capacity` bytes; 3 are spent on alignment at worst. */
export function decodedTextBytes(capacity: number): number {
  return capacity * 5 + 3
}

/** Lays a text out over `scratch[start, start + decodedTextBytes(capacity))`. */
export function layDecodedText(scratch: Uint8Array, start: number, capacity: number): DecodedText {
  const misalignment = (scratch.byteOffset + start) % 4
  const offsetsAt = scratch.byteOffset + start + (misalignment === 0 ? 0 : 4 - misalignment)
  return {
    offsets: new Int32Array(scratch.buffer, offsetsAt, capacity),
    bytes: Buffer.from(scratch.buffer as ArrayBuffer, offsetsAt + capacity * 4, capacity),
    length: 0
  }
}

/** Copies `source[start, end)` into `text`, with its offsets. Bytes beyond the capacity are left out. */
export function fillDecodedText(text: DecodedText, source: Uint8Array, start: number, end: number): void {
  const { bytes, offsets } = text
  const length = Math.min(end - start, bytes.length)
  for (let index = 0; index < length; index += 1) {
    bytes[index] = source[start + index] as number
    offsets[index] = start + index
  }
  text.length = length
}

/** A step of decoding: rewrites the text in place and returns whether it changed. Time is linear in the text's length. */
export type Decoder = (text: DecodedText) => boolean
