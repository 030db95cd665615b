import { type FieldReader, ORIGIN, type Origin, type Turns } from './field.js'
import { LAYOUT } from './layout.js'

const EQUALS = 61
/** Characters that never stand in a form's name. */
const UNNAMELY = new Uint8Array(256)
for (const letter of ' \t\v\f+\'"`()<;|~^') UNNAMELY[letter.charCodeAt(0)] = 1
const FORM = { name: LAYOUT.formName, value: LAYOUT.formValue, pair: LAYOUT.form }
const COOKIE = { name: LAYOUT.cookieName, value: LAYOUT.cookieValue, pair: LAYOUT.plain }

/**
 * Takes the names and values of the `name=value` pairs of a form or a query, or of a cookie. A pair that has no `=` is a name. A value that
 * itself holds an `&` undecoded is cut there, as servers cut it.
 */
export function* visitPairs(bytes: Buffer, start: number, end: number, valueOrigin: Origin, reader: FieldReader): Turns {
  const layouts = valueOrigin.isForm ? FORM : COOKIE
  let nameStart = start
  while (nameStart < end) {
    if (reader.isDue()) yield
    const passed = reader.pass(ORIGIN.name, bytes, nameStart, end, layouts.name)
    const nameEnd = passed < 0 ? reader.read(ORIGIN.name, bytes, nameStart, end, layouts.name) : passed
    const isPair = nameEnd < end && bytes[nameEnd] === EQUALS
    if (nameEnd > nameStart) {
      if (!isPair) reader.scan(valueOrigin, bytes, nameStart, nameEnd)
      else if (passed < 0) reader.take(ORIGIN.name, bytes, nameStart, nameEnd)
    }
    if (!isPair) {
      nameStart = nameEnd + 1
      continue
    }
    let pairEnd = reader.pass(valueOrigin, bytes, nameEnd + 1, end, layouts.value)
    if (pairEnd < 0) {
      pairEnd = reader.read(valueOrigin, bytes, nameEnd + 1, end, layouts.value)
      if (pairEnd > nameEnd + 1) reader.take(valueOrigin, bytes, nameEnd + 1, pairEnd)
    }
    // No form has such a name: the equals sign is part of a text such as `;x --a=b`, which must be seen as one.
    if (!isName(bytes, nameStart, nameEnd)) {
      reader.read(valueOrigin, bytes, nameStart, pairEnd, layouts.pair)
      reader.take(valueOrigin, bytes, nameStart, pairEnd)
    }
    nameStart = pairEnd + 1
  }
}

function isName(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (UNNAMELY[bytes[index] as number] === 1) return false
  return true
}
