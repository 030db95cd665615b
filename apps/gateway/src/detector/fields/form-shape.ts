const AMPERSAND = 38
const EQUALS = 61
const NEWLINE = 10

/** The beginnings of lines of source or markup, which are not payloads of a parameter. */
const LOOKS_LIKE_SOURCE =
  /^\uFEFF?\s*(?:import\s[\w*{'"]|export\s+(?:\*|\{|default|const|type|interface|declare|class|function|async|enum)|(?:const|let|var)\s+[\w{[]|from\s+[\w.]+\s+import\b|package\s+[\w.]+;?\s*(?:\n|$)|module\.exports\b|exports\.\w|"use strict"|'use strict'|Object\.define\w+|__export|#(?:!\/|include|define|if|pragma)|\/\/\s|\/\*\*?\s|\.\. |<svg\s[^<]{0,512}<|<!doctype html|<!-- |---\s|#{1,6} [A-Z]|%PDF|@(?:charset|import|media|font-face)\b)/

/** Longest text that may be a bare parameter, where no type is declared. */
const SHORT_BYTES = 512
/** How forms begin: a name and its equals sign, perhaps behind names without any. */
const FIRST_PAIR = /^&{0,8}(?:[^\s=&<>{}"'();,]{1,64}&{1,8}){0,8}[^\s=&<>{}"'()]{1,128}=/
/** The same, as browsers write names. */
const STRICT_FIRST_PAIR = /^[\w.%+[\]$-]{1,128}=(?![=>~])/
/** Lines that are settings or code, one `name=value` below the other. */
const LINES_OF_PAIRS = /\n[ \t]*(?:export )?[\w.-]{1,64}[ \t]*[:+?]?=(?!=)/
/** How far a body is searched for a second pair. */
const SEARCHED_BYTES = 65_536
const LONGEST_NAME = 64

/**
 * Whether a body that is declared as a form, or not declared, is one. Clients declare bodies as forms that are not (`curl -d` does so for any
 * file), so a long body must begin like one, or be one line that holds a pair. Its length proves nothing, nor do blanks in values.
 * @param head - how the body begins, behind blanks
 */
export function looksLikeForm(head: string, body: Buffer, start: number, end: number, isDeclared: boolean): boolean {
  const isSource = LOOKS_LIKE_SOURCE.test(head)
  if (end - start <= SHORT_BYTES && !isSource) {
    const lines = head.trimEnd().split('\n', 4).length
    if (lines < 2 || (lines < 4 && STRICT_FIRST_PAIR.test(head) && !/^[ \t]*\S+ ?=[ \t]/.test(head))) return true
  }
  if (!isDeclared) return !isSource && looksLikeUndeclaredForm(head, body, start, end)
  if (FIRST_PAIR.test(head)) return !isSource || holdsLaterPair(body, start, end)
  return isOneLine(body, start, end) && !/^\s*[<!(]/.test(head) && holdsLaterPair(body, start, end)
}

/** Whether a body that is declared as something else, or as text, is a form: only text that browsers would write counts. */
export function looksLikeUndeclaredForm(head: string, body: Buffer, start: number, end: number): boolean {
  if (!STRICT_FIRST_PAIR.test(head) || LOOKS_LIKE_SOURCE.test(head)) return false
  return isOneLine(body, start, end) || !LINES_OF_PAIRS.test(head)
}

/** Whether nothing but line ends follows the first one. */
function isOneLine(body: Uint8Array, start: number, end: number): boolean {
  let to = end
  while (to > start && (body[to - 1] === NEWLINE || body[to - 1] === 13)) to -= 1
  const newline = body.indexOf(NEWLINE, start)
  return newline < 0 || newline >= to
}

/** Whether an `&name=` follows somewhere, as between the pairs of a form, and not as in `a&&b==c`. */
function holdsLaterPair(body: Buffer, start: number, end: number): boolean {
  const limit = Math.min(end, start + SEARCHED_BYTES)
  for (let at = body.indexOf(AMPERSAND, start); at >= 0 && at < limit; at = body.indexOf(AMPERSAND, at + 1)) {
    let index = at + 1
    while (index < end && index - at <= LONGEST_NAME && isNameByte(body[index] as number)) index += 1
    if (index > at + 1 && body[index] === EQUALS && body[index + 1] !== EQUALS && body[at - 1] !== AMPERSAND) return true
  }
  return false
}

function isNameByte(byte: number): boolean {
  const folded = byte | 32
  return (
    (folded >= 97 && folded <= 122) || (byte >= 48 && byte <= 57) || byte === 95 || byte === 45 || byte === 46 || byte === 91 || byte === 93
  )
}
