import type { FieldVisitor } from '../field.js'
import { visitPairs } from './form-fields.js'

const QUESTION = 63
const AMPERSAND = 38

/** Visits the path and the query's names and values of a URI. */
export function visitUri(bytes: Uint8Array, start: number, end: number, visit: FieldVisitor): void {
  let query = start
  while (query < end && bytes[query] !== QUESTION) query += 1
  if (query > start) visit('path', start, query)
  if (query < end) visitPairs(bytes, query + 1, end, AMPERSAND, 'value', visit)
}
