import { type AST, RegExpParser } from '@eslint-community/regexpp'
import { MASK_OF_BYTE, PLAIN } from './character-mask.js'

/** The most sets that are kept of a pattern. */
const MOST_SETS = 6
const known = new Map<string, number>()
/** For each byte, its bit; that of letters where it has none. */
const BITS = MASK_OF_BYTE.map((bit) => (bit === 0 ? PLAIN : bit))
const parser = new RegExpParser({ ecmaVersion: 2018 })

/**
 * The sets of characters of which any text that `pattern` matches holds one each, as masks: `/\((?:'|")/` needs `(`, and one of `'` and `"`.
 * Letters and digits are left out, since nearly every text has some.
 */
export function neededCharacters(pattern: RegExp): readonly number[] {
  return ofAlternatives(parser.parsePattern(pattern.source, 0, pattern.source.length, pattern.unicode).alternatives)
}

function ofAlternatives(alternatives: readonly AST.Alternative[]): readonly number[] {
  const all: (readonly number[])[] = []
  for (const { elements } of alternatives) {
    const sets = simplest(elements.flatMap(ofElement))
    if (sets.length === 0) return sets
    all.push(sets)
  }
  return all.reduce((sets, others) => simplest(sets.flatMap((set) => others.map((other) => set | other))))
}

function ofElement(element: AST.Element): readonly number[] {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return ofAlternatives(element.alternatives)
    case 'Quantifier':
      return element.min === 0 ? [] : ofElement(element.element)
    case 'Assertion':
      return element.kind === 'lookahead' && !element.negate ? ofAlternatives(element.alternatives) : []
    case 'Character':
      // No text has characters above the bytes.
      return [BITS[element.value] ?? 0]
    case 'CharacterClass':
    case 'CharacterSet':
      return [maskOfClass(element.raw)]
    default:
      return []
  }
}

/** The mask of the bytes that a class takes. */
function maskOfClass(raw: string): number {
  let mask = known.get(raw)
  if (mask !== undefined) return mask
  const one = new RegExp(raw, 's')
  mask = 0
  for (const [byte, bit] of BITS.entries()) if ((mask & bit) === 0 && one.test(String.fromCharCode(byte))) mask |= bit
  known.set(raw, mask)
  return mask
}

/** The smallest of `sets` without those that another makes needless, and without those that hold letters. */
function simplest(sets: readonly number[]): readonly number[] {
  const telling = [...new Set(sets)].filter((set) => (set & PLAIN) === 0).sort((one, other) => bitsOf(one) - bitsOf(other))
  return telling.filter((set, index) => !telling.slice(0, index).some((smaller) => (smaller & set) === smaller)).slice(0, MOST_SETS)
}

function bitsOf(set: number): number {
  let bits = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) bits += 1
  return bits
}
