/** Words of prose, but for those that connect parts of a query or lead to an argument. */
const WORD =
  "(?!(?:and|or|xor|select|union|where|having|exec|echo|print|cat)[ (])(?:[aA]|[A-Za-z][A-Za-z']{1,18})(?:[-/][A-Za-z]{1,16})?[,:;]? "
const WORDS_BEFORE = new RegExp(`(?:^|[ (])((?:${WORD}){1,2})["'(\x60]?$`)
const WORDS_AFTER =
  /^[\w/.-]{0,32}["')\x60]?[,:;.?!]?((?:\s(?!(?:and|or|union|where|having|from|limit|like|into|order|group|for|procedure|as|is|in|between|then|end|on|collate|escape)\b)[A-Za-z][a-z'-]{1,18}[,.:;?!]?){1,2})(?:[ )]|$)/

/** Characters before a named call in which others may be listed: more would be read again for each call of hostile text. */
const LISTED = 128

/** A quote that ends a string of code, and the operator that joins the next part to it. */
const BROKEN_OUT = /^["'\x60]\s{0,4}(?:[-+*/%^|&;,?]|\)\s{0,4}[;,])/

/** Whether two words of prose stand before or behind `text[start, end)`, or one on either side, and no string of code ends there. */
export function isAmongWords(text: string, start: number, end: number): boolean {
  if (start > 0 && BROKEN_OUT.test(text.slice(start - 1))) return false
  const before = WORDS_BEFORE.exec(text.slice(Math.max(0, start - 48), start) + (/^[\s"'(]/.test(text.slice(start)) ? ' ' : ''))
  const after = WORDS_AFTER.exec(text.slice(end, end + 80))
  return count(before?.[1]) + count(after?.[1]) >= 2
}

/** Whether a call, whose bracket opens before `end`, is only named in prose, as in `emulates the sleep() function`, `see chmod(2) for it`. */
export function isNamedCall(text: string, start: number, end: number): boolean {
  const closing = /^(?:\d|tm|s)?\)/.exec(text.slice(end, end + 4))
  if (closing === null) return false
  const from = Math.max(0, start - LISTED)
  const listed = /(?:\w{1,32}\(\d?\),? (?:and |or )?)+$/.exec(text.slice(from, start))
  return isAmongWords(text, listed === null ? start : from + listed.index, end + closing[0].length)
}

function count(words = ''): number {
  return words.trim().split(' ').filter(Boolean).length
}
