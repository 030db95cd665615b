import { type AST, RegExpParser } from '@eslint-community/regexpp'
import { describe, expect, it } from 'vitest'
import { requiredTexts } from '../../../src/detector/matching/required-texts.js'
import { rulesByPattern } from '../../../src/detector/matching/rule-set.js'
import { RULES } from '../../../src/detector/rules/index.js'
import { squeezeBlanks } from '../../../src/detector/scan/squeezed-text.js'

/** Texts made of each alternative of a pattern. */
const TEXTS = 60
const BLANKS = ' \t\n\r\v\f'
const parser = new RegExpParser({ ecmaVersion: 2018 })

let state = 5
function below(limit: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return (state >>> 8) % limit
}

/** A text that `element` may find; what stands beside it is left to chance. */
function textOf(element: AST.Element, flags: string): string {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return textOfOne(element.alternatives, flags)
    case 'Quantifier': {
      const times = element.min + below(Math.min(element.max - element.min, 5) + 1)
      return Array.from({ length: times }, () => textOf(element.element, flags)).join('')
    }
    case 'Assertion':
      return element.kind === 'lookahead' && !element.negate && below(2) > 0 ? textOfOne(element.alternatives, flags) : ''
    case 'Backreference':
      return 'x'
    default:
      return characterOf(element, flags)
  }
}

function textOfOne(alternatives: readonly AST.Alternative[], flags: string): string {
  return (alternatives[below(alternatives.length)] as AST.Alternative).elements.map((one) => textOf(one, flags)).join('')
}

function characterOf({ raw }: AST.Element, flags: string): string {
  if (raw === '\\s') return BLANKS[below(BLANKS.length)] as string
  const pattern = new RegExp(`^${raw}$`, flags.replace('g', ''))
  for (let tries = 0, code = below(256); tries < 256; tries += 1, code = (code + 7) % 256)
    if (pattern.test(String.fromCharCode(code))) return String.fromCharCode(code)
  return ''
}

describe('the texts that a pattern requires', () => {
  it.each([
    [/abc/, ['abc']],
    [/a(?:bcd|cde)e/i, ['abcde', 'acdee']],
    [/x+select?y/, ['selecty', 'selecy']],
    [/one\s+two/, ['one']],
    [/a\nb/, ['a']],
    [/ab\ncd/, ['ab']],
    [/(?:foo|\w)bar/, ['bar']],
    [/[ab]|c/, ['a', 'b', 'c']],
    [/(?:a|b*)/, []],
    [/(?=.*script)\W+/, ['script']],
    [/(?!no)\w/, []]
  ])('are those of %s', (pattern, texts) => expect([...requiredTexts(pattern)].sort()).toEqual([...texts].sort()))

  it.each([...rulesByPattern(RULES)].map(([pattern, rules]) => [RULES[rules[0] ?? -1]?.id ?? 'encodings', pattern] as const))(
    'stand in each text that %s finds',
    { timeout: 60_000 },
    (_, pattern) => {
      const required = requiredTexts(pattern)
      const missed = new Set<string>()
      for (const alternative of parser.parsePattern(pattern.source).alternatives) {
        for (let made = 0; made < TEXTS; made += 1) {
          const text = ['', 'x', '1', ' '][below(4)] + textOfOne([alternative], pattern.flags) + ['', 'x', ' 1', ' '][below(4)]
          if (squeezeBlanks(text).search(pattern) < 0) continue
          const small = text.toLowerCase()
          if (required.length > 0 && !required.some((one) => small.includes(one))) missed.add(text)
        }
      }
      expect([...missed]).toEqual([])
    }
  )
})
