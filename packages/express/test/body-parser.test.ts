import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { bodyParser, knowsCharset } from '../src/body-parser.js'

describe('bodyParser', () => {
  it('decodes any bytes as iconv-lite does, broken ones and byte order marks among them', () => {
    const parser = bodyParser('text', {})!
    const mark = fc.boolean().map((has) => (has ? [0xef, 0xbb, 0xbf] : []))
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }).map((text) => new Uint8Array(Buffer.from(text)))
    )
    fc.assert(
      fc.property(mark, bytes, fc.constantFrom('utf-8', 'utf-16le', 'latin1', 'shift_jis'), (start, rest, charset) => {
        const all = Buffer.from([...start, ...rest])
        expect(parser.decode(all, charset)).toBe(iconv.decode(all, charset))
      }),
      { numRuns: 500 }
    )
  })

  it('leaves buffers as they are', () => {
    expect(bodyParser('buffer', {})).toBeUndefined()
  })

  it('knows the charsets that iconv-lite knows', () => {
    expect([knowsCharset('utf-8'), knowsCharset('koi8-r'), knowsCharset('utf-99')]).toEqual([true, true, false])
  })
})
