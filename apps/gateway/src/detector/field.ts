/** Where in a request a piece of text stood; what it means there decides which rules apply. */
export type Origin = 'path' | 'name' | 'value' | 'cookie' | 'header' | 'standard-header' | 'filename' | 'part' | 'json' | 'xml' | 'text'

/**
 * How far a rule reaches, and how much of an attack a piece of text must look like to be called one:
 *
 * ```
 *   parameter ⊂ field ⊂ document
 *   short values of     short strings of      whole files: only what
 *   queries, forms,     JSON and XML, long    no ordinary text holds
 *   cookies, headers    parameter values
 * ```
 *
 * The shorter and the more parameter-like a text, the more rules apply to it.
 */
export type Reach = 'parameter' | 'field' | 'document'

/** Longest text, in bytes, that is read as a parameter. Attacks are short; comments and posts are not. */
export const PARAMETER_BYTES = 320
/** Longest text that is read as one field, in bytes; longer ones are documents, scanned in windows. */
export const FIELD_BYTES = 2048
/** Longest JSON or XML string to which rules for fields apply, in bytes. */
export const STRING_BYTES = 512

/** Tells which rules apply to `length` bytes that came from `origin`. */
export function reachOf(origin: Origin, length: number): Reach {
  switch (origin) {
    case 'standard-header':
    case 'text':
      return 'document'
    case 'json':
    case 'xml':
      return length <= STRING_BYTES ? 'field' : 'document'
    default:
      if (length <= PARAMETER_BYTES) return 'parameter'
      return length <= FIELD_BYTES ? 'field' : 'document'
  }
}

/** Receives the fields of a part, one at a time, as ranges of its bytes. */
export type FieldVisitor = (origin: Origin, start: number, end: number) => void
