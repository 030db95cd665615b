import {
  type DecodedText,
  type Decoder,
  decodedTextBytes,
  fillDecodedText,
  layDecodedText
} from '../../../src/detector/decode/decoded-text.js'

/** Lays `content` out as a text under decoding, as if it stood at `rawStart` of a part. */
export function textOf(content: string, rawStart = 0): DecodedText {
  const bytes = Buffer.from(content, 'latin1')
  const text = layDecodedText(Buffer.alloc(decodedTextBytes(bytes.length + 1)), 0, bytes.length + 1)
  fillDecodedText(text, bytes, 0, bytes.length)
  for (let index = 0; index < text.length; index += 1) (text.offsets[index] as number) += rawStart
  return text
}

/** What a decoder makes of `content`. */
export function decoded(decode: Decoder, content: string): string {
  const text = textOf(content)
  decode(text)
  return text.bytes.toString('latin1', 0, text.length)
}

/** The raw offsets of the decoded bytes. */
export function offsetsOf(decode: Decoder, content: string): readonly number[] {
  const text = textOf(content)
  decode(text)
  return [...text.offsets.subarray(0, text.length)]
}
