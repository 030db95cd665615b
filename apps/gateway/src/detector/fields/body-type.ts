import { looksLikeForm, looksLikeUndeclaredForm } from './form-shape.js'

/** How a body is read. */
export type BodyType = 'form' | 'json' | 'xml' | 'multipart' | 'text'

const SNIFFED_BYTES = 1024

/**
 * Decides how to read a body, by its declared type and its bytes: clients declare bodies as forms that are not (`curl -d`
 * does so for any file), and some declare no type.
 * @param contentType - the header, or '' without one
 */
export function bodyTypeOf(contentType: string, body: Buffer, start: number, end: number): BodyType {
  const declared = contentType.toLowerCase()
  if (declared.startsWith('multipart/')) return 'multipart'
  const from = firstVisible(body, start, end)
  const head = body.toString('latin1', from, Math.min(end, from + SNIFFED_BYTES))
  if (looksLikeJson(head)) return isXml(declared) ? xmlOrText(head) : 'json'
  if (isXml(declared)) return xmlOrText(head)
  const isForm = declared.includes('x-www-form-urlencoded')
  if (isForm || declared === '') {
    if (/^<\?xml\s/.test(head)) return xmlOrText(head)
    return looksLikeForm(head, body, from, end, isForm) ? 'form' : 'text'
  }
  // Any other type: a client may declare a type that no server looks at.
  if (looksLikeUndeclaredForm(head, body, from, end)) return 'form'
  return /[/+]json\b/.test(declared) ? 'json' : 'text'
}

function isXml(declared: string): boolean {
  return /[/+]xml\b/.test(declared) && !declared.includes('xhtml')
}

function looksLikeJson(head: string): boolean {
  return /^(?:\{\s*(?:"|\}|$)|\[\s*(?:["\]{[\d-]|true|false|null|$))/.test(head)
}

function xmlOrText(head: string): BodyType {
  return /<(?:!doctype\s+)?html\b/i.test(head) ? 'text' : 'xml'
}

/** Where the byte order mark and blanks end that a body may begin with, as many as there are. */
function firstVisible(body: Uint8Array, start: number, end: number): number {
  let from = body[start] === 0xef && body[start + 1] === 0xbb && body[start + 2] === 0xbf ? start + 3 : start
  while (from < end && (body[from] as number) <= 32) from += 1
  return from
}
