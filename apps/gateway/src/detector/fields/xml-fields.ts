import type { FieldReader, Origin, Turns } from './field.js'
import { LAYOUT } from './layout.js'

const LESS = 60
const GREATER = 62
const QUOTE = 34
const APOSTROPHE = 39
const EXCLAMATION = 33
const DASH = 45

/** Takes attribute values and text between tags. Names of elements and attributes are markup, not data. */
export function* visitXml(bytes: Buffer, start: number, end: number, origin: Origin, reader: FieldReader): Turns {
  let index = start
  while (index < end) {
    if (reader.isDue()) yield
    if (bytes[index] === LESS) {
      const isComment = bytes[index + 1] === EXCLAMATION && bytes[index + 2] === DASH && bytes[index + 3] === DASH
      index = isComment ? commentEnd(bytes, index + 4, end) : visitTag(bytes, index + 1, end, origin, reader)
      continue
    }
    let visible = index
    while (visible < end && (bytes[visible] as number) <= 32) visible += 1
    const stop = reader.read(origin, bytes, index, end, LAYOUT.markup)
    if (visible < stop) reader.take(origin, bytes, index, stop)
    index = stop
  }
}

function visitTag(bytes: Buffer, start: number, end: number, origin: Origin, reader: FieldReader): number {
  let index = start
  while (index < end) {
    const byte = bytes[index] as number
    if (byte === GREATER) return index + 1
    if (byte === QUOTE || byte === APOSTROPHE) {
      const close = reader.read(origin, bytes, index + 1, end, byte === QUOTE ? LAYOUT.quoted : LAYOUT.apostrophed)
      if (close > index + 1) reader.take(origin, bytes, index + 1, close)
      index = close
    }
    index += 1
  }
  return end
}

function commentEnd(bytes: Uint8Array, start: number, end: number): number {
  let index = start
  while (index < end && !(bytes[index] === GREATER && bytes[index - 1] === DASH && bytes[index - 2] === DASH)) index += 1
  return Math.min(end, index + 1)
}
