import { inspect } from 'node:util'
import { isPoolError, livePools, type PoolEvents } from '@pool/core'
import { checkFigures } from '@pool/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { expectWarnings } from '../../../tooling/vitest-config/src/expected-warnings.js'
import { SecureBufferPool, type SecureBufferPoolOptions } from '../src/index.js'
import { wipeEverything } from '../src/vault/end-of-process.js'
import { backings, fills } from './backings.js'

expectWarnings('ERR_POOL_SECURE_CANARY', 'ERR_POOL_SECURE_WRITE_AFTER_RELEASE')

const pools: SecureBufferPool[] = []

function make(options: SecureBufferPoolOptions = {}): SecureBufferPool {
  const pool = new SecureBufferPool({ backing: 'heap', ...options })
  pools.push(pool)
  return pool
}

afterEach(() => {
  for (const pool of pools.splice(0)) {
    checkFigures(pool.stats())
    pool.destroy()
  }
})

const code = (code: string) => expect.objectContaining({ code })
/** A view of the memory behind a secret, made by hand as careless code does. */
const behind = (secret: Buffer, bytes: number) => new Uint8Array(secret.buffer, secret.byteOffset + secret.length, bytes)
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0)

for (const backing of backings) {
  describe(`SecureBufferPool on ${backing}`, () => {
    it('gives exactly the bytes asked for, by acquire and by lease', () => {
      const pool = make({ backing })
      for (const bytes of [1, 19, 31, 32, 33, 64, 65, 1000, 4095, 4096, 4097, 100_000]) {
        const secret = pool.acquire(bytes)
        expect(secret.length).toBe(bytes)
        using lease = pool.lease(bytes)
        expect(lease.buffer.length).toBe(bytes)
        pool.release(secret)
      }
    })

    it('zeroes on release and again on acquire', () => {
      const pool = make({ backing })
      for (const bytes of [19, 32, 4096]) {
        const secret = pool.acquire(bytes)
        secret.fill(0xaa)
        pool.release(secret)
        expect(isZero(secret)).toBe(true)
        // Somebody who should not have it any more.
        secret.fill(0xbb)
        const next = pool.acquire(bytes)
        expect(next.buffer === secret.buffer && next.byteOffset === secret.byteOffset).toBe(true)
        expect(isZero(next)).toBe(true)
        pool.release(next)
      }
    })

    it('fills with new random bytes on release and again on acquire, in random mode', () => {
      const pool = make({ backing, fill: 'random' })
      const seen = new Set<string>()
      for (const bytes of [19, 32, 4096]) {
        for (let turn = 0; turn < 50; turn++) {
          const secret = pool.acquire(bytes)
          seen.add(secret.toString('hex'))
          secret.fill(0xaa)
          pool.release(secret)
          expect(secret.includes(Buffer.alloc(8, 0xaa))).toBe(false)
          seen.add(secret.toString('hex'))
        }
      }
      expect(seen.size).toBe(300)
    })

    it('finds an overrun of a single byte by ERR_POOL_SECURE_CANARY, wipes, and withdraws the memory', () => {
      for (const fill of fills) {
        for (const bytes of [1, 19, 32, 100, 4096, 5000]) {
          for (const offset of [0, 7]) {
            const pool = make({ backing, fill })
            const secret = pool.acquire(bytes).fill(0xaa)
            behind(secret, 8)[offset]! ^= 1
            expect(() => pool.release(secret)).toThrow(code('ERR_POOL_SECURE_CANARY'))
            expect(isZero(secret)).toBe(true)
            expect(pool.stats()).toMatchObject({ inUse: 0, available: 0, quarantined: 1, releases: 1 })
            expect(() => pool.release(secret)).toThrow(code('ERR_POOL_DOUBLE_RELEASE'))
            const lease = pool.lease(bytes)
            expect(lease.buffer.byteOffset === secret.byteOffset && lease.buffer.buffer === secret.buffer).toBe(false)
            behind(lease.buffer, 8)[offset]! ^= 1
            expect(() => lease.release()).toThrow(code('ERR_POOL_SECURE_CANARY'))
            expect(lease.released).toBe(true)
          }
        }
      }
    })

    it('refuses the buffer of another pool, which its owner can go on using', () => {
      const [ours, theirs] = [make({ backing }), make({ backing, name: 'theirs' })]
      const secret = theirs.acquire(32).fill(7)
      expect(() => ours.release(secret)).toThrow(
        expect.objectContaining({ code: 'ERR_POOL_FOREIGN_BUFFER', message: expect.stringContaining("'theirs'") })
      )
      expect(secret.every((byte) => byte === 7)).toBe(true)
      expect(ours.stats()).toMatchObject({ refusedReleases: 1, releases: 0 })
      theirs.release(secret)
      expect(theirs.stats().inUse).toBe(0)
    })

    it('tells a second release even when the memory has another length and owner by then', () => {
      const pool = make({ backing })
      const first = pool.acquire(32)
      pool.release(first)
      const second = pool.acquire(19)
      expect(() => pool.release(first)).toThrow(code('ERR_POOL_DOUBLE_RELEASE'))
      expect(pool.stats().inUse).toBe(1)
      pool.release(second)
    })

    it('takes a listener of once() away by what was given to it', () => {
      const pool = make({ backing })
      const told: unknown[] = []
      const listener = (event: unknown) => told.push(event)
      pool.once('acquire', listener).off('acquire', listener)
      pool.release(pool.acquire(32))
      expect(told).toEqual([])
    })

    it('lets one signal call off many waits, and warns of no leak of listeners', async () => {
      const pool = make({ backing, maxSecrets: 1, maxWaiting: 50 })
      const warned: Error[] = []
      const note = (warning: Error) => warned.push(warning)
      process.on('warning', note)
      const only = pool.acquire(32)
      const controller = new AbortController()
      const waits = Array.from({ length: 20 }, () => pool.acquireAsync(32, { signal: controller.signal }))
      controller.abort()
      expect((await Promise.allSettled(waits)).every(({ status }) => status === 'rejected')).toBe(true)
      await new Promise((resolve) => setImmediate(resolve))
      process.off('warning', note)
      expect(warned).toEqual([])
      pool.release(only)
    })

    it('refuses to release what a lease has, with ERR_POOL_LEASED_BUFFER', () => {
      const pool = make({ backing })
      using lease = pool.lease(32)
      expect(() => pool.release(lease.buffer)).toThrow(code('ERR_POOL_LEASED_BUFFER'))
    })

    it('tells a write after release in debug mode by ERR_POOL_SECURE_WRITE_AFTER_RELEASE, and withdraws the memory', async () => {
      for (const fill of fills) {
        const pool = make({ backing, fill, debug: 'poison' })
        const told: PoolEvents['writeAfterRelease'][] = []
        pool.on('writeAfterRelease', (event) => told.push(event))
        const warning = new Promise<Error>((resolve) => process.once('warning', resolve))
        const secret = pool.acquire(32)
        pool.release(secret)
        secret[5] = 0x73
        const next = pool.acquire(32)
        expect(next.buffer === secret.buffer && next.byteOffset === secret.byteOffset).toBe(false)
        expect(told).toMatchObject([{ bufferSize: 32, offset: 5 }])
        expect(told[0]?.acquiredAt).toContain('secure-buffer-pool.test')
        expect(told[0]?.releasedAt).toContain('secure-buffer-pool.test')
        const error = await warning
        expect(isPoolError(error, 'ERR_POOL_SECURE_WRITE_AFTER_RELEASE')).toBe(true)
        expect(isZero(secret)).toBe(true)
        expect(() => pool.release(secret)).toThrow(code('ERR_POOL_DOUBLE_RELEASE'))
        pool.release(next)
      }
    })

    it('gives memory back by trim, by overflow and by destroy, wiped', () => {
      const pool = make({ backing, maxIdleBytes: 64 })
      const secrets = [1, 2, 3].map(() => pool.acquire(32).fill(0xaa))
      for (const secret of secrets) pool.release(secret)
      expect(pool.stats()).toMatchObject({ available: 2, discards: 1, liveBytes: 64 })
      expect(pool.trim()).toBe(64)
      expect(pool.stats()).toMatchObject({ available: 0, total: 0, liveBytes: 0, trimmed: 2 })
      // Guarded memory is detached as it is freed, so that not even its length is left.
      for (const secret of secrets) expect(secret.length === 0 || isZero(secret)).toBe(true)
    })

    it('never keeps what is above the largest class, or refuses it', () => {
      const pool = make({ backing, maxClassBytes: 64 })
      const secret = pool.acquire(65)
      pool.release(secret)
      expect(pool.stats()).toMatchObject({ oversize: 1, discards: 1, liveBytes: 0 })
      const strict = make({ backing, maxClassBytes: 64, oversize: 'refuse' })
      expect(strict.maxBytes).toBe(64)
      expect(() => strict.acquire(65)).toThrow(code('ERR_POOL_TOO_LARGE'))
    })

    it('makes room for one length by giving up what lies idle of others', () => {
      const pool = make({ backing, maxLiveBytes: 4096, maxClassBytes: 4096, maxIdleBytes: 4096 })
      const small = Array.from({ length: 10 }, () => pool.acquire(32))
      for (const secret of small) pool.release(secret)
      const large = pool.acquire(4096)
      expect(pool.stats()).toMatchObject({ available: 0, inUse: 1, liveBytes: 4096 })
      expect(() => pool.acquire(1)).toThrow(code('ERR_POOL_EXHAUSTED'))
      pool.release(large)
      const byCount = make({ backing, maxSecrets: 1 })
      byCount.release(byCount.acquire(32))
      byCount.release(byCount.acquire(64))
      expect(byCount.stats()).toMatchObject({ total: 1, acquisitions: 2 })
    })

    it('runs work on a secret and wipes it however the work ends', async () => {
      const pool = make({ backing })
      let seen: Buffer = Buffer.alloc(0)
      const note = (secret: Buffer) => {
        seen = secret.fill(0xaa)
        return 'done'
      }
      expect(pool.withSecretSync(32, note)).toBe('done')
      expect(isZero(seen)).toBe(true)
      expect(await pool.withSecret(48, async (secret) => note(secret))).toBe('done')
      expect(isZero(seen)).toBe(true)
      const failing = (secret: Buffer) => {
        note(secret)
        throw new RangeError('refused')
      }
      expect(() => pool.withSecretSync(32, failing)).toThrow(RangeError)
      expect(isZero(seen)).toBe(true)
      await expect(pool.withSecret(32, async (secret) => failing(secret))).rejects.toThrow(RangeError)
      expect(isZero(seen)).toBe(true)
      expect(pool.stats().inUse).toBe(0)
    })

    it('puts the error of the work before that of the release', async () => {
      const pool = make({ backing })
      const overrun = (secret: Buffer) => {
        behind(secret, 1)[0]! ^= 1
      }
      expect(() => pool.withSecretSync(32, overrun)).toThrow(code('ERR_POOL_SECURE_CANARY'))
      await expect(
        pool.withSecret(32, (secret) => {
          overrun(secret)
          throw new RangeError('refused')
        })
      ).rejects.toThrow(RangeError)
    })

    it('warns of what it finds at the end of a scope, where nothing may be thrown', async () => {
      const pool = make({ backing })
      const warning = new Promise<Error>((resolve) => process.once('warning', resolve))
      {
        using lease = pool.lease(32)
        behind(lease.buffer, 1)[0]! ^= 1
      }
      expect(isPoolError(await warning, 'ERR_POOL_SECURE_CANARY')).toBe(true)
      expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 1 })
    })

    it('gives what a promise gives that it was held for, even after an overrun, and takes nothing but promises', async () => {
      const pool = make({ backing })
      const lease = pool.lease(32)
      expect(() => lease.hold(7 as unknown as Promise<number>)).toThrow(code('ERR_POOL_INVALID_OPTION'))
      const held = lease.hold(Promise.resolve('read'))
      behind(lease.buffer, 1)[0]! ^= 1
      lease.release()
      expect(await held).toBe('read')
      expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 1 })
    })

    it('wipes a secret even when what the work returned throws on being looked at', () => {
      const pool = make({ backing })
      const refuse = () => {
        throw new RangeError('looked at')
      }
      const hostile = new Proxy({}, { get: refuse })
      expect(() => pool.withSecretSync(32, () => hostile)).toThrow(RangeError)
      expect(pool.stats().inUse).toBe(0)
    })

    it('keeps a secret until work has ended that should not have waited', async () => {
      const pool = make({ backing })
      let held: Buffer = Buffer.alloc(0)
      let end = () => {}
      const work = (secret: Buffer) => {
        held = secret.fill(1)
        return new Promise<void>((resolve) => {
          end = resolve
        })
      }
      expect(() => pool.withSecretSync(32, work)).toThrow(code('ERR_POOL_INVALID_OPTION'))
      expect(held[0]).toBe(1)
      end()
      await new Promise(setImmediate)
      expect(held[0]).toBe(0)
      expect(pool.stats().inUse).toBe(0)
    })

    it('leases random bytes, different each time, in either mode', () => {
      for (const fill of fills) {
        const pool = make({ backing, fill })
        const tokens = Array.from({ length: 100 }, () => {
          using token = pool.randomBytes(16)
          expect(token.buffer.length).toBe(16)
          return token.buffer.toString('hex')
        })
        expect(new Set(tokens).size).toBe(100)
      }
    })

    it('tells its events, without content, and its figures to whoever looks for pools', () => {
      const pool = make({ backing, name: `events-${backing}` })
      const told: string[] = []
      for (const event of ['acquire', 'release', 'grow', 'shrink', 'destroy'] as const) {
        pool.on(event, (payload) => told.push(`${event} ${JSON.stringify(payload)}`))
      }
      pool.release(pool.acquire(19).fill(0x61))
      pool.trim()
      expect([...livePools.sources()].some(({ name }) => name === pool.name)).toBe(true)
      pool.destroy()
      expect([...livePools.sources()].some(({ name }) => name === pool.name)).toBe(false)
      const name = pool.name
      expect(told).toEqual([
        `grow {"pool":"${name}","bufferSize":32,"count":1,"total":1}`,
        `acquire {"pool":"${name}","bufferSize":19}`,
        `release {"pool":"${name}","bufferSize":19}`,
        `shrink {"pool":"${name}","bufferSize":32,"count":1,"total":0}`,
        `destroy {"pool":"${name}"}`
      ])
    })
  })
}

