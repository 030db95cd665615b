import { describe, expect, it } from 'vitest'
import { newReference, parseReference, referenceText } from '../../src/store/payload-reference.js'

describe('a reference', () => {
  it('comes back from its text, and each is another', () => {
    const reference = newReference(1_048_576)
    const text = referenceText(reference)
    expect(parseReference(JSON.parse(JSON.stringify(text)))).toEqual(reference)
    expect(referenceText(newReference(1_048_576))).not.toBe(text)
  })

  it.each([
    undefined,
    7,
    {},
    '',
    'payload:5:short',
    'payload:-5:abcdefghijklmnopqrstuv',
    'payload:5:abcdefghijklmnopqrst}{',
    'payload:5:abcdefghijklmnopqrstuv\n',
    ' payload:5:abcdefghijklmnopqrstuv',
    'payload:9999999999:abcdefghijklmnopqrstuv'
  ])('refuses %j', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })
})
