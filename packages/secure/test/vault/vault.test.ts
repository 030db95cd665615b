import type { PoolEvents } from '@pool/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SecureBufferPool, type SecureBufferPoolOptions } from '../../src/index.js'
import { securePoolSettings } from '../../src/secure-pool-options.js'
import { EntropyReserve } from '../../src/vault/entropy-reserve.js'
import { type SecretBuffer, tetherOf } from '../../src/vault/size-class.js'
import { SlotState } from '../../src/vault/slot.js'
import { Vault } from '../../src/vault/vault.js'

const ended: { destroy(): void }[] = []

function make(options: SecureBufferPoolOptions = {}): SecureBufferPool {
  const pool = new SecureBufferPool({ backing: 'heap', ...options })
  ended.push(pool)
  return pool
}

/** The inside of a pool, whose memory a test can withhold. */
function vaultOf(options: SecureBufferPoolOptions = {}): Vault {
  const vault = new Vault(securePoolSettings({ backing: 'heap', ...options }), {})
  ended.push(vault)
  return vault
}

afterEach(() => {
  vi.restoreAllMocks()
  for (const one of ended.splice(0)) one.destroy()
})

const coded = (code: string) => expect.objectContaining({ code })
const settle = () => new Promise((resolve) => setImmediate(resolve))
const take = (vault: Vault, bytes: number) => vault.classFor(bytes).take(bytes)
const release = (vault: Vault, secret: SecretBuffer) => vault.attendRelease(secret, SlotState.Out)
const wait = (vault: Vault, bytes: number) =>
  Promise.resolve(vault.takeOrWait(vault.classFor(bytes), bytes, Number.POSITIVE_INFINITY, undefined))

/** Lays a secret by, and writes to it, as careless code does that has it still. */
function spoil(secret: Buffer, layBy: () => void): void {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  layBy()
  secret[1] = (secret[1] as number) ^ 1
}

/** Takes a secret's memory away, as `transfer` does on the Nodes whose mark does not forbid it; whether it did. */
function takeAway(secret: Buffer): boolean {
  try {
    ;(secret.buffer as ArrayBuffer & { transfer: () => void }).transfer()
  } catch {
    return false
  }
  return true
}

const canTakeAway = takeAway(make().acquire(32))

describe('an acquire of a secret that has more to do than the hot path', () => {
  it('hands out the very view that lay idle where it has the length, and in debug mode a new one', () => {
    for (const debug of ['off', 'poison'] as const) {
      const pool = make({ debug })
      pool.on('acquire', () => {})
      const secret = pool.acquire(32)
      pool.release(secret)
      expect(pool.acquire(32) === secret).toBe(debug === 'off')
    }
  })

  it('takes another idle secret for one that was withdrawn, and allocates none', () => {
    const pool = make({ debug: 'poison' })
    const [other, spoiled] = [pool.acquire(32), pool.acquire(32)]
    pool.release(other)
    spoil(spoiled, () => pool.release(spoiled))
    expect(pool.acquire(32).length).toBe(32)
    expect(pool.stats()).toMatchObject({ misses: 2, quarantined: 1, total: 1, inUse: 1 })
  })

  it('is ended by the listener that hears of a written secret and destroys the pool', () => {
    const pool = make({ debug: 'poison' })
    const secret = pool.acquire(32)
    spoil(secret, () => pool.release(secret))
    pool.once('writeAfterRelease', () => pool.destroy())
    expect(() => pool.acquire(32)).toThrow(coded('ERR_POOL_CLOSED'))
    expect(pool.stats()).toMatchObject({ inUse: 0, total: 0, misses: 1 })
  })

  it('is refused where the listener that hears of a written secret takes its room', () => {
    const pool = make({ debug: 'poison', maxSecrets: 1 })
    const secret = pool.acquire(32)
    spoil(secret, () => pool.release(secret))
    pool.once('writeAfterRelease', () => void pool.acquire(32))
    expect(() => pool.acquire(32)).toThrow(/1 secrets are in use, and maxSecrets is 1/)
    expect(pool.stats()).toMatchObject({ inUse: 1 })
  })

  it.runIf(canTakeAway)('withdraws a secret that was taken away while it lay idle, and counts it (needs transfer(): Node 22)', () => {
    const pool = make()
    const secret = pool.acquire(32)
    pool.release(secret)
    expect(takeAway(secret)).toBe(true)
    expect(pool.acquire(32).length).toBe(32)
    expect(pool.stats()).toMatchObject({ quarantined: 1, total: 1, inUse: 1 })
  })
})

