import type { PoolEvents } from '@pool/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SecureBufferPool, type SecureBufferPoolOptions } from '../../src/index.js'

const pools: SecureBufferPool[] = []

function make(options: SecureBufferPoolOptions = {}): SecureBufferPool {
  const pool = new SecureBufferPool({ name: 'heard', backing: 'heap', ...options })
  pools.push(pool)
  return pool
}

afterEach(() => {
  for (const pool of pools.splice(0)) pool.destroy()
})

const code = (code: string) => expect.objectContaining({ code })
const names = ['acquire', 'release', 'grow', 'shrink', 'exhausted', 'destroy'] as const

function heardFrom(pool: SecureBufferPool): unknown[] {
  const heard: unknown[] = []
  for (const name of names) pool.on(name, (event: PoolEvents[typeof name]) => heard.push([name, event]))
  return heard
}

describe('the events of a pool of secrets', () => {
  it('name the pool, the length and the counts, from growth to the end', () => {
    const pool = make({ maxSecrets: 1 })
    const heard = heardFrom(pool)
    const secret = pool.acquire(40)
    expect(() => pool.acquire(50)).toThrow(
      "pool 'heard': 1 secrets are in use, and maxSecrets is 1. Release sooner, wait with acquireAsync(), or raise maxSecrets."
    )
    pool.release(secret)
    pool.release(pool.acquire(60))
    pool.trim()
    pool.destroy()
    pool.destroy()
    expect(heard).toEqual([
      ['grow', { pool: 'heard', bufferSize: 64, count: 1, total: 1 }],
      ['acquire', { pool: 'heard', bufferSize: 40 }],
      ['exhausted', { pool: 'heard', bufferSize: 50, inUse: 1, waiting: 0 }],
      ['release', { pool: 'heard', bufferSize: 40 }],
      ['acquire', { pool: 'heard', bufferSize: 60 }],
      ['release', { pool: 'heard', bufferSize: 60 }],
      ['shrink', { pool: 'heard', bufferSize: 64, count: 1, total: 0 }],
      ['destroy', { pool: 'heard' }]
    ])
    expect(() => pool.acquire(1)).toThrow(code('ERR_POOL_CLOSED'))
  })

  it('count those in use of the class, and those that wait', async () => {
    const pool = make({ maxSecrets: 2 })
    const secrets = [pool.acquire(40), pool.acquire(4000)]
    const exhausted: unknown[] = []
    pool.on('exhausted', (event) => exhausted.push(event))
    const wait = pool.acquireAsync(33)
    expect(() => pool.acquire(64)).toThrow(
      "pool 'heard': 1 acquires wait, and a later one may not overtake them. Wait behind them with acquireAsync(), or shed load."
    )
    expect(exhausted).toEqual([
      { pool: 'heard', bufferSize: 33, inUse: 1, waiting: 0 },
      { pool: 'heard', bufferSize: 64, inUse: 1, waiting: 1 }
    ])
    pool.release(secrets[0] as Buffer)
    const served = await wait
    expect(served.length).toBe(33)
    for (const secret of [served, secrets[1] as Buffer]) pool.release(secret as never)
  })

  it('say in the error which bytes are short', () => {
    const pool = make({ maxLiveBytes: 4096, oversize: 'refuse' })
    pool.acquire(2049)
    expect(() => pool.acquire(1)).toThrow(
      "pool 'heard': 4096 bytes are alive, 1 more are needed, and maxLiveBytes is 4096. Release sooner, wait with acquireAsync(), or raise maxLiveBytes."
    )
  })

  it('say where a secret was written to after its release, as a warning says too, from its first byte on', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const pool = make({ debug: 'poison' })
    const reports: PoolEvents['writeAfterRelease'][] = []
    pool.on('writeAfterRelease', (report) => reports.push(report))
    for (const offset of [0, 31]) {
      const secret = pool.acquire(32)
      pool.release(secret)
      secret[offset] = (secret[offset] as number) ^ 1
      pool.release(pool.acquire(32))
    }
    expect(reports.map(({ pool, bufferSize, offset }) => [pool, bufferSize, offset])).toEqual([
      ['heard', 32, 0],
      ['heard', 32, 31]
    ])
    expect(warn.mock.calls.map(([error]) => error)).toMatchObject(
      reports.map(({ offset, acquiredAt, releasedAt }) => ({
        name: 'PoolWriteAfterReleaseWarning',
        code: 'ERR_POOL_SECURE_WRITE_AFTER_RELEASE',
        message: expect.stringContaining(`byte ${offset} of a secret of 32 bytes`),
        detail: `Acquired:\n${acquiredAt}\nReleased:\n${releasedAt}`
      }))
    )
    for (const { acquiredAt, releasedAt } of reports) for (const place of [acquiredAt, releasedAt]) expect(place).toContain('vault-events')
    expect(pool.stats()).toMatchObject({ quarantined: 2 })
    warn.mockRestore()
  })
})

