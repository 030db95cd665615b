/** Where in a request a piece of text stood; what it means there decides which rules apply. */
export type Origin = 'path' | 'name' | 'value' | 'cookie' | 'header' | 'standard-header' | 'filename' | 'part' | 'string' | 'xml' | 'text'

/**
 * How far a rule reaches, and how much of an attack a piece of text must look like to be called one:
 *
 * ```
 *   rule's reach   parameter          string             field              document
 *   runs on        short values of    and short strings  and longer ones,   and whole files: only
 *                  queries, forms,    of JSON and XML,   long parameters    what no ordinary text
 *                  cookies, headers   and excerpts                          holds
 * ```
 *
 * The shorter and the more parameter-like a text, the more rules apply to it. An excerpt is what stands out of the prose of a
 * long text: rules for strings apply to it too, save for those that say something only of a whole one.
 */
export type Reach = 'parameter' | 'string' | 'excerpt' | 'field' | 'document'

/** Longest text, in bytes, that is read as a parameter. Attacks are short; comments and posts are not. */
export const PARAMETER_BYTES = 512
/** Longest text that is read at once, in bytes; longer ones are scanned in windows. */
export const FIELD_BYTES = 2048
/** Longest JSON or XML string that is read as a short one, in bytes. */
export const SHORT_STRING_BYTES = 256
/** Longest JSON or XML string to which rules for fields apply, in bytes. */
export const STRING_BYTES = 2048

const PARAMETERS = ['path', 'name', 'value', 'cookie', 'header', 'filename', 'part'] as const

/** The origins from which a text of each reach can come. */
export const ORIGINS_OF: Readonly<Record<Reach, readonly Origin[]>> = {
  parameter: PARAMETERS,
  string: ['string', 'xml'],
  excerpt: [...PARAMETERS, 'string', 'xml'],
  field: [...PARAMETERS, 'string', 'xml'],
  document: [...PARAMETERS, 'string', 'xml', 'standard-header', 'text']
}

/** Tells which rules apply to `length` bytes that came from `origin`. */
export function reachOf(origin: Origin, length: number): Reach {
  switch (origin) {
    case 'standard-header':
    case 'text':
      return 'document'
    case 'string':
    case 'xml':
      if (length <= SHORT_STRING_BYTES) return 'string'
      return length <= STRING_BYTES ? 'field' : 'document'
    default:
      return length <= PARAMETER_BYTES ? 'parameter' : 'field'
  }
}

/** Up to how many bytes a text from `origin` is read as a short one, to which most rules apply; 0 for documents. */
export function shortBytesOf(origin: Origin): number {
  switch (origin) {
    case 'standard-header':
    case 'text':
      return 0
    case 'string':
    case 'xml':
      return SHORT_STRING_BYTES
    default:
      return PARAMETER_BYTES
  }
}

/** Receives the fields of a part, one at a time, as ranges of its bytes. */
export type FieldVisitor = (origin: Origin, start: number, end: number) => void