describe('an acquire of a secret that may wait', () => {
  it('takes an idle secret, and allocates none', async () => {
    const pool = make()
    pool.release(pool.acquire(32))
    expect((await pool.acquireAsync(32)).length).toBe(32)
    expect(pool.stats()).toMatchObject({ misses: 1 })
  })

  it('is served by the memory that was released, also at the bound of all bytes', async () => {
    const pool = make({ maxLiveBytes: 96, maxIdleBytes: 96, oversize: 'refuse', maxClassBytes: 64 })
    const [large, small] = [pool.acquire(64), pool.acquire(32)]
    const waits = [pool.acquireAsync(64), pool.acquireAsync(64)]
    pool.release(large)
    const served = (await waits[0]) as typeof large
    expect(pool.stats()).toMatchObject({ misses: 2, discards: 0, trimmed: 0, waiting: 1 })
    // The bytes of the other class are claimed by the first waiter, and not laid by for their own.
    pool.release(small)
    expect(pool.stats()).toMatchObject({ discards: 1, trimmed: 0, available: 0, waiting: 1 })
    pool.release(served)
    pool.release(await (waits[1] as Promise<typeof large>))
    expect(pool.stats()).toMatchObject({ misses: 2, inUse: 0 })
  })

  it('is served from what a listener of the trimming releases', async () => {
    const pool = make({ maxLiveBytes: 192, maxIdleBytes: 192, maxClassBytes: 128, oversize: 'refuse' })
    const [first, second, idle] = [pool.acquire(64), pool.acquire(64), pool.acquire(32)]
    pool.release(idle)
    pool.once('shrink', () => pool.release(first))
    expect((await pool.acquireAsync(128)).length).toBe(128)
    pool.release(second)
  })

  it('allocates nothing once a listener of its exhaustion released and destroyed', async () => {
    const pool = make({ maxSecrets: 1 })
    const held = pool.acquire(32)
    pool.once('exhausted', () => {
      pool.destroy()
      pool.release(held)
    })
    await expect(pool.acquireAsync(32)).rejects.toThrow(coded('ERR_POOL_CLOSED'))
    expect(pool.stats()).toMatchObject({ misses: 1, total: 0, waiting: 0 })
  })
})

describe('a pool of secrets when the system has no memory', () => {
  it('refuses an acquire at once instead of letting it wait', () => {
    const vault = vaultOf()
    const held = take(vault, 32)
    vi.spyOn(vault.backing, 'allocate').mockReturnValue(undefined)
    expect(() => vault.takeOrWait(vault.classFor(64), 64, 1000, undefined)).toThrow(/the system has no memory, or no memory maps, for 64/)
    expect(vault.queue.size).toBe(0)
    release(vault, held)
  })

  it('lets a waiter wait on while secrets are out, and serves it once there is memory', async () => {
    const vault = vaultOf({ maxSecrets: 2, maxIdleBytes: 0 })
    const held = [take(vault, 32), take(vault, 32)] as const
    const waiting = wait(vault, 64)
    const none = vi.spyOn(vault.backing, 'allocate').mockReturnValue(undefined)
    release(vault, held[0])
    expect(vault.queue.size).toBe(1)
    none.mockRestore()
    release(vault, held[1])
    const served = await waiting
    expect(served.length).toBe(64)
    release(vault, served)
  })

  it('ends the waits as aborted when none is out', async () => {
    const vault = vaultOf({ maxSecrets: 1, maxIdleBytes: 0 })
    const held = take(vault, 32)
    const waits: PoolEvents['wait'][] = []
    vault.events.wait.add((event) => void waits.push(event))
    const waiting = wait(vault, 64)
    vi.spyOn(vault.backing, 'allocate').mockReturnValue(undefined)
    release(vault, held)
    await expect(waiting).rejects.toThrow(coded('ERR_POOL_EXHAUSTED'))
    expect(waits).toMatchObject([{ outcome: 'aborted' }])
  })

  it('is not made without a reserve of random bytes', () => {
    vi.spyOn(EntropyReserve, 'in').mockReturnValue(undefined)
    expect(() => new SecureBufferPool({ backing: 'heap', fill: 'random' })).toThrow(/the system has no memory, or no memory maps/)
  })
})

