import { atOnce, type FieldReader, ORIGIN, type Origin } from './field.js'
import { visitPairs } from './form-fields.js'

const SEMICOLON = 59
const QUESTION = 63
const DOT = 46

/** Headers whose grammar is full of quotes, stars and semicolons, written by browsers and proxies. */
const STANDARD = new Set(
  (
    'accept accept-charset accept-encoding accept-ranges access-control-request-headers ' +
    'access-control-request-method age alt-used cache-control connection content-disposition content-encoding ' +
    'content-language content-length content-md5 content-range content-type date dnt expect http2-settings ' +
    'keep-alive link max-forwards mime-version ' +
    'pragma priority proxy-authorization proxy-connection range save-data sec-fetch-dest sec-fetch-mode sec-fetch-site ' +
    'sec-fetch-user sec-gpc sec-websocket-extensions sec-websocket-key sec-websocket-protocol sec-websocket-version te ' +
    'traceparent tracestate trailer transfer-encoding upgrade upgrade-insecure-requests via want-digest warning ' +
    'x-forwarded-proto baggage signature signature-input digest dpop'
  ).split(' ')
)

/** Where a header's value belongs; `name` in lower case. */
export function originOfHeader(name: string): Origin {
  if (STANDARD.has(name) || name.startsWith('sec-ch-')) return ORIGIN.standardHeader
  return /^x[-_.].*file[-_.]?name$/.test(name) ? ORIGIN.filename : ORIGIN.header
}

/** Takes a header's value: cookies by name and value, the Referer's query besides the whole, others as they are. */
export function visitHeader(name: string, bytes: Buffer, start: number, end: number, reader: FieldReader): void {
  if (name === 'cookie') {
    visitCookies(bytes, start, end, reader)
    return
  }
  if (name === 'authorization') {
    visitCredentials(bytes, start, end, reader)
    return
  }
  reader.scan(originOfHeader(name), bytes, start, end)
  if (name !== 'referer' && name !== 'x-original-url' && name !== 'x-rewrite-url') return
  let query = start
  while (query < end && bytes[query] !== QUESTION) query += 1
  atOnce(visitPairs(bytes, query + 1, end, ORIGIN.value, reader))
}

function visitCookies(bytes: Buffer, start: number, end: number, reader: FieldReader): void {
  let from = start
  while (from < end) {
    let stop = from
    while (stop < end && bytes[stop] !== SEMICOLON) stop += 1
    while (from < stop && bytes[from] === 32) from += 1
    if (stop > from) atOnce(visitPairs(bytes, from, stop, ORIGIN.cookie, reader))
    from = stop + 1
  }
}

/** Takes each part of credentials as a value: the content of Basic, and the parts of a signed token. */
function visitCredentials(bytes: Buffer, start: number, end: number, reader: FieldReader): void {
  let from = start
  for (let index = start; index <= end; index += 1) {
    if (index < end && bytes[index] !== 32 && bytes[index] !== DOT) continue
    if (index > from) reader.scan(ORIGIN.part, bytes, from, index)
    from = index + 1
  }
}
