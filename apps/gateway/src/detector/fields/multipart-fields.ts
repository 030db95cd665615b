import type { FieldVisitor } from '../field.js'

const HEAD_BYTES = 1024

/** Receives each part's content: whether it is a file, and its declared type in lower case, or ''. */
export type PartVisitor = (start: number, end: number, isFile: boolean, contentType: string) => void

/** The boundary in a `multipart/…` content type, or '' when there is none. */
export function boundaryOf(contentType: string): string {
  const match = /boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType)
  return match?.[1] ?? match?.[2] ?? ''
}

/**
 * Visits names and file names of the parts of a multipart body, and hands each content to `visitPart`. Lines may end in CRLF
 * or LF; of a part's head the first KiB counts.
 * @returns whether a boundary was found at all
 */
export function visitMultipart(body: Buffer, boundary: string, visit: FieldVisitor, visitPart: PartVisitor): boolean {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  let at = body.indexOf(delimiter)
  if (at < 0) return false
  while (at >= 0) {
    const partStart = at + delimiter.length
    const next = body.indexOf(delimiter, partStart)
    const partEnd = next < 0 ? body.length : next
    visitOne(body, partStart, partEnd, visit, visitPart)
    at = next
  }
  return true
}

function visitOne(body: Buffer, start: number, end: number, visit: FieldVisitor, visitPart: PartVisitor): void {
  const head = body.toString('latin1', start, Math.min(end, start + HEAD_BYTES))
  const blank = /\r?\n\r?\n/.exec(head)
  if (blank === null) return
  const lines = head.slice(0, blank.index)
  const disposition = /^content-disposition:[^\n]*/im.exec(lines)
  let isFile = false
  if (disposition !== null) {
    for (const parameter of disposition[0].matchAll(/[;\s](name|filename\*?)\s*=\s*(?:"([^"\n]*)"?|([^;\s]+))/gi)) {
      const value = parameter[2] ?? parameter[3] ?? ''
      const from = start + disposition.index + (parameter.index ?? 0) + parameter[0].lastIndexOf(value)
      const named = parameter[1]?.toLowerCase() === 'name'
      if (!named) isFile = true
      if (value !== '') visit(named ? 'name' : 'filename', from, from + value.length)
    }
  }
  const contentType = /^content-type:\s*([^\r\n;]*)/im.exec(lines)?.[1]?.toLowerCase() ?? ''
  let to = end
  if (body[to - 1] === 10) to -= 1
  if (body[to - 1] === 13) to -= 1
  const from = start + blank.index + blank[0].length
  if (to > from) visitPart(from, to, isFile, contentType)
}