describe('a pool of secrets at its bounds', () => {
  it.each([
    [1, 32],
    [32, 32],
    [33, 64],
    [64, 64],
    [65, 128],
    [2049, 4096],
    [4096, 4096]
  ])('serves %i bytes from the class of %i', (bytes, capacity) => {
    const pool = make()
    pool.release(pool.acquire(bytes))
    expect(pool.stats().sizeClasses.filter(({ total }) => total > 0)).toMatchObject([{ bufferSize: capacity, total: 1 }])
  })

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53, '32'])('refuses a length of %s, and is as before', (bytes) => {
    const pool = make()
    expect(() => pool.acquire(bytes as number)).toThrow(/bytes/)
    expect(pool.stats()).toMatchObject({ inUse: 0, total: 0, acquisitions: 0 })
  })

  it('takes exactly the longest secret, and refuses one byte more', () => {
    const pool = make({ oversize: 'refuse' })
    pool.release(pool.acquire(4096))
    expect(() => pool.acquire(4097)).toThrow(code('ERR_POOL_TOO_LARGE'))
  })

  it('keeps idle memory up to its bound, and no more', () => {
    const pool = make({ maxIdleBytes: 128 })
    const secrets = [pool.acquire(64), pool.acquire(64), pool.acquire(64)]
    for (const secret of secrets) pool.release(secret)
    expect(pool.stats()).toMatchObject({ available: 2, total: 2, discards: 1 })
    expect(pool.trim()).toBe(128)
    expect(pool.trim()).toBe(0)
  })

  it('gives up half of what stayed idle at each interval, rounded up', () => {
    vi.useFakeTimers()
    try {
      const pool = make({ shrinkInterval: 100 })
      const secrets = Array.from({ length: 5 }, () => pool.acquire(64))
      for (const secret of secrets) pool.release(secret)
      const left: number[] = []
      for (let beat = 0; beat < 6; beat++) {
        vi.advanceTimersByTime(100)
        left.push(pool.stats().available)
      }
      expect(left.at(-1)).toBe(0)
      expect(left).toEqual([...left].sort((a, b) => b - a))
      expect(left).toContain(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('keeps for the first waiter what a release of another class frees', async () => {
    const pool = make({ maxLiveBytes: 8192, maxIdleBytes: 8192 })
    const secrets = [pool.acquire(4096), pool.acquire(2048), pool.acquire(2048)]
    const wait = pool.acquireAsync(4096)
    let served: Buffer | undefined
    void wait.then((secret) => {
      served = secret
    })
    pool.release(secrets[1] as never)
    await new Promise((resolve) => setImmediate(resolve))
    // The freed half is neither kept for its class nor given to another acquire of it.
    expect([served, pool.stats().available]).toEqual([undefined, 0])
    expect(() => pool.acquire(2048)).toThrow(code('ERR_POOL_EXHAUSTED'))
    pool.release(secrets[2] as never)
    expect((await wait).length).toBe(4096)
    pool.release((await wait) as never)
    pool.release(secrets[0] as never)
  })

  it('is ended for an acquire by the listener of its exhaustion that destroys it, or aborts', async () => {
    const pool = make({ maxSecrets: 1 })
    pool.acquire(32)
    const stop = new AbortController()
    pool.once('exhausted', () => stop.abort('enough'))
    await expect(pool.acquireAsync(32, { signal: stop.signal })).rejects.toBe('enough')
    pool.once('exhausted', () => pool.destroy())
    await expect(pool.acquireAsync(32)).rejects.toThrow(code('ERR_POOL_CLOSED'))
    expect(pool.stats().waiting).toBe(0)
  })

  it('counts each release that it refuses', () => {
    const pool = make()
    const secret = pool.acquire(32)
    pool.release(secret)
    for (const wrong of [secret, Buffer.alloc(32), {}]) expect(() => pool.release(wrong as never)).toThrow(/pool 'heard'/)
    expect(pool.stats()).toMatchObject({ refusedReleases: 3, inUse: 0 })
  })
})
