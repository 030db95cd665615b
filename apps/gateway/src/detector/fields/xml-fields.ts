import type { FieldVisitor, Origin } from '../field.js'

const LESS = 60
const GREATER = 62
const QUOTE = 34
const APOSTROPHE = 39
const EXCLAMATION = 33
const DASH = 45

/** Visits attribute values and text between tags. Names of elements and attributes are markup, not data. */
export function visitXml(bytes: Uint8Array, start: number, end: number, origin: Origin, visit: FieldVisitor): void {
  let index = start
  while (index < end) {
    if (bytes[index] === LESS) {
      if (bytes[index + 1] === EXCLAMATION && bytes[index + 2] === DASH && bytes[index + 3] === DASH) {
        index = commentEnd(bytes, index + 4, end)
        continue
      }
      index = visitTag(bytes, index + 1, end, origin, visit)
      continue
    }
    let stop = index
    let blank = true
    while (stop < end && bytes[stop] !== LESS) {
      if ((bytes[stop] as number) > 32) blank = false
      stop += 1
    }
    if (!blank) visit(origin, index, stop)
    index = stop
  }
}

function visitTag(bytes: Uint8Array, start: number, end: number, origin: Origin, visit: FieldVisitor): number {
  let index = start
  while (index < end) {
    const byte = bytes[index] as number
    if (byte === GREATER) return index + 1
    if (byte === QUOTE || byte === APOSTROPHE) {
      let close = index + 1
      while (close < end && bytes[close] !== byte) close += 1
      if (close > index + 1) visit(origin, index + 1, close)
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
