import { maskOf, tableOf, UNENDING, UNENDING_FORM } from '../character-mask.js'
import { type FieldReader, ORIGIN, type Origin } from '../field.js'

const EQUALS = 61
/** Characters that never stand in a form's name. */
const UNNAMELY = maskOf(' +\'"`(<;|')
/** Characters that end names and values in a form and in a cookie. */
const FORM = { name: tableOf('&=', true), value: tableOf('&', true), pair: UNENDING_FORM }
const COOKIE = { name: tableOf(';='), value: tableOf(';'), pair: UNENDING }

/**
 * Takes the names and values of the `name=value` pairs of a form or a query, or of a cookie. A pair that has no `=` is a name. A value that
 * itself holds an `&` undecoded is cut there, as servers cut it.
 */
export function visitPairs(bytes: Buffer, start: number, end: number, valueOrigin: Origin, reader: FieldReader): void {
  const tables = valueOrigin.isForm ? FORM : COOKIE
  let nameStart = start
  while (nameStart < end) {
    if (valueOrigin.isForm) nameStart = reader.skip('form', bytes, nameStart, end)
    if (nameStart === end) return
    const nameEnd = reader.read(bytes, nameStart, end, tables.name)
    const isPair = nameEnd < end && bytes[nameEnd] === EQUALS
    const isNamely = (reader.mask & UNNAMELY) === 0
    if (nameEnd > nameStart) reader.take(isPair ? ORIGIN.name : valueOrigin, bytes, nameStart, nameEnd)
    if (!isPair) {
      nameStart = nameEnd + 1
      continue
    }
    const pairEnd = reader.read(bytes, nameEnd + 1, end, tables.value)
    if (pairEnd > nameEnd + 1) reader.take(valueOrigin, bytes, nameEnd + 1, pairEnd)
    // No form has such a name: the equals sign is part of a text such as `;x --a=b`, which must be seen as one.
    if (!isNamely) {
      reader.read(bytes, nameStart, pairEnd, tables.pair)
      reader.take(valueOrigin, bytes, nameStart, pairEnd)
    }
    nameStart = pairEnd + 1
  }
}
