import { type FieldReader, ORIGIN, type Turns } from './field.js'

const DASH = 45
const QUOTE = 34
const EQUALS = 61
const SEMICOLON = 59
const COLON = 58
const NEWLINE = 10
const HEAD_BYTES = 16_384

/** Receives each part's content: whether it is a file, and the values of its content type and transfer encoding. */
export type PartVisitor = (start: number, end: number, isFile: boolean, contentType: string, encoding: string) => void

/**
 * The boundary in a `multipart/…` content type. Where it names none, or one that the body does not hold, the boundary of the body's first line:
 * servers differ in which one they take. '' without either.
 */
export function boundaryOf(contentType: string, body: Buffer, start: number): string {
  const match = /boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType)
  const declared = match?.[1] ?? match?.[2] ?? ''
  if (declared !== '' && body.includes(`--${declared}`, start, 'latin1')) return declared
  return /^--([^\r\n]{1,200})\r?\n/.exec(body.toString('latin1', start, start + 256))?.[1] ?? declared
}

/**
 * Takes names and file names of the parts of a multipart body, and hands each content to `visitPart`. Lines may end in CRLF
 * or LF; of a part's head the first 16 KiB count, as servers bound it too.
 * @returns whether all of it was visited: false where text lies outside the parts or in a part without a head, or where there are no parts
 */
export function* visitMultipart(body: Buffer, boundary: string, reader: FieldReader, visitPart: PartVisitor): Turns<boolean> {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  let at = body.indexOf(delimiter)
  let complete = at >= 0 && isBlank(body, 0, at)
  while (at >= 0 && reader.mayGoOn()) {
    const partStart = at + delimiter.length
    const next = body.indexOf(delimiter, partStart)
    const partEnd = next < 0 ? body.length : next
    complete = visitOne(body, partStart, partEnd, reader, visitPart) && complete
    at = next
    if (reader.isDue()) yield
  }
  return complete
}

/** Returns whether it was a part, or the end behind the last one. */
function visitOne(body: Buffer, start: number, end: number, reader: FieldReader, visitPart: PartVisitor): boolean {
  const isEnd = body[start] === DASH && body[start + 1] === DASH
  if (isBlank(body, isEnd ? start + 2 : start, end)) return true
  const limit = Math.min(end, start + HEAD_BYTES)
  let isFile = false
  let type = ''
  let encoding = ''
  let line = start
  while (line < limit) {
    const stop = endOfHeader(body, line, limit)
    if (stop === limit) return false
    if (stop - line <= 1 && line > start) break
    if (begins(body, line, stop, 'content-disposition')) isFile = takeNames(body, line, stop, reader) || isFile
    else if (begins(body, line, stop, 'content-type')) type = headerValue(body, line, stop)
    else if (begins(body, line, stop, 'content-transfer-encoding')) encoding = headerValue(body, line, stop)
    line = stop + 1
  }
  if (line >= limit) return false
  const contentAt = body.indexOf(NEWLINE, line) + 1
  let to = end
  if (body[to - 1] === NEWLINE) to -= 1
  if (body[to - 1] === 13) to -= 1
  if (to > contentAt) visitPart(contentAt, to, isFile, type, encoding)
  return true
}

/** Where the line ends that goes on in those that begin with a blank, at its line end. */
function endOfHeader(body: Uint8Array, start: number, limit: number): number {
  let index = start
  while (index < limit && (body[index] !== NEWLINE || (index > start + 1 && (body[index + 1] === 32 || body[index + 1] === 9)))) index += 1
  return index
}

/** Whether a line is the header `name`, in any case. */
function begins(body: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start <= name.length || body[start + name.length] !== COLON) return false
  for (let index = 0; index < name.length; index += 1) if (((body[start + index] as number) | 32) !== name.charCodeAt(index)) return false
  return true
}

/** The value of a header up to its parameters, in lower case. */
function headerValue(body: Buffer, start: number, end: number): string {
  const line = body.toString('latin1', start, end)
  return line
    .slice(line.indexOf(':') + 1)
    .split(';', 1)
    .join('')
    .trim()
    .toLowerCase()
}

/** Takes the values of `name` and `filename`; returns whether there is a file: browsers name none where none was chosen. */
function takeNames(body: Buffer, start: number, end: number, reader: FieldReader): boolean {
  let isFile = false
  let index = start
  while (index < end) {
    if (body[index] !== EQUALS) {
      index += 1
      continue
    }
    let nameEnd = index
    while (nameEnd > start && (body[nameEnd - 1] as number) <= 32) nameEnd -= 1
    let nameStart = nameEnd
    while (nameStart > start && (body[nameStart - 1] as number) > 32 && body[nameStart - 1] !== SEMICOLON) nameStart -= 1
    let from = index + 1
    while (from < end && (body[from] as number) <= 32) from += 1
    const isQuoted = body[from] === QUOTE
    if (isQuoted) from += 1
    let to = from
    while (to < end && (isQuoted ? body[to] !== QUOTE : body[to] !== SEMICOLON && (body[to] as number) > 32)) to += 1
    // `name` has four letters, `filename` eight and `filename*` nine; no other parameter is of use.
    const length = nameEnd - nameStart
    if (to > from && (length === 4 || length === 8 || length === 9)) {
      if (length !== 4) isFile = true
      reader.scan(length === 4 ? ORIGIN.name : ORIGIN.filename, body, from, to)
    }
    index = to + 1
  }
  return isFile
}

function isBlank(body: Uint8Array, start: number, end: number): boolean {
  let index = start
  while (index < end && (body[index] as number) <= 32) index += 1
  return index >= end
}
