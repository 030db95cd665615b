// Needs a process of its own: it looks at what is loaded first.
import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { bodyParser, jsonParser, knowsCharset } from '../src/body-parser.js'

const requestOf = (type: string | undefined) => ({ headers: type === undefined ? {} : { 'content-type': type } }) as IncomingMessage

describe('bodyParser', () => {
  it('loads a library for charsets other than UTF-8 alone, once', async () => {
    const parser = bodyParser('text', {})!
    for (const type of [
      undefined,
      'text/plain',
      'text/plain; charset=UTF-8',
      'text/plain; charset="utf-8"; x=charset',
      'text/plain; charset='
    ]) {
      expect(parser.loading(requestOf(type))).toBeUndefined()
    }
    const loading = parser.loading(requestOf('text/plain; charset=latin1'))
    expect(loading).toBeInstanceOf(Promise)
    expect(bodyParser('json', { defaultCharset: 'utf-16' })!.loading(requestOf(undefined))).toBe(loading)
    await loading
    expect(parser.loading(requestOf('text/plain; charset=latin1'))).toBeUndefined()
  })

  it('decodes any bytes as iconv-lite does, broken ones and byte order marks among them', async () => {
    const parser = bodyParser('text', {})!
    await parser.loading(requestOf('text/plain; charset=latin1'))
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

  it('knows the charsets that iconv-lite knows', async () => {
    await bodyParser('text', {})!.loading(requestOf('text/plain; charset=latin1'))
    expect([knowsCharset('utf-8'), knowsCharset('koi8-r'), knowsCharset('utf-99')]).toEqual([true, true, false])
  })
})

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
