import { looksLikeForm, looksLikeUndeclaredForm } from './form-shape.js'

/** How a body is read. */
export type BodyType = 'form' | 'json' | 'xml' | 'multipart' | 'text'

const SNIFFED_BYTES = 1024

/**
 * Tells how to read a body, from its declared type and from what it looks like: clients declare forms that are none (`curl -d`
 * does for any file), and none at all.
 * @param contentType - the header, or '' when there is none
 */
export function bodyTypeOf(contentType: string, body: Buffer, start: number, end: number): BodyType {
  const declared = contentType.toLowerCase()
  if (declared.startsWith('multipart/')) return 'multipart'
  const from = firstVisible(body, start, end)
  const head = body.toString('latin1', from, Math.min(end, from + SNIFFED_BYTES))
  if (looksLikeJson(head)) return isXml(declared) ? xmlOrText(head) : 'json'
  if (isXml(declared)) return xmlOrText(head)
  if (/[/+]json\b/.test(declared) && head.startsWith('"')) return 'json'
  const isForm = declared.includes('x-www-form-urlencoded')
  if (isForm || declared === '') {
    if (/^<\?xml\s/.test(head)) return xmlOrText(head)
    return looksLikeForm(head, body, from, end, isForm) ? 'form' : 'text'
  }
  if (!/^(?:text\/plain|application\/octet-stream)|[/+]json\b/.test(declared)) return 'text'
  return looksLikeUndeclaredForm(head, body, from, end) ? 'form' : 'text'
}

function isXml(declared: string): boolean {
  return /[/+]xml\b/.test(declared) && !declared.includes('xhtml')
}

function looksLikeJson(head: string): boolean {
  return /^(?:\u00ef\u00bb\u00bf)?(?:\{\s*(?:"|\}|$)|\[\s*(?:["\]{[\d-]|true|false|null|$))/.test(head)
}

function xmlOrText(head: string): BodyType {
  return /<(?:!doctype\s+)?html\b/i.test(head) ? 'text' : 'xml'
}

/** Where the blanks end that a body may begin with, as many as there are. */
function firstVisible(body: Uint8Array, start: number, end: number): number {
  let from = start
  while (from < end && (body[from] as number) <= 32) from += 1
  return from
}