describe('a secret', () => {
  it('is a Buffer that shows nothing of itself where values are shown in passing', () => {
    const pool = make()
    const secret = pool.acquire(8)
    secret.write('password')
    const lease = pool.lease(8)
    lease.buffer.write('password')
    expect(Buffer.isBuffer(secret)).toBe(true)
    const texts = [secret, secret.subarray(1), secret.slice(0, 4), lease, { lease, secret }].flatMap((value) => [
      inspect(value, { depth: 9, showHidden: true }),
      JSON.stringify(value)
    ])
    const bytes = [...Buffer.from('password')]
    for (const text of texts) {
      expect(text).not.toMatch(/pass|70 61|112,\s*97/)
      for (const byte of bytes) expect(text).not.toContain(`${byte},`)
    }
    expect(inspect(secret)).toBe('<SecretBuffer of 8 bytes>')
    pool.release(secret)
    lease.release()
  })

  it("lies outside of Node's slab and of V8's heap, alone in its memory on the heap backing", () => {
    const pool = make()
    const [first, second] = [pool.acquire(8), pool.acquire(8)]
    expect(first.buffer).not.toBe(second.buffer)
    expect(first.buffer.byteLength).toBeLessThan(64)
    expect(first.buffer).not.toBe(Buffer.from('x').buffer)
    pool.release(first)
    pool.release(second)
  })

  describe.each(backings)('whose memory on %s is transferred away, where Node lets it be', (backing) => {
    // Missing on Node 20; Node 24 refuses it for heap memory, which is marked as untransferable.
    const transferred = (secret: Buffer) => {
      try {
        ;(secret.buffer as ArrayBuffer & { transfer?: () => ArrayBuffer }).transfer?.()
      } catch {}
      return secret.length === 0
    }

    it('is told with ERR_POOL_DETACHED_BUFFER on release, and the pool goes on', () => {
      const pool = make({ backing })
      const secret = pool.acquire(32)
      if (transferred(secret)) {
        expect(() => pool.release(secret)).toThrow(code('ERR_POOL_DETACHED_BUFFER'))
        expect(pool.stats()).toMatchObject({ inUse: 0, available: 0, quarantined: 1 })
      } else pool.release(secret)
      expect(pool.acquire(32).length).toBe(32)
    })

    it('is never handed out when that was done after its release', () => {
      for (const debug of ['off', 'poison'] as const) {
        const pool = make({ backing, debug })
        const secrets = [pool.acquire(32), pool.acquire(32)]
        for (const secret of secrets) pool.release(secret)
        transferred(secrets[1] as Buffer)
        for (let index = 0; index < 3; index++) expect(pool.acquire(32).length).toBe(32)
      }
    })

    it('does not keep other secrets from being wiped at the end of the process', () => {
      const pool = make({ backing })
      const [first, second] = [pool.acquire(32), pool.acquire(5000)]
      second.fill(7)
      transferred(first)
      wipeEverything()
      expect(isZero(second)).toBe(true)
    })
  })

  it('is not moved to another thread by postMessage', () => {
    const pool = make()
    const secret = pool.acquire(32).fill(7)
    const { port1, port2 } = new MessageChannel()
    try {
      port1.postMessage(null, [secret.buffer as ArrayBuffer])
    } catch {
      // Newer Nodes throw, Node 20 leaves the memory where it is.
    }
    expect(secret.length).toBe(32)
    pool.release(secret)
    port1.close()
    port2.close()
  })
})

