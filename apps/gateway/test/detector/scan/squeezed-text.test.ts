import { describe, expect, it } from 'vitest'
import { placeBeforeSqueezing, squeezeBlanks } from '../../../src/detector/scan/squeezed-text.js'

describe('squeezeBlanks', () => {
  it('leaves four blanks of longer runs, of whatever kind, and all else as it is', () => {
    expect(squeezeBlanks(`a    b${' '.repeat(5)}c\r\n\t \n\n\nd`)).toBe('a    b    c\r\n\t d')
    expect(squeezeBlanks('nothing to do')).toBe('nothing to do')
  })

  it('leaves a line end among the blanks, wherever it stood', () => {
    expect(squeezeBlanks(`a${' '.repeat(9)}\nb`)).toBe('a   \nb')
    expect(squeezeBlanks(`a${' '.repeat(9)}\r${' '.repeat(9)}b`)).toBe('a   \rb')
    expect(squeezeBlanks('a   \r\n   b')).toBe('a   \nb')
  })

  it('is undone for places: each character stands where it stood', () => {
    const text = `${' '.repeat(9)}one${' '.repeat(4)}two${'\t\n'.repeat(20)}three${' '.repeat(5)}`
    const squeezed = squeezeBlanks(text)
    expect(squeezed.length).toBeLessThan(text.length)
    for (const word of ['one', 'two', 'three']) expect(placeBeforeSqueezing(text, squeezed.indexOf(word))).toBe(text.indexOf(word))
    for (let at = 0; at < squeezed.length; at += 1) expect(text[placeBeforeSqueezing(text, at)]).toBe(squeezed[at])
  })
})
