import { tableOf } from '../character-mask.js'
import { type FieldReader, ORIGIN } from '../field.js'
import { visitPairs } from './form-fields.js'

const PATH = tableOf('?')

/** Takes the path and the query's names and values of a URI. */
export function visitUri(bytes: Buffer, start: number, end: number, reader: FieldReader): void {
  const query = reader.read(bytes, start, end, PATH)
  if (query > start) reader.take(ORIGIN.path, bytes, start, query)
  visitPairs(bytes, query + 1, end, ORIGIN.value, reader)
}
