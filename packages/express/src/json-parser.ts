import { invalid, validBoolean } from '@pool/core/kit/universal'
import type { PooledBodyOptions } from './pooled-body-options.js'

/** What RFC 7159 takes for white space, then the first character that is none. */
const leading = /^[ \t\n\r]*([^ \t\n\r]?)/

/** Parses JSON as `express.json()` does: an empty body is `{}`; with `strict`, the outermost value is an object or an array. */
export function jsonParser(options: PooledBodyOptions): (text: string) => unknown {
  const { strict = true, reviver } = options
  validBoolean('strict', strict)
  if (reviver !== undefined && typeof reviver !== 'function') throw invalid('reviver', 'a function', reviver)
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
  // Node's message quotes what it was given: a stand-in of the same length, put back afterwards.
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
