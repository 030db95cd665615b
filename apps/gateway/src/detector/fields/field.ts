import type { Layout } from './layout.js'

/** The place of a piece of text in a request; the meaning of text there decides which rules apply. */
export type OriginName =
  | 'path'
  | 'name'
  | 'value'
  | 'cookie'
  | 'header'
  | 'standard-header'
  | 'filename'
  | 'part'
  | 'string'
  | 'xml'
  | 'text'

/** An origin, and how texts of it are read. */
export interface Origin {
  readonly name: OriginName
  readonly index: number
  /** Longest text, in bytes, that is read as a short one, to which most rules apply; 0 for documents. */
  readonly shortBytes: number
  /** Longest text to which rules for fields apply, in bytes. */
  readonly longBytes: number
  /** The reach of a short one. */
  readonly shortReach: Reach
  /** Whether a plus is a blank there. */
  readonly isForm: boolean
}

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
 * The shorter and the more parameter-like a text, the more rules apply to it. An excerpt is a part that stands out of the prose of a
 * long text: rules for strings apply to it too, except for those that are about a whole string only.
 */
export type Reach = 'parameter' | 'string' | 'excerpt' | 'field' | 'document'

/** The number of each reach. */
export const REACH_INDEX: Readonly<Record<Reach, number>> = { parameter: 0, string: 1, excerpt: 2, field: 3, document: 4 }
export const REACHES = Object.keys(REACH_INDEX) as readonly Reach[]

/** Longest text, in bytes, that is read as a parameter. Attacks are short; comments and posts are not. */
const PARAMETER_BYTES = 512
/** Longest text that is read at once, in bytes; longer ones are scanned in windows. */
export const FIELD_BYTES = 2048
/** Longest JSON or XML string that is read as a short one, in bytes. */
export const SHORT_STRING_BYTES = 256
/** Longest JSON or XML string to which rules for fields apply, in bytes. */
const STRING_BYTES = 2048

const PARAMETER = { shortBytes: PARAMETER_BYTES, longBytes: Number.POSITIVE_INFINITY, shortReach: 'parameter', isForm: false } as const
const FORM = { ...PARAMETER, isForm: true } as const
const XML = { shortBytes: SHORT_STRING_BYTES, longBytes: STRING_BYTES, shortReach: 'string', isForm: false } as const
const STRING = { ...XML, shortReach: 'parameter' } as const
const DOCUMENT = { shortBytes: 0, longBytes: 0, shortReach: 'document', isForm: false } as const

/** Every origin. */
export const ORIGIN = {
  path: { name: 'path', index: 0, ...PARAMETER },
  name: { name: 'name', index: 1, ...FORM },
  value: { name: 'value', index: 2, ...FORM },
  cookie: { name: 'cookie', index: 3, ...PARAMETER },
  header: { name: 'header', index: 4, ...PARAMETER },
  standardHeader: { name: 'standard-header', index: 5, ...DOCUMENT },
  filename: { name: 'filename', index: 6, ...PARAMETER },
  part: { name: 'part', index: 7, ...PARAMETER },
  string: { name: 'string', index: 8, ...STRING },
  xml: { name: 'xml', index: 9, ...XML },
  text: { name: 'text', index: 10, ...DOCUMENT }
} as const satisfies Readonly<Record<string, Origin>>

/** Tells which rules apply to `length` bytes that came from `origin`. */
export function reachOf(origin: Origin, length: number): Reach {
  if (length <= origin.shortBytes) return origin.shortReach
  return length <= origin.longBytes ? 'field' : 'document'
}

/** Takes the fields of a part of a request, one after another: each is read up to its end, then taken as its kind of field. */
export interface FieldReader {
  /** Reads the text of `layout` from `origin` that begins at `start`; returns where it ends, or `end`. */
  read(origin: Origin, bytes: Buffer, start: number, end: number, layout: Layout): number
  /** Reads a text as `read` does; returns where it ends, or -1 where it must be read and taken, since it is long or may hold something. */
  pass(origin: Origin, bytes: Buffer, start: number, end: number, layout: Layout): number
  /** Takes the text of the last read, `bytes[start, end)`, as a field of the same origin. */
  take(origin: Origin, bytes: Buffer, start: number, end: number): void
  /** Whether to go on: each call counts for as much work as a look of a rule. Asked for each part that is more than a field. */
  mayGoOn(): boolean
  /** Reads `bytes[start, end)` and takes it as a field. */
  scan(origin: Origin, bytes: Buffer, start: number, end: number): void
  /** Says that the next fields are of other bytes, which stand for those of the body from `base` on, each for `unit` of them. */
  relocate(base: number, unit: number): void
  /** Takes fields that may take more than a turn. */
  visit(work: Turns): void
  /** Whether to yield before the next field: a turn is over, or the last field may take more than one. */
  isDue(): boolean
}

/** Work in turns: it yields where it can be suspended. Between two turns the detector may scan other requests. */
export type Turns<Result = void> = Generator<undefined, Result, undefined>

/** Does work of one turn: all of it. */
export function atOnce<Result>(turns: Turns<Result>): Result {
  for (;;) {
    const { done, value } = turns.next()
    if (done) return value
  }
}
