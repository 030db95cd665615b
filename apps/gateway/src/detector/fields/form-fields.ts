import { MASK_OF_BYTE, maskOf } from '../character-mask.js'
import { type FieldReader, NEVER, ORIGIN, type Origin } from '../field.js'

const EQUALS = 61
/** What no form's name holds. */
const UNNAMELY = maskOf(' +\'"`(<;|')

/**
 * Takes the names and values of `name=value` pairs between `separator`s. A pair that has no `=` is a name. A value that
 * itself holds an `&` undecoded is cut there, as servers cut it.
 */
export function visitPairs(bytes: Buffer, start: number, end: number, separator: number, valueOrigin: Origin, reader: FieldReader): void {
  const { isForm } = valueOrigin
  let nameStart = start
  while (nameStart < end) {
    const nameEnd = reader.read(bytes, nameStart, end, separator, EQUALS, NEVER, isForm)
    const isPair = nameEnd < end && bytes[nameEnd] === EQUALS
    if (nameEnd > nameStart) reader.take(isPair ? ORIGIN.name : valueOrigin, bytes, nameStart, nameEnd)
    if (!isPair) {
      nameStart = nameEnd + 1
      continue
    }
    const pairEnd = reader.read(bytes, nameEnd + 1, end, separator, NEVER, NEVER, isForm)
    if (pairEnd > nameEnd + 1) reader.take(valueOrigin, bytes, nameEnd + 1, pairEnd)
    // What no form would name: the equals sign is part of a text such as `;x --a=b`, which must be seen as one.
    if (holdsAny(bytes, nameStart, nameEnd, UNNAMELY)) {
      reader.read(bytes, nameStart, pairEnd, NEVER, NEVER, NEVER, isForm)
      reader.take(valueOrigin, bytes, nameStart, pairEnd)
    }
    nameStart = pairEnd + 1
  }
}

function holdsAny(bytes: Uint8Array, start: number, end: number, mask: number): boolean {
  for (let index = start; index < end; index += 1) if (((MASK_OF_BYTE[bytes[index] as number] as number) & mask) !== 0) return true
  return false
}