describe('the options of a SecureBufferPool', () => {
  const wrong: [unknown, string][] = [
    [null, 'options'],
    [{ unknown: 1 }, 'options'],
    [{ name: '' }, 'name'],
    [{ fill: 'ones' }, 'fill'],
    [{ backing: 'disk' }, 'backing'],
    [{ require: 'guarded' }, 'require'],
    [{ protectIdle: 1 }, 'protectIdle'],
    [{ maxClassBytes: 48 }, 'maxClassBytes'],
    [{ maxClassBytes: 16 }, 'maxClassBytes'],
    [{ oversize: true }, 'oversize'],
    [{ maxSecrets: 0 }, 'maxSecrets'],
    [{ maxLiveBytes: 100 }, 'maxLiveBytes'],
    [{ maxIdleBytes: -1 }, 'maxIdleBytes'],
    [{ shrinkInterval: 2 ** 31 }, 'shrinkInterval'],
    [{ maxWaiting: 1.5 }, 'maxWaiting'],
    [{ acquireTimeoutMs: 0 }, 'acquireTimeoutMs'],
    [{ debug: 'revoke' }, 'debug'],
    [{ wipeOnSignals: 'SIGTERM' }, 'wipeOnSignals'],
    [{ wipeOnSignals: ['SIGKILL'] }, 'wipeOnSignals']
  ]
  it.each(wrong)('are refused with ERR_POOL_INVALID_OPTION, naming the one that is wrong: %j', (options, name) => {
    const before = [...livePools.sources()].length
    expect(() => new SecureBufferPool(options as SecureBufferPoolOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) })
    )
    expect([...livePools.sources()].length).toBe(before)
  })

  it('refuse a locked heap with ERR_POOL_SECURE_UNLOCKED rather than pretend', () => {
    expect(() => new SecureBufferPool({ backing: 'heap', require: 'locked' })).toThrow(code('ERR_POOL_SECURE_UNLOCKED'))
  })

  it('tell on the heap that nothing is locked, and why', () => {
    expect(make().capabilities()).toMatchObject({ backend: 'heap', locked: false, guarded: false, lockedBytes: 0 })
    expect(make().capabilities().reason).toContain('heap')
  })
})
