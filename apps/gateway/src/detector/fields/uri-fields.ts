import { holdsBase64 } from '../decode/base64.js'
import { atOnce, type FieldReader, ORIGIN } from './field.js'
import { visitPairs } from './form-fields.js'
import { LAYOUT } from './layout.js'

const SLASH = 47

/** Takes the path, parts of it that are base64, and the query's names and values of a URI. */
export function visitUri(bytes: Buffer, start: number, end: number, reader: FieldReader): void {
  const query = reader.read(ORIGIN.path, bytes, start, end, LAYOUT.path)
  if (query > start) reader.take(ORIGIN.path, bytes, start, query)
  for (let from = start, at = start; at <= query; at += 1) {
    if (at < query && bytes[at] !== SLASH) continue
    if (holdsBase64(bytes, from, at)) reader.scan(ORIGIN.part, bytes, from, at)
    from = at + 1
  }
  atOnce(visitPairs(bytes, query + 1, end, ORIGIN.value, reader))
}
