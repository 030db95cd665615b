import { describe, expect, it } from 'vitest'
import { LAYOUT, type Layout } from '../../../src/detector/fields/layout.js'
import { PatternGraph } from '../../../src/detector/matching/pattern-graph.js'
import { RuleAutomaton } from '../../../src/detector/matching/rule-automaton.js'

const ALL = new Int32Array([-1])

/** Whether the first pattern may find something in a text. */
function mayFind(automaton: RuleAutomaton, text: string, layout: Layout = LAYOUT.plain): boolean {
  const bytes = Buffer.from(text, 'latin1')
  automaton.begin()
  automaton.read(bytes, 0, bytes.length, layout, ALL)
  return automaton.isLost || ((automaton.found[0] as number) & 1) !== 0
}

/** Every text of up to `length` letters. */
function* textsOf(letters: string, length: number): Generator<string> {
  yield ''
  if (length > 0) for (const text of textsOf(letters, length - 1)) for (const letter of letters) yield text + letter
}

describe('an automaton of patterns', { timeout: 60_000 }, () => {
  it.each([
    /ab/,
    /^a\b/,
    /b$/,
    /(?<!b)a/,
    /(?<=^|b) a/,
    /a(?!b)/,
    /a(?=b|$)/,
    /\Ba/,
    /(a|b)\1/,
    /a{3}/,
    /a{2,3}b/,
    /^(?:ab?){2}$/,
    /(?:a|ab| a)(?: |b)$/,
    /A[^b]B/i,
    /(?!ab)a/,
    /(?<!ab)b/,
    /a.*b/,
    /a(?:b .*)?a/,
    /b(?: .*|a+)*a b/,
    /(?:a .*b|^b.* )a/,
    /(?:(?:b|a.*) (?:a.*b|b))+a/
  ])('tells each text in which %s finds something', (pattern) => {
    const automaton = new RuleAutomaton(new PatternGraph([pattern]), false)
    for (const text of textsOf('ab ', 7)) if (pattern.test(text)) expect(mayFind(automaton, text), JSON.stringify(text)).toBe(true)
  })

  it.each([/ab/, /^a\b/, /b$/, /(?<!b)a/, /a(?!b)/, /a(?=b|$)/, /\Ba/, /a{3}/])('tells no other one for %s', (pattern) => {
    const automaton = new RuleAutomaton(new PatternGraph([pattern]), false)
    for (const text of textsOf('ab ', 6)) if (!pattern.test(text)) expect(mayFind(automaton, text), JSON.stringify(text)).toBe(false)
  })

  it('tells patterns apart, and of a long one the part that tells most', () => {
    const automaton = new RuleAutomaton(new PatternGraph([/a/, /b/, /e.*\{\{.*e/]), false)
    const found = (text: string): number => {
      mayFind(automaton, text)
      return automaton.found[0] as number
    }
    expect(['', 'a', 'ba', 'e e', 'e{{e'].map(found)).toEqual([0, 1, 3, 0, 4])
  })

  it.each<readonly [RegExp, string, readonly string[]]>([
    [/\band(?![a-z])\s?\w{1,9}(?:\([^)]{0,9}\)?)?\s?=/i, 'this and that', ['and a=', 'and a(b c)=']],
    [/\bstyle=[^>]{0,9}(?:javascript|@import)/i, 'JavaScript', ['style=a javascript']]
  ])('finds %s not by the words in it that ordinary text holds too', (pattern, ordinary, found) => {
    const automaton = new RuleAutomaton(new PatternGraph([pattern]), false)
    expect(mayFind(automaton, ordinary)).toBe(false)
    for (const text of found) expect(mayFind(automaton, text), text).toBe(true)
  })

  it('reads what a form and JSON escape, up to where a text ends', () => {
    const automaton = new RuleAutomaton(new PatternGraph([/a b/, /c\nd/]), false)
    for (const text of ['a%20b', '%61+b', 'a+b&x']) expect(mayFind(automaton, text, LAYOUT.formValue)).toBe(true)
    expect(mayFind(automaton, 'a&+b', LAYOUT.formValue)).toBe(false)
    mayFind(automaton, 'c\\nd', LAYOUT.quotedJson)
    expect(automaton.found[0]).toBe(2)
    const bytes = Buffer.from('x\\"y"z')
    expect(automaton.read(bytes, 0, bytes.length, LAYOUT.quotedJson, ALL)).toBe(4)
  })

  it('is lost in texts that lead to too many rows for one request, and reads them to their ends nevertheless', () => {
    const words = Array.from({ length: 40 }, (_, index) => `${String.fromCharCode(97 + (index % 26))}${'xyz'.repeat(5)}${index}q`)
    const automaton = new RuleAutomaton(new PatternGraph([new RegExp(words.join('|'))]))
    const bytes = Buffer.from(`${words.map((word) => word.slice(0, -1)).join('')}"behind`)
    const read = (): number => automaton.read(bytes, 0, bytes.length, LAYOUT.quotedJson, ALL)
    automaton.begin()
    expect(read()).toBe(bytes.length - 7)
    expect(automaton.isLost).toBe(true)
    for (let request = 0; request < 10; request += 1) {
      automaton.begin()
      read()
    }
    expect(automaton.isLost).toBe(false)
  })

  it('refuses more nodes than its rows can name', () => {
    const words = Array.from({ length: 9000 }, (_, index) => `${index.toString(36).padStart(4, '0')}xyz${index}`)
    const patterns = Array.from({ length: 2 }, (_, index) => new RegExp(words.map((word) => word + index).join('|')))
    expect(() => new RuleAutomaton(new PatternGraph(patterns), false)).toThrow(RangeError)
  })
})
