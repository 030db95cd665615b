import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64 } from '../../../src/detector/decode/base64.js'
import { deobfuscate } from '../../../src/detector/decode/deobfuscate.js'
import { decodeEntities } from '../../../src/detector/decode/html-entities.js'
import { decodeJsEscapes, decodeJson } from '../../../src/detector/decode/js-escapes.js'
import { foldUtf8, normalise } from '../../../src/detector/decode/normalise.js'
import { decodeForm, decodePercent } from '../../../src/detector/decode/url.js'
import { decoded, offsetsOf, textOf } from './decoded.js'

describe('URL decoding', () => {
  it.each([
    ['%3Cb%3e', '<b>'],
    ['%u003cb%uFF1E', '<b>'],
    ['100%', '100%'],
    ['%4', '%4'],
    ['%zz%41', '%zzA'],
    ['a+b', 'a+b']
  ])('decodes %s', (raw, expected) => {
    expect(decoded(decodePercent, raw)).toBe(expected)
  })

  it('reads a plus as a space in forms alone', () => {
    expect(decoded(decodeForm, 'a+b%2B')).toBe('a b+')
  })

  it('remembers where each byte came from', () => {
    expect(offsetsOf(decodePercent, 'a%41b%u0042c')).toEqual([0, 1, 4, 5, 11])
  })
})

describe('entity decoding', () => {
  it.each([
    ['&lt;&GT;&quot;', '<>"'],
    ['&#60;&#x3C;&#0000000000060', '<<<'],
    ['java&Tab;script&colon;', 'java\tscript:'],
    ['&lbracejndi:', '{jndi:'],
    ['AT&T &nothing; & &#; &#x;', 'AT&T &nothing; & &#; &#x;'],
    ['&lthing', '&lthing']
  ])('decodes %s', (raw, expected) => {
    expect(decoded(decodeEntities, raw)).toBe(expected)
  })
})

describe('escape decoding', () => {
  it.each([
    ['\\x3c\\u003e\\u{27}', "<>'"],
    ['\\n\\d C:\\users\\x', '\\n\\d C:\\users\\x'],
    ['\\u12 \\u{} \\u{1234567}', '\\u12 \\u{} \\u{1234567}']
  ])('decodes %s of scripts', (raw, expected) => {
    expect(decoded(decodeJsEscapes, raw)).toBe(expected)
  })

  it('decodes all escapes of JSON', () => {
    expect(decoded(decodeJson, 'a\\"\\\\\\/\\n\\t\\u0041')).toBe('a"\\/\n\tA')
  })

  it.each([
    ['\\u12 \\u{} \\u{1234567}', 'u12 u{} u{1234567}'],
    ['\\u{3c}\\x3e', '<>'],
    ['a\\', 'a\\']
  ])('reads %s of JSON as lenient parsers do', (raw, expected) => {
    expect(decoded(decodeJson, raw)).toBe(expected)
  })
})

describe('normalising', () => {
  const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

  it('undoes nested encodings', () => {
    expect(decoded(normalise, '%2526lt%253b')).toBe('<')
  })

  it('stops after four rounds', () => {
    expect(decoded(normalise, `%${'25'.repeat(6)}41`)).not.toBe('A')
  })

  it('drops what has no width, which takes words apart that the reader sees whole', () => {
    expect(decoded(foldUtf8, utf8('un\u200bi\u2060on s\u00ade\ufefflect'))).toBe('union select')
    expect(decoded(foldUtf8, utf8('\u200b'))).toBe('')
  })

  it('folds blanks, full-width, enclosed, typographic and overlong forms to ASCII', () => {
    expect(decoded(foldUtf8, utf8('＜①ⓐ’“'))).toBe('<1a\'"')
    expect(decoded(foldUtf8, utf8('a\u00a0b\u2003c\u202fd\u3000e'))).toBe('a b c d e')
    expect(decoded(foldUtf8, '\xc0\xaf\xe0\x80\xae')).toBe('/.')
    expect(decoded(foldUtf8, '\xf0\x80\x80\xaf\xf8\x80\x80\x80\xae\xfc\x80\x80\x80\x80\xae')).toBe('/..')
    expect(decoded(foldUtf8, '\xc0\x2f\xc1\x1c\xc0\x5c')).toBe('/\\\\')
    expect(decoded(foldUtf8, utf8('ÀÁ 🚀'))).toBe(utf8('ÀÁ 🚀'))
    expect(decoded(foldUtf8, '\xc0a\xf0\x80')).toBe('\xc0a\xf0\x80')
    expect(decoded(foldUtf8, utf8('é日'))).toBe(utf8('é日'))
  })
})

describe('deobfuscation', () => {
  it.each([
    ['un/**/ion', 'un ion'],
    ['/*!50000select*/ 1', ' select  1'],
    ["c'a't \\wh^oami", 'cat whoami'],
    ['who$@ami pi$()ng', 'whoami ping'],
    ['cat$IFS/etc', 'cat /etc'],
    ['/* never closed', '/* never closed'],
    ["it's fine", 'its fine']
  ])('reads %s as a shell or a database would', (raw, expected) => {
    expect(decoded(deobfuscate, raw)).toBe(expected)
  })
})

describe('base64 decoding', () => {
  it('decodes a text that is base64 from end to end', () => {
    expect(decoded(decodeBase64, Buffer.from('while(true){}').toString('base64'))).toBe('while(true){}')
  })

  it.each(['\n', '\r\n', ' ', '\t', '\v'])('reads over %j around it', (blank) => {
    const encoded = Buffer.from('while(true){}').toString('base64')
    expect(decoded(decodeBase64, encoded + blank)).toBe('while(true){}')
    expect(decoded(decodeBase64, blank + encoded + blank + blank)).toBe('while(true){}')
  })

  it.each(['            ', 'tooshort', 'not base64 at all', 'AAAAAAAAAAAAAAAAAAAA'])('leaves %s alone', (raw) => {
    expect(decoded(decodeBase64, raw)).toBe(raw)
  })
})

describe('every decoder', () => {
  const decoders = {
    decodePercent,
    decodeForm,
    decodeEntities,
    decodeJson,
    decodeJsEscapes,
    foldUtf8,
    normalise,
    deobfuscate,
    decodeBase64
  }

  it.each(Object.entries(decoders))('%s never lengthens, and maps into the raw text in order', (_, decode) => {
    const pieces = fc.constantFrom(
      '%',
      '25',
      '41',
      '&',
      '#',
      'x3c',
      ';',
      'lt',
      '\\',
      'u',
      '003c',
      '{',
      '}',
      '/*',
      '*/',
      '$',
      '@',
      "'",
      'a',
      '\xc0',
      '\xaf',
      '='
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const raw = parts.join('')
        const text = textOf(raw, 7)
        decode(text)
        expect(text.length).toBeLessThanOrEqual(raw.length)
        let previous = 7
        for (let index = 0; index < text.length; index += 1) {
          const offset = text.offsets[index] ?? -1
          expect(offset).toBeGreaterThanOrEqual(previous)
          expect(offset).toBeLessThan(7 + raw.length)
          previous = offset
        }
      })
    )
  })
})
