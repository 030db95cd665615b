import { describe, expect, it } from 'vitest'
import { FieldAutomaton, type FieldSort } from '../../src/detector/field-automaton.js'

function sortOf(pattern: RegExp, encoding?: 'form' | 'json'): FieldSort {
  return { patterns: [pattern], ends: { '&': 0 }, mayEnd: 'clean', ...(encoding === undefined ? {} : { encoding }) }
}

function isClean(automaton: FieldAutomaton, text: string): boolean {
  const bytes = Buffer.from(text, 'latin1')
  automaton.begin()
  automaton.enter(0)
  return automaton.run(bytes, 0, bytes.length) === bytes.length && automaton.mayEnd()
}

/** Every text of up to `length` letters. */
function* textsOf(letters: string, length: number): Generator<string> {
  yield ''
  if (length > 0) for (const text of textsOf(letters, length - 1)) for (const letter of letters) yield text + letter
}

describe('an automaton over fields', { timeout: 60_000 }, () => {
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
    /(?<!ab)b/
  ])('stops in each text in which %s finds something', (pattern) => {
    const automaton = new FieldAutomaton([sortOf(pattern)], 0)
    for (const text of textsOf('ab ', 6)) if (pattern.test(text)) expect(isClean(automaton, text), JSON.stringify(text)).toBe(false)
  })

  it.each([/ab/, /^a\b/, /b$/, /(?<!b)a/, /a(?!b)/, /a(?=b|$)/, /\Ba/, /a{3}/])('stops in no other one for %s', (pattern) => {
    const automaton = new FieldAutomaton([sortOf(pattern)], 0)
    for (const text of textsOf('ab ', 6)) if (!pattern.test(text)) expect(isClean(automaton, text), JSON.stringify(text)).toBe(true)
  })

  it('reads what a form and JSON encode, and stops at what it cannot read', () => {
    const form = new FieldAutomaton([sortOf(/a b/, 'form')], 0)
    expect(['a%20b', '%61+b', 'a%', 'a%2', 'a%zz'].map((text) => isClean(form, text))).toEqual([false, false, false, false, false])
    expect(isClean(form, 'a%2Cb%C3%A9')).toBe(true)
    const json = new FieldAutomaton([sortOf(/a\nb/, 'json')], 0)
    expect(['a\\nb', 'a\\u000ab', 'a\\"'].map((text) => isClean(json, text))).toEqual([false, false, false])
    expect(isClean(json, 'a\\tb\\/')).toBe(true)
  })

  it('stops learning when what it learned has not paid for itself, until enough bytes were skipped', () => {
    const automaton = new FieldAutomaton([sortOf(/a[ab]{14}c/)], 1)
    let state = 3
    const newText = (): string =>
      Array.from({ length: 64 }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
        return (state & 0x10000) === 0 ? 'a' : 'b'
      }).join('')
    const isLearned = (text: string): boolean => Array.from({ length: 30 }, () => isClean(automaton, text)).includes(true)
    const plain = 'b'.repeat(100_000)
    expect(isLearned(plain)).toBe(true)
    expect(isLearned(newText())).toBe(true)
    for (let count = 0; count < 400; count += 1) isLearned(newText())
    const later = newText()
    expect(isLearned(later)).toBe(false)
    for (let count = 0; count < 10; count += 1) isClean(automaton, plain)
    expect(isLearned(later)).toBe(true)
  })

  it('learns a text when it comes for the fifth time, to where it stops', () => {
    const automaton = new FieldAutomaton([sortOf(/x/)], 4)
    expect([1, 2, 3, 4, 5, 6].map(() => isClean(automaton, 'a new word'))).toEqual([false, false, false, false, true, true])
  })

  it('makes a bounded number of rows for a request', () => {
    const automaton = new FieldAutomaton([sortOf(/a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x/)], 0)
    const text = 'a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w'
    expect([isClean(automaton, text), isClean(automaton, text), isClean(automaton, text), isClean(automaton, text)]).toEqual([
      false,
      false,
      true,
      true
    ])
  })

  it('fills a bounded number of cells for a request, though all lead to rows made before', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz123456789']
    const automaton = new FieldAutomaton([sortOf(new RegExp(letters.map((letter) => `${letter}0`).join('|')))], 0)
    for (const letter of letters) expect(isClean(automaton, letter)).toBe(true)
    const pairs = letters.flatMap((one) => letters.map((other) => Buffer.from(one + other)))
    const learned = (): number => {
      automaton.begin()
      return pairs.filter((pair) => {
        automaton.enter(0)
        return automaton.run(pair, 0, 2) === 2
      }).length
    }
    expect([1, 2, 3].map(learned)).toEqual([512, 1024, pairs.length])
  })

  it('refuses more nodes than its rows can name', () => {
    const words = Array.from({ length: 9000 }, (_, index) => `${index.toString(36).padStart(4, '0')}xyz${index}`)
    const patterns = Array.from({ length: 2 }, (_, index) => new RegExp(words.map((word) => word + index).join('|')))
    expect(() => new FieldAutomaton([{ patterns, ends: {}, mayEnd: 'clean' }], 0)).toThrow(RangeError)
  })
})
