import type { FieldVisitor, Origin } from '../field.js'

const EQUALS = 61
const UNNAMELY = new Set([...' +\'"`(<;|'].map((letter) => letter.charCodeAt(0)))

/**
 * Visits the names and values of `name=value` pairs between `separator`s. A pair that has no `=` is a name. A value that
 * itself holds an `&` undecoded is cut there, as servers cut it.
 */
export function visitPairs(
  bytes: Uint8Array,
  start: number,
  end: number,
  separator: number,
  valueOrigin: Origin,
  visit: FieldVisitor
): void {
  let nameStart = start
  while (nameStart < end) {
    let equals = -1
    let pairEnd = nameStart
    while (pairEnd < end && bytes[pairEnd] !== separator) {
      if (equals < 0 && bytes[pairEnd] === EQUALS) equals = pairEnd
      pairEnd += 1
    }
    const nameEnd = equals < 0 ? pairEnd : equals
    if (nameEnd > nameStart) visit(equals < 0 ? valueOrigin : 'name', nameStart, nameEnd)
    // What no form would name: the equals sign is part of a text such as `;x --a=b`, which must be seen as one.
    if (equals >= 0 && holdsBlankOrQuote(bytes, nameStart, nameEnd)) visit(valueOrigin, nameStart, pairEnd)
    if (equals >= 0 && pairEnd > equals + 1) visit(valueOrigin, equals + 1, pairEnd)
    nameStart = pairEnd + 1
  }
}

function holdsBlankOrQuote(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (UNNAMELY.has(bytes[index] as number)) return true
  return false
}
