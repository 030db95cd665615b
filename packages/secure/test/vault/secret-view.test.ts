import assert from 'node:assert'
import { format, inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { SecureBufferPool } from '../../src/index.js'

const pool = new SecureBufferPool({ backing: 'heap' })
afterAll(() => pool.destroy())

/** A secret that says `password`. */
function password(): Buffer {
  const secret = pool.acquire(8)
  secret.write('password')
  return secret
}

const shows = /pass|word|70[ ,]|112|0x70|cGFz/

/** The message of what `fn` throws. */
function messageOf(fn: () => void): string {
  try {
    fn()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it did not throw')
}

describe('a secret', () => {
  it('shows nothing of itself in messages of assert, on console.dir, or to inspect without customInspect', () => {
    const [secret, other] = [password(), password()]
    other.write('passw0rd')
    const texts = [
      messageOf(() => assert.deepStrictEqual(secret, other)),
      messageOf(() => assert.deepEqual({ secret }, { secret: other })),
      messageOf(() => assert.deepStrictEqual([secret], [Buffer.from('x')])),
      messageOf(() => assert.strictEqual(secret, other)),
      messageOf(() => assert.notDeepStrictEqual(secret, secret)),
      ...[secret, secret.subarray(1), Uint8Array.prototype.subarray.call(secret, 1), { nested: { secret } }].map((value) =>
        inspect(value, { customInspect: false, depth: 9 })
      )
    ]
    for (const text of texts) expect(text).not.toMatch(shows)
    for (const one of [secret, other]) {
      expect(one.length).toBe(8)
      pool.release(one)
    }
  })

  it('refuses with ERR_POOL_SECURE_SHOWN to be shown with hidden properties and without customInspect', () => {
    const secret = password()
    expect(() => inspect(secret, { customInspect: false, showHidden: true })).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_SECURE_SHOWN', message: expect.not.stringMatching(shows) })
    )
    expect(secret.length).toBe(8)
    pool.release(secret)
  })

  it('shows its length where a string is made in passing, and its content by toString()', () => {
    const secret = password()
    for (const text of [
      `${secret}`,
      `key ${secret}`,
      String(secret),
      format('%s %d %i %j %o %O', ...new Array(6).fill(secret)),
      [secret].join()
    ]) {
      expect(text).not.toMatch(shows)
    }
    expect(String(secret)).toBe('<SecretBuffer of 8 bytes>')
    expect(secret.toString()).toBe('password')
    expect(secret.toString('hex', 0, 2)).toBe('7061')
    pool.release(secret)
  })

  it('tells its true length while it hides from inspect, to everything else', () => {
    const secret = password()
    for (let turn = 0; turn < 3; turn++) {
      inspect(secret, { customInspect: false })
      expect(Buffer.concat([secret]).toString()).toBe('password')
      expect(secret.length).toBe(8)
    }
    expect(Object.prototype.toString.call(secret)).toBe('[object Uint8Array]')
    pool.release(secret)
  })

  it('gives plain Buffers as copies', () => {
    const secret = password()
    const copies = [
      secret.map((byte) => byte),
      secret.filter(() => true),
      Uint8Array.prototype.slice.call(secret),
      secret.toSorted?.() ?? Buffer.from('adoprssw'),
      secret.with?.(0, 112) ?? Buffer.from('password')
    ]
    for (const copy of copies) expect(copy.length).toBe(8)
    for (const copy of copies.slice(0, 3)) {
      expect(Object.getPrototypeOf(copy)).toBe(Buffer.prototype)
      expect(Buffer.from(copy).toString()).toBe('password')
    }
    pool.release(secret)
    for (const copy of copies) expect(copy.includes(112)).toBe(true)
  })

  it('gives parts as Buffer does, by every kind of index', () => {
    const secret = password()
    const plain = Buffer.from('password')
    const indexes = [undefined, 0, 1, 3, 7, 8, 9, -1, -3, -8, -9, 2.9, -2.9, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const start of indexes) {
      for (const end of indexes) {
        for (const method of ['subarray', 'slice'] as const) {
          expect(secret[method](start, end).toString()).toBe(plain[method](start, end).toString())
        }
        expect(Uint8Array.prototype.subarray.call(secret, start ?? 0, end).length).toBe(plain.subarray(start ?? 0, end).length)
      }
    }
    expect(secret.subarray('2' as unknown as number, null as unknown as number).length).toBe(0)
    const part = Uint8Array.prototype.subarray.call(secret, 1, 3)
    part[0] = 0x41
    expect(secret[1]).toBe(0x41)
    pool.release(secret)
  })

  it('lets nothing be hung on it, which would outlive its wipe and reach the next owner', () => {
    const secret = password() as Buffer & { user?: string }
    expect(() => {
      secret.user = 'ada'
    }).toThrow(TypeError)
    expect(() => {
      secret.fill = () => secret
    }).toThrow(TypeError)
    pool.release(secret)
    expect(secret[0]).toBe(0)
    const next = pool.acquire(8) as Buffer & { user?: string }
    expect([next.user, next.fill, next[0]]).toEqual([undefined, Buffer.prototype.fill, 0])
    pool.release(next)
  })
})
