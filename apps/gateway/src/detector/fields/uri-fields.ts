import { type FieldReader, NEVER, ORIGIN } from '../field.js'
import { visitPairs } from './form-fields.js'

const QUESTION = 63
const AMPERSAND = 38

/** Takes the path and the query's names and values of a URI. */
export function visitUri(bytes: Buffer, start: number, end: number, reader: FieldReader): void {
  const query = reader.read(bytes, start, end, QUESTION, NEVER, NEVER, false)
  if (query > start) reader.take(ORIGIN.path, bytes, start, query)
  visitPairs(bytes, query + 1, end, AMPERSAND, ORIGIN.value, reader)
}
