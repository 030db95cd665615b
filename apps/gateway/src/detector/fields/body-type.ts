/** How a body is read. */
export type BodyType = 'form' | 'json' | 'xml' | 'multipart' | 'text'

/** How a line of source or markup begins that is no payload of a parameter. */
const LOOKS_LIKE_SOURCE =
  /^\uFEFF?\s*(?:import\s[\w*{'"]|export\s+(?:\*|\{|default|const|type|interface|declare|class|function|async|enum)|(?:const|let|var)\s+[\w{[]|from\s+[\w.]+\s+import\b|package\s+[\w.]+;?\s*(?:\n|$)|module\.exports\b|exports\.\w|"use strict"|'use strict'|Object\.define\w+|__export|#(?:!\/|include|define|if|pragma)|\/\/\s|\/\*\*?\s|\.\. |<svg\s[^<]{0,512}<|<!doctype html|<!-- |---\s|#{1,6} [A-Z]|%PDF|@(?:charset|import|media|font-face)\b)/

const SNIFFED_BYTES = 1024
/** Longest text that may be a bare parameter, where nothing says what it is. */
const SHORT_BYTES = 512

/**
 * Tells how to read a body, from its declared type and from what it looks like: clients declare forms that are none (`curl -d`
 * does for any file), and none at all.
 * @param contentType - the header, or '' when there is none
 */
export function bodyTypeOf(contentType: string, body: Buffer, start: number, end: number): BodyType {
  const declared = contentType.toLowerCase()
  const head = body.toString('latin1', start, Math.min(end, start + SNIFFED_BYTES))
  if (declared.startsWith('multipart/')) return 'multipart'
  if (/[/+]json\b/.test(declared)) return looksLikeJson(head) ? 'json' : shortOrText(head, end - start)
  if (/[/+]xml\b/.test(declared) && !declared.includes('xhtml')) return looksLikeHtml(head) ? 'text' : 'xml'
  if (declared.includes('x-www-form-urlencoded') || declared === '') {
    if (looksLikeJson(head)) return 'json'
    if (/^\s*<\?xml\s/.test(head)) return looksLikeHtml(head) ? 'text' : 'xml'
    return looksLikeForm(head, end - start) ? 'form' : 'text'
  }
  if (looksLikeJson(head)) return 'json'
  if (declared.startsWith('text/plain')) return shortOrText(head, end - start)
  return 'text'
}

function looksLikeJson(head: string): boolean {
  return /^\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:["\]{[\d-]|true|false|null))/.test(head)
}

function looksLikeHtml(head: string): boolean {
  return /<(?:!doctype\s+)?html\b/i.test(head)
}

/** One line, whatever is in it, when short; of longer ones, what browsers and `URLSearchParams` write. */
function looksLikeForm(head: string, length: number): boolean {
  if (LOOKS_LIKE_SOURCE.test(head)) return false
  const lines = head.trimEnd().split('\n', 4).length
  if (length <= SHORT_BYTES) return lines < 2 || (lines < 4 && /^[\w.%+[\]-]{1,64}=/.test(head) && !/^[ \t]*\S+ ?=[ \t]/.test(head))
  if (!/^[^\s=&<>{}"'()]{1,128}=/.test(head)) return false
  return !/[\s<>]/.test(head.slice(0, 256)) || (lines < 2 && length <= 4096)
}

function shortOrText(head: string, length: number): BodyType {
  return length <= SHORT_BYTES && /^[\w.%+[\]-]{1,128}=\S/.test(head) && head.trimEnd().split('\n', 2).length < 2 ? 'form' : 'text'
}
