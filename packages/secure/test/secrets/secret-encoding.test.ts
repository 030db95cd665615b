import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { decodeSecret, encodeSecret, SecureBufferPool } from '../../src/index.js'

const pool = new SecureBufferPool({ backing: 'heap' })
const encodings = ['hex', 'base64url'] as const

afterEach(() => expect(pool.stats().inUse).toBe(0))

describe('encodeSecret', () => {
  it.each(encodings)('writes what Buffer writes, into memory of exactly its length: %s', (encoding) => {
    for (let length = 1; length < 200; length++) {
      using secret = pool.randomBytes(length)
      using text = encodeSecret(pool, secret, encoding)
      expect(text.buffer.toString('latin1')).toBe(secret.buffer.toString(encoding))
    }
  })

  it('takes plain bytes too, every one of them', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    for (const encoding of encodings) {
      using text = encodeSecret(pool, bytes, encoding)
      expect(text.buffer.toString('latin1')).toBe(bytes.toString(encoding))
    }
  })
})

describe('decodeSecret', () => {
  it('reads back whatever was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.constantFrom(...encodings), (bytes, encoding) => {
        using text = encodeSecret(pool, bytes, encoding)
        using secret = decodeSecret(pool, text, encoding)
        expect(secret.buffer.equals(bytes)).toBe(true)
      })
    )
  })

  it('reads hex in either case', () => {
    using secret = decodeSecret(pool, Buffer.from('00aAfF'), 'hex')
    expect([...secret.buffer]).toEqual([0, 0xaa, 0xff])
  })

  it('refuses every other character with ERR_POOL_SECURE_ENCODING, which quotes nothing', () => {
    const alphabet = { hex: /^[0-9a-fA-F]$/, base64url: /^[\w-]$/ }
    for (const encoding of encodings) {
      for (let code = 0; code < 256; code++) {
        const character = String.fromCharCode(code)
        const text = Buffer.from(`AA${character}A`, 'latin1')
        if (alphabet[encoding].test(character)) {
          decodeSecret(pool, text, encoding).release()
          continue
        }
        expect(() => decodeSecret(pool, text, encoding)).toThrow(
          expect.objectContaining({ code: 'ERR_POOL_SECURE_ENCODING', message: expect.not.stringContaining('AA') })
        )
      }
    }
  })

  it('refuses lengths that no bytes have, and spare bits that are not zero', () => {
    const wrong = [
      ['', 'hex'],
      ['abc', 'hex'],
      ['', 'base64url'],
      ['A', 'base64url'],
      ['AAAAA', 'base64url'],
      ['AB', 'base64url'],
      ['AA==', 'base64url']
    ] as const
    for (const [text, encoding] of wrong) {
      expect(() => decodeSecret(pool, Buffer.from(text), encoding), text).toThrow(
        expect.objectContaining({ code: 'ERR_POOL_SECURE_ENCODING' })
      )
    }
  })
})

describe('both', () => {
  it('refuse what they do not know with ERR_POOL_INVALID_OPTION', () => {
    const invalid = expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
    expect(() => encodeSecret(pool, randomBytes(4), 'base64' as 'hex')).toThrow(invalid)
    expect(() => decodeSecret(pool, 'AAAA' as unknown as Buffer, 'hex')).toThrow(invalid)
  })

  it('refuse a released lease with ERR_POOL_LEASE_RELEASED', () => {
    const lease = pool.lease(8)
    lease.release()
    expect(() => encodeSecret(pool, lease, 'hex')).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
  })
})
