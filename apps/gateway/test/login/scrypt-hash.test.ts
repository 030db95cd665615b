import { scryptSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_COST, deriveHash, formatHash, parseHash } from '../../src/login/scrypt-hash.js'

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array))

describe('a hash as text', () => {
  test('is read as it was written', () => {
    const cost = fc.record({ ln: fc.integer({ min: 1, max: 14 }), r: fc.integer({ min: 1, max: 8 }), p: fc.integer({ min: 1, max: 16 }) })
    fc.assert(
      fc.property(bytes(9, 64), bytes(33, 64), cost, (salt, hash, cost) => {
        expect(parseHash(formatHash({ salt, hash, cost }))).toEqual({ salt, hash, cost })
      })
    )
  })

  test('of another program is understood: passlib’s own example', async () => {
    const stored = parseHash('$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E')
    expect(stored?.cost).toEqual({ ln: 16, r: 8, p: 1 })
    const { salt, hash, cost } = stored as NonNullable<typeof stored>
    expect(await deriveHash(Buffer.from('password'), salt, hash.length, cost)).toEqual(hash)
  })

  const salt = 'A'.repeat(22)
  const hash = 'B'.repeat(43)
  test.each([
    '',
    'correct horse',
    `$scrypt$ln=14,r=8$${salt}$${hash}`,
    `$scrypt$ln=14,r=8,p=1$${salt}`,
    `$scrypt$ln=14,r=8,p=1$${salt}$${hash}=`,
    `$scrypt$ln=14,r=8,p=1$${salt}$short`,
    `$scrypt$ln=0,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=14,r=0,p=1$${salt}$${hash}`,
    `$scrypt$ln=20,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=14,r=8,p=17$${salt}$${hash}`,
    `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${hash}`
  ])('is refused: %s', (text) => expect(parseHash(text)).toBeUndefined())
})

test('a derived hash is scrypt’s', async () => {
  const { ln, r, p } = DEFAULT_COST
  const expected = scryptSync('password', 'salt', 32, { N: 2 ** ln, r, p, maxmem: 2 ** 27 })
  expect(await deriveHash(Buffer.from('password'), Buffer.from('salt'), 32, DEFAULT_COST)).toEqual(expected)
})
