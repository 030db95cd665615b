import { describe, expect, it } from 'vitest'
import { maskOf } from '../../src/detector/character-mask.js'
import { neededCharacters } from '../../src/detector/needed-characters.js'
import { RULES } from '../../src/detector/rules/index.js'

describe('the characters that a pattern needs', () => {
  it.each([
    [/\w\(/, ['(']],
    [/['"];/, [';', '\'"']],
    [/a(?:<b>|\[)/, ['<[', '>[']],
    [/(?:\(a\))+/, ['(']],
    [/(?=.*%)x/, ['%']],
    [/[^a-z]/, []],
    [/a|\(/, []],
    [/\(?a/, []],
    [/(?!\()a/, []],
    [/,/, []]
  ])('of %s are %j', (pattern, sets) => {
    expect(neededCharacters(pattern)).toEqual(sets.map(maskOf))
  })

  it.each(RULES.flatMap((rule) => (typeof rule.test === 'function' ? [] : [{ ...rule, pattern: rule.test }])))(
    'are held by what $id finds',
    ({ pattern, finds }) => {
      const [match] = pattern.exec(finds) ?? []
      if (match === undefined) return
      for (const set of neededCharacters(pattern)) expect(maskOf(finds) & set).not.toBe(0)
    }
  )
})
