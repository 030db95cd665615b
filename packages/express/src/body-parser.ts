import type { IncomingMessage } from 'node:http'
import { invalid } from '@pool/core/kit/universal'
import { parse as parseContentType } from 'content-type'
import { charsetUnknown } from './http-failure.js'
import type { BodyKind, PooledBodyOptions } from './pooled-body-options.js'

/** Decodes charsets other than UTF-8. Bodies that need it are rare, and loading it takes a tenth of this package's time. */
let iconv: typeof import('iconv-lite') | undefined
let loadingIconv: Promise<void> | undefined

/** Makes a value of a body's bytes. */
export interface BodyParser {
  /** Resolves once the charset of `request` can be looked up and decoded; `undefined` when it can be at once. */
  loading(request: IncomingMessage): Promise<void> | undefined
  /**
   * The charset of a request, by its content type or by default.
   * @throws 415 `charset.unsupported` where this kind of body may not have it
   */
  charsetOf(request: IncomingMessage): string
  /** The text of `bytes`. */
  decode(bytes: Buffer, charset: string): string
  /** The value of a text. */
  parse(text: string): unknown
}

/** The parser of a kind of body; none for buffers, which stay as they are. */
export function bodyParser(kind: BodyKind, options: PooledBodyOptions): BodyParser | undefined {
  const defaultCharset = options.defaultCharset || 'utf-8'
  if (typeof defaultCharset !== 'string') throw invalid('defaultCharset', 'the name of a charset', defaultCharset)
  if (kind === 'buffer') return undefined
  const isJson = kind === 'json'
  return {
    loading(request) {
      if (iconv !== undefined) return undefined
      const header = request.headers['content-type']
      // Most content types name no charset, and need not be parsed for it.
      const named = header !== undefined && /charset/i.test(header) ? charsetIn(header) : undefined
      if ((named || defaultCharset) === 'utf-8') return undefined
      loadingIconv ??= loadIconv()
      return loadingIconv
    },
    charsetOf(request) {
      const charset = charsetIn(request.headers['content-type']) || defaultCharset
      // RFC 7159, section 8.1: JSON is Unicode.
      if (isJson && !charset.startsWith('utf-')) throw charsetUnknown(charset)
      return charset
    },
    decode,
    parse: isJson ? jsonParser(options) : (text) => text
  }
}

/** Whether a charset can be decoded: to be asked once {@link BodyParser.loading} is over. */
export function knowsCharset(charset: string): boolean {
  return charset === 'utf-8' || iconv?.encodingExists(charset) === true
}

async function loadIconv(): Promise<void> {
  iconv = (await import('iconv-lite')).default
}

function charsetIn(contentType: string | undefined): string | undefined {
  return contentType === undefined ? undefined : parseContentType(contentType).parameters.charset?.toLowerCase()
}

function decode(bytes: Buffer, charset: string): string {
  if (charset !== 'utf-8' && iconv !== undefined) return iconv.decode(bytes, charset)
  const text = bytes.toString('utf8')
  // As iconv does: a byte order mark is not a part of the text.
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** White space, as RFC 7159 has it, then the first character of another kind. */
const leading = /^[ \t\n\r]*([^ \t\n\r]?)/

/** Parses JSON as `express.json()` does: an empty body is `{}`; with `strict`, the outermost value is an object or an array. */
export function jsonParser(options: PooledBodyOptions): (text: string) => unknown {
  const strict = options.strict !== false
  const { reviver } = options
  return (text) => {
    if (text.length === 0) return {}
    if (strict) {
      const first = leading.exec(text)?.[1] ?? ''
      if (first !== '{' && first !== '[') throw strictViolation(text, first)
    }
    return JSON.parse(text, reviver)
  }
}

/** The error that `JSON.parse` would give if it took objects and arrays alone. */
function strictViolation(text: string, first: string): SyntaxError {
  const index = text.indexOf(first)
  // Node's message quotes the text: so it gets a stand-in of the same length, which is put back afterwards.
  const standIn = first === '' ? '' : text.slice(0, index) + '#'.repeat(text.length - index)
  try {
    JSON.parse(standIn)
  } catch (error) {
    const failure = error as SyntaxError
    failure.message = failure.message.replace(/#+/g, (marks) => text.slice(index, index + marks.length))
    return failure
  }
  return new SyntaxError('strict violation')
}
