import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { isPoolError } from '../kit/errors.js'
import { checkFigures } from './check-figures.js'
import type { ContractClause, ContractPool, ContractPoolOptions } from './contract-clause.js'
import { reentrancyClauses } from './reentrancy-clauses.js'

/**
 * The contract of every implementation of `BufferSource` and `StatsSource`, as a list of clauses for any test runner.
 * @param createPool - makes a fresh pool for each clause
 * @example
 * ```ts
 * for (const { title, run } of bufferSourceContract((options) => new MyPool(options))) test(title, run)
 * ```
 */
export function bufferSourceContract(createPool: (options: ContractPoolOptions) => ContractPool): ContractClause[] {
  const bytes = 4096
  const clause = (title: string, check: (pool: ContractPool) => void | Promise<void>): ContractClause => ({
    title,
    async run() {
      const pool = createPool({ bytes, maxBuffers: 4 })
      // A wait keeps no process alive: without a test runner it could end in the midst of a clause.
      const alive = setInterval(() => {}, 60_000)
      try {
        await check(pool)
      } finally {
        clearInterval(alive)
        pool.destroy?.()
      }
    }
  })
  const takeAll = (pool: ContractPool) => Array.from({ length: 4 }, () => pool.acquire(bytes))

  return [
    clause('hands out buffers of at least the size asked for, each to one owner', (pool) => {
      const buffers = takeAll(pool)
      for (const buffer of buffers) assert.ok(buffer.length >= bytes, `${buffer.length} bytes for ${bytes}`)
      for (const [index, buffer] of buffers.entries()) buffer.fill(index + 1)
      buffers.forEach((buffer, index) => {
        assert.ok(
          buffer.every((byte) => byte === index + 1),
          'two owners share bytes'
        )
      })
      for (const buffer of buffers) pool.release(buffer)
    }),
    clause('counts what is in use, and nothing after release', (pool) => {
      const buffers = takeAll(pool)
      assert.equal(pool.stats().inUse, 4)
      for (const buffer of buffers) pool.release(buffer)
      const { inUse, acquisitions, releases, outstanding } = pool.stats()
      assert.deepEqual({ inUse, acquisitions, releases, outstanding }, { inUse: 0, acquisitions: 4, releases: 4, outstanding: 0 })
    }),
    clause('refuses with ERR_POOL_EXHAUSTED at its bound, and serves again after a release', (pool) => {
      const buffers = takeAll(pool)
      throws(pool, 'ERR_POOL_EXHAUSTED', () => pool.acquire(bytes))
      pool.release(buffers.pop() as Uint8Array)
      buffers.push(pool.acquire(bytes))
      for (const buffer of buffers) pool.release(buffer)
    }),
    clause('refuses a second release with ERR_POOL_DOUBLE_RELEASE', (pool) => {
      const buffer = pool.acquire(bytes)
      pool.release(buffer)
      throws(pool, 'ERR_POOL_DOUBLE_RELEASE', () => pool.release(buffer))
      const [first, second] = [pool.acquire(bytes), pool.acquire(bytes)]
      assert.notEqual(first, second)
      assert.notEqual(first.buffer === second.buffer && first.byteOffset === second.byteOffset, true, 'one buffer has two owners')
    }),
    clause('refuses what it did not make with ERR_POOL_FOREIGN_BUFFER', (pool) => {
      const other = createPool({ bytes, maxBuffers: 4 })
      const theirs = other.acquire(bytes)
      const ours = pool.acquire(bytes)
      const values = [new Uint8Array(bytes), Buffer.alloc(bytes), theirs, ours.subarray(0, bytes), ours.subarray(1), ours.buffer]
      const others: unknown[] = [null, undefined, 0, 'buffer', {}, []]
      for (const value of [...values, ...others]) {
        throws(pool, 'ERR_POOL_FOREIGN_BUFFER', () => pool.release(value as Uint8Array))
      }
      pool.release(ours)
      other.release(theirs)
      other.destroy?.()
    }),
    clause('refuses what is no size with ERR_POOL_INVALID_OPTION, and what is too large with ERR_POOL_TOO_LARGE', async (pool) => {
      for (const value of [0, -1, 1.5, Number.NaN, 2 ** 53, '4096', null, true, 1n]) {
        throws(pool, 'ERR_POOL_INVALID_OPTION', () => pool.acquire(value as number))
        throws(pool, 'ERR_POOL_INVALID_OPTION', () => pool.lease(value as number))
        await rejects('ERR_POOL_INVALID_OPTION', pool.acquireAsync(value as number))
        await rejects('ERR_POOL_INVALID_OPTION', pool.leaseAsync(value as number))
      }
      if (pool.maxBytes >= Number.MAX_SAFE_INTEGER) return
      throws(pool, 'ERR_POOL_TOO_LARGE', () => pool.acquire(pool.maxBytes + 1))
      throws(pool, 'ERR_POOL_TOO_LARGE', () => pool.lease(pool.maxBytes + 1))
      await rejects('ERR_POOL_TOO_LARGE', pool.acquireAsync(pool.maxBytes + 1))
    }),
    clause('serves those who wait in the order in which they came', async (pool) => {
      const buffers = takeAll(pool)
      const served: number[] = []
      const waits = [0, 1, 2].map(async (turn) => {
        const buffer = await pool.acquireAsync(bytes)
        served.push(turn)
        return buffer
      })
      assert.equal(pool.stats().waiting, 3)
      for (const buffer of buffers.splice(0, 3)) pool.release(buffer)
      for (const buffer of await Promise.all(waits)) pool.release(buffer)
      assert.deepEqual(served, [0, 1, 2])
      for (const buffer of buffers) pool.release(buffer)
    }),
    clause('ends a wait by its timeout, by its signal, and by destroy, and is then as before', async (pool) => {
      const buffers = takeAll(pool)
      await rejects('ERR_POOL_ACQUIRE_TIMEOUT', pool.acquireAsync(bytes, { timeoutMs: 1 }))
      const reason = new Error('called off')
      const controller = new AbortController()
      const aborted = pool.leaseAsync(bytes, { signal: controller.signal })
      controller.abort(reason)
      await assert.rejects(aborted, reason)
      await assert.rejects(pool.acquireAsync(bytes, { signal: AbortSignal.abort(reason) }), reason)
      assert.equal(pool.stats().waiting, 0)
      if (pool.destroy !== undefined) {
        const waits = rejects('ERR_POOL_CLOSED', pool.acquireAsync(bytes))
        pool.destroy()
        await waits
      }
      for (const buffer of buffers) pool.release(buffer)
      assert.equal(pool.stats().inUse, 0)
    }),
    clause('leases exactly the bytes asked for', (pool) => {
      for (const size of [1, 19, 1000, bytes]) {
        const lease = pool.lease(size)
        assert.equal(lease.buffer.length, size)
        lease.release()
      }
      assert.equal(pool.stats().inUse, 0)
    }),
    clause('lets a lease release once, and tells who uses it afterwards', (pool) => {
      const lease = pool.lease(bytes)
      lease.release()
      throws(pool, 'ERR_POOL_DOUBLE_RELEASE', () => lease.release())
      throws(pool, 'ERR_POOL_DOUBLE_RELEASE', () => lease.discard())
      throws(pool, 'ERR_POOL_LEASE_RELEASED', () => lease.buffer)
      throws(pool, 'ERR_POOL_LEASE_RELEASED', () => lease.retain())
      throws(pool, 'ERR_POOL_LEASE_RELEASED', () => lease.hold(Promise.resolve()))
      lease[Symbol.dispose]()
      assert.equal(lease.released, true)
    }),
    clause('keeps a stale lease away from its successor', (pool) => {
      const stale = pool.lease(bytes)
      stale.release()
      const successor = pool.lease(bytes)
      throws(pool, 'ERR_POOL_DOUBLE_RELEASE', () => stale.release())
      stale[Symbol.dispose]()
      assert.equal(pool.stats().inUse, 1)
      successor.buffer.fill(7)
      successor.release()
    }),
    clause('gives shared memory back with its last lease', (pool) => {
      const first = pool.lease(bytes)
      const second = first.retain()
      const third = second.retain()
      second.release()
      first.release()
      assert.equal(pool.stats().inUse, 1)
      assert.equal(third.buffer.length, bytes)
      third.release()
      assert.equal(pool.stats().inUse, 0)
    }),
    clause('keeps memory out until what it is held for has settled', async (pool) => {
      const lease = pool.lease(bytes)
      let settle = (_: string) => {}
      const held = lease.hold(new Promise<string>((resolve) => (settle = resolve)))
      lease.release()
      assert.equal(pool.stats().inUse, 1)
      settle('done')
      assert.equal(await held, 'done')
      assert.equal(pool.stats().inUse, 0)
    }),
    clause('never reuses memory whose I/O failed', async (pool) => {
      const lease = pool.lease(bytes)
      const memory = lease.buffer.buffer
      await assert.rejects(lease.hold(Promise.reject(new Error('read failed'))), /read failed/)
      lease.release()
      assert.equal(pool.stats().inUse, 0)
      for (const buffer of takeAll(pool)) {
        assert.notEqual(buffer.buffer, memory)
        pool.release(buffer)
      }
    }),
    clause('releases a lease at the end of its scope', async (pool) => {
      const lease = pool.lease(bytes)
      lease[Symbol.dispose]()
      const later = pool.lease(bytes)
      void later.hold(new Promise((resolve) => setTimeout(resolve, 5)))
      await later[Symbol.asyncDispose]()
      assert.equal(pool.stats().inUse, 0)
    }),
    clause('waits at the end of a scope for what its lease came to be held for meanwhile', async (pool) => {
      const lease = pool.lease(bytes)
      void lease.hold(new Promise((resolve) => setTimeout(resolve, 2)))
      const ended = lease[Symbol.asyncDispose]()
      let settled = false
      void lease.hold(new Promise((resolve) => setTimeout(resolve, 20))).then(() => (settled = true))
      await ended
      assert.equal(settled, true)
      assert.equal(pool.stats().inUse, 0)
    }),
    clause('serves the waits that stay when others on one signal are called off', async (pool) => {
      const buffers = takeAll(pool)
      const controller = new AbortController()
      const { signal } = controller
      const served: number[] = []
      const waits = Array.from({ length: 40 }, async (_, turn) => {
        const buffer = await pool.acquireAsync(bytes, turn % 2 === 0 ? { signal } : { timeoutMs: 60_000 })
        served.push(turn)
        pool.release(buffer)
      })
      const ends = Promise.allSettled(waits)
      assert.ok(getEventListeners(signal, 'abort').length <= 1, 'each wait added a listener of its own to the signal')
      controller.abort(new Error('called off'))
      assert.equal(getEventListeners(signal, 'abort').length, 0, 'a listener was left on the signal')
      assert.equal(pool.stats().waiting, 20)
      for (const buffer of buffers) pool.release(buffer)
      assert.equal((await ends).filter(({ status }) => status === 'rejected').length, 20)
      assert.deepEqual(
        served,
        Array.from({ length: 20 }, (_, turn) => 2 * turn + 1)
      )
      assert.equal(pool.stats().waiting, 0)
      checkFigures(pool.stats())
    }),
    clause('serves a large request however many small ones come and go', async (pool) => {
      const buffers = takeAll(pool)
      let isServed = false
      const large = pool.acquireAsync(bytes, { timeoutMs: 30_000 }).finally(() => (isServed = true))
      const small = Array.from({ length: 8 }, async () => {
        for (let turns = 0; !isServed && turns < 20_000; turns++) {
          const buffer = await pool.acquireAsync(16)
          if (turns % 3 === 0) await Promise.resolve()
          pool.release(buffer)
        }
      })
      for (const buffer of buffers) {
        pool.release(buffer)
        await Promise.resolve()
      }
      pool.release(await large)
      await Promise.all(small)
      assert.equal(pool.stats().inUse, 0)
      checkFigures(pool.stats())
    }),
    ...reentrancyClauses(() => createPool({ bytes, maxBuffers: 4 }), bytes),
    clause('refuses everything but releases once it was destroyed', async (pool) => {
      if (pool.destroy === undefined) return
      const buffer = pool.acquire(bytes)
      const lease = pool.lease(bytes)
      pool.destroy()
      pool.destroy()
      throws(pool, 'ERR_POOL_CLOSED', () => pool.acquire(bytes))
      throws(pool, 'ERR_POOL_CLOSED', () => pool.lease(bytes))
      await rejects('ERR_POOL_CLOSED', pool.acquireAsync(bytes))
      pool.release(buffer)
      lease.release()
      const { inUse, available, closed, liveBytes } = pool.stats()
      assert.deepEqual({ inUse, available, closed, liveBytes }, { inUse: 0, available: 0, closed: true, liveBytes: 0 })
    }),
    clause('tells figures that agree with each other, frozen, and none of them NaN', (pool) => {
      const buffer = pool.acquire(bytes)
      const stats = pool.stats()
      checkFigures(stats)
      assert.equal(stats.name, pool.name)
      assert.ok(Object.isFrozen(stats) && Object.isFrozen(stats.sizeClasses))
      pool.release(buffer)
      assert.equal(stats.inUse, 1, 'a snapshot must not change')
      checkFigures(pool.stats())
    })
  ]
}

function throws(pool: ContractPool, code: string, fn: () => unknown): void {
  const before = pool.stats()
  assert.throws(fn, (error) => isPoolError(error, code) || assert.fail(`${code} expected, got ${error}`))
  const after = pool.stats()
  for (const figure of ['available', 'inUse', 'total', 'acquisitions', 'releases', 'hits', 'misses', 'discards', 'liveBytes'] as const) {
    assert.equal(after[figure], before[figure], `${figure} changed although ${code} was thrown`)
  }
}

async function rejects(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => isPoolError(error, code) || assert.fail(`${code} expected, got ${error}`))
}
