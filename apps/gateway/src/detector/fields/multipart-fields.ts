import type { FieldVisitor } from '../field.js'

const DASH = 45
const HEAD_BYTES = 16_384

/** Receives each part's content: whether it is a file, and its declared type in lower case, or ''. */
export type PartVisitor = (start: number, end: number, isFile: boolean, contentType: string) => void

/** The boundary in a `multipart/…` content type, or '' when there is none. */
export function boundaryOf(contentType: string): string {
  const match = /boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType)
  return match?.[1] ?? match?.[2] ?? ''
}

/**
 * Visits names and file names of the parts of a multipart body, and hands each content to `visitPart`. Lines may end in CRLF
 * or LF; of a part's head the first 16 KiB count, as servers bound it too.
 * @returns whether all of it was visited: false where text lies outside the parts or in one without a head, or there is none
 */
export function visitMultipart(body: Buffer, boundary: string, visit: FieldVisitor, visitPart: PartVisitor): boolean {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  let at = body.indexOf(delimiter)
  let complete = at >= 0 && isBlank(body, 0, at)
  while (at >= 0) {
    const partStart = at + delimiter.length
    const next = body.indexOf(delimiter, partStart)
    const partEnd = next < 0 ? body.length : next
    complete = visitOne(body, partStart, partEnd, visit, visitPart) && complete
    at = next
  }
  return complete
}

/** Returns whether it was a part, or the end behind the last one. */
function visitOne(body: Buffer, start: number, end: number, visit: FieldVisitor, visitPart: PartVisitor): boolean {
  const isEnd = body[start] === DASH && body[start + 1] === DASH
  if (isBlank(body, isEnd ? start + 2 : start, end)) return true
  const contentAt = endOfHead(body, start, Math.min(end, start + HEAD_BYTES))
  if (contentAt < 0) return false
  const lines = body.toString('latin1', start, contentAt)
  const disposition = /^content-disposition:[^\n]*(?:\n[ \t][^\n]*)*/im.exec(lines)
  let isFile = false
  if (disposition !== null) {
    for (const parameter of disposition[0].matchAll(/[;\s](name|filename\*?)\s*=\s*(?:"([^"\n]*)"?|([^;\s]+))/gi)) {
      const value = parameter[2] ?? parameter[3] ?? ''
      const from = start + disposition.index + (parameter.index ?? 0) + parameter[0].lastIndexOf(value)
      const named = parameter[1]?.toLowerCase() === 'name'
      // Browsers name no file where none was chosen, and servers differ in what the content then is.
      if (!named && value !== '') isFile = true
      if (value !== '') visit(named ? 'name' : 'filename', from, from + value.length)
    }
  }
  const contentType = /^content-type:\s*([^\r\n;]*)/im.exec(lines)?.[1]?.toLowerCase() ?? ''
  let to = end
  if (body[to - 1] === 10) to -= 1
  if (body[to - 1] === 13) to -= 1
  if (to > contentAt) visitPart(contentAt, to, isFile, contentType)
  return true
}

function isBlank(body: Uint8Array, start: number, end: number): boolean {
  let index = start
  while (index < end && (body[index] as number) <= 32) index += 1
  return index >= end
}

/** Where the content begins, behind the first empty line; -1 when there is none. */
function endOfHead(body: Uint8Array, start: number, end: number): number {
  for (let index = start; index < end; index += 1) {
    if (body[index] !== 10) continue
    if (body[index + 1] === 10) return index + 2
    if (body[index + 1] === 13 && body[index + 2] === 10) return index + 3
  }
  return -1
}