describe('a waiter for whom taking memory throws', () => {
  it('ends with that error, as aborted, and the releaser does not see it', async () => {
    const vault = vaultOf({ maxSecrets: 1, maxIdleBytes: 0 })
    const held = take(vault, 32)
    const waits: PoolEvents['wait'][] = []
    vault.events.wait.add((event) => void waits.push(event))
    const waiting = wait(vault, 64)
    const broken = new Error('locking was refused')
    vi.spyOn(vault.backing, 'allocate').mockImplementation(() => {
      throw broken
    })
    release(vault, held)
    await expect(waiting).rejects.toBe(broken)
    expect([vault.queue.size, vault.inUse]).toEqual([0, 0])
    expect(waits).toMatchObject([{ outcome: 'aborted' }])
  })

  it('waits on where debug mode withdrew the last idle secret, and another acquire has its room', async () => {
    const vault = vaultOf({ maxSecrets: 1, debug: 'poison' })
    const first = take(vault, 32)
    spoil(first, () => release(vault, first))
    const taken: SecretBuffer[] = []
    vault.events.writeAfterRelease.add(() => void taken.push(take(vault, 32)))
    const request = { bytes: 32, timeoutMs: Number.POSITIVE_INFINITY, signal: undefined }
    const waiting = vault.queue.wait(vault.classFor(32).waiters, request)
    vault.queue.serve()
    await settle()
    expect([vault.queue.size, taken.length]).toEqual([1, 1])
    release(vault, taken[0] as SecretBuffer)
    const served = await waiting
    expect(served.length).toBe(32)
    release(vault, served)
  })
})

describe('memory that a pool of secrets gives up', () => {
  it('is retired after an overrun, and quarantined where a write may be under way', () => {
    const vault = vaultOf()
    const ways: string[] = []
    for (const way of ['vacate', 'retire', 'quarantine'] as const)
      vi.spyOn(vault.backing, way).mockImplementation(() => void ways.push(way))
    for (const isQuarantined of [false, true]) {
      const secret = take(vault, 32)
      tetherOf(secret).slot.quarantined = isQuarantined
      const behind = new Uint8Array(secret.buffer, secret.byteOffset + 32, 1)
      behind[0] = (behind[0] as number) ^ 1
      expect(() => release(vault, secret)).toThrow(coded('ERR_POOL_SECURE_CANARY'))
    }
    const discarded = take(vault, 32)
    tetherOf(discarded).slot.quarantined = true
    release(vault, discarded)
    expect(ways).toEqual(['retire', 'quarantine', 'quarantine'])
    expect(vault.quarantined).toBe(3)
  })

  it('is taken out of the figures of its own class when it was lost', () => {
    const vault = vaultOf()
    const secrets = [take(vault, 32), take(vault, 64), take(vault, 5000)]
    for (const secret of secrets) vault.lost(tetherOf(secret).slot)
    const [small, middle, ...larger] = vault.classes
    expect([small, middle, vault.oversize].map((one) => [one?.leaked, one?.total])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0]
    ])
    expect(larger.every(({ leaked }) => leaked === 0)).toBe(true)
    expect([vault.leakedBytes, vault.store.liveBytes]).toEqual([32 + 64 + 5000, 0])
  })

  it('is kept up to the very bound of idle bytes, also where each release is heard', () => {
    const pool = make({ maxIdleBytes: 64 })
    pool.on('release', () => {})
    pool.release(pool.acquire(64))
    expect(pool.stats()).toMatchObject({ available: 1, discards: 0 })
  })

  it('goes back from the backing too as the pool is destroyed', () => {
    const vault = vaultOf()
    const trim = vi.spyOn(vault.backing, 'trim')
    vault.destroy()
    expect(trim).toHaveBeenCalledOnce()
  })

  it('is given up first after an interval, and never without one', () => {
    vi.useFakeTimers()
    try {
      const vault = vaultOf({ shrinkInterval: 500 })
      expect(vault.dueAt).toBe(vault.madeAt + 500)
      const pool = make({ shrinkInterval: 0 })
      pool.release(pool.acquire(32))
      vi.advanceTimersByTime(60_000)
      expect(pool.stats().available).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })
})
