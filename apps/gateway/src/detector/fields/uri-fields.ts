import { atOnce, type FieldReader, ORIGIN } from './field.js'
import { visitPairs } from './form-fields.js'
import { LAYOUT } from './layout.js'

/** Takes the path and the query's names and values of a URI. */
export function visitUri(bytes: Buffer, start: number, end: number, reader: FieldReader): void {
  const query = reader.read(bytes, start, end, LAYOUT.path)
  if (query > start) reader.take(ORIGIN.path, bytes, start, query)
  atOnce(visitPairs(bytes, query + 1, end, ORIGIN.value, reader))
}
