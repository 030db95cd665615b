import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonParser } from '../src/json-parser.js'

describe('jsonParser', () => {
  it('parses any object or array as JSON.parse does', () => {
    const parse = jsonParser({})
    fc.assert(
      fc.property(
        fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())),
        fc.constantFrom('', ' ', '\r\n\t '),
        (value, space) => {
          const text = space + JSON.stringify(value)
          expect(parse(text)).toEqual(JSON.parse(text))
        }
      )
    )
  })

  it('refuses any other value when strict, as a SyntaxError that points at it', () => {
    const parse = jsonParser({})
    for (const text of ['1', ' "x"', 'true', 'null', '  ', '#', '\u00a0{}']) expect(() => parse(text)).toThrow(SyntaxError)
    expect(jsonParser({ strict: false })(' 12 ')).toBe(12)
  })

  it('makes {} of nothing', () => {
    expect(jsonParser({})('')).toEqual({})
    expect(jsonParser({ strict: false })('')).toEqual({})
  })
})
