import { setTimeout as pause } from 'node:timers/promises'
import type { Lease, SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { numbered, testPool, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

/** Leases all memory of a pool of 64 KiB. */
function heldWhole(pool: SizeClassPool): Lease<Buffer>[] {
  const held: Lease<Buffer>[] = []
  for (let bytes = 32_768; bytes >= 1024; bytes /= 2) {
    while (pool.stats().inUseBytes + bytes <= 64 * 1024) held.push(pool.lease(bytes))
  }
  return held
}

function release(leases: readonly Lease<Buffer>[]): void {
  for (const lease of leases) lease.release()
}

const bounds = { readBytes: 16_384, maxMessageBytes: 32 * 1024 }

describe.each(['direct', 'copied'] as const)('while the pool is exhausted, %s', (path) => {
  it('lets a connection be that does not read, holds its peer back, and reads on once memory is back', async () => {
    const pool = testPool(64 * 1024)
    const held = heldWhole(pool)
    const { connection, peer, group } = await twoEnds({ ...bounds, pool, waitMs: 20 }, path)
    const all = numbered(20_000)
    peer.write(all.subarray(0, 3000))
    await until(() => pool.stats().timeouts === 1)
    peer.write(all.subarray(3000))
    await pause(100)
    expect(connection).toMatchObject({ destroyed: false, error: undefined, stopped: true, readAheadBytes: 3000 })
    expect(connection.stats().path).toBe(path)
    expect(group.stats()).toMatchObject({ starving: 1, stalls: 1 })
    // It stands in no other's way.
    expect(pool.stats().waiting).toBe(0)
    release(held)
    await until(() => connection.readAheadBytes === all.length)
    expect(group.stats()).toMatchObject({ starving: 0, stalls: 1 })
    const lease = (await connection.read(all.length)) as Lease<Buffer>
    expect(lease.buffer.equals(all)).toBe(true)
    lease.release()
    expect(pool.stats().inUse).toBe(0)
  }, 30_000)

  it('gives a read that begins then all of waitMs, and the connection up after that', async () => {
    const pool = testPool(64 * 1024)
    const held = heldWhole(pool)
    const { connection, peer, group } = await twoEnds({ ...bounds, pool, waitMs: 300 }, path)
    peer.write(numbered(3000))
    await until(() => group.stats().starving === 1)
    await pause(200)
    const began = performance.now()
    await expect(connection.read(4000)).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' })
    expect(performance.now() - began).toBeGreaterThan(290)
    expect(connection.destroyed).toBe(true)
    release(held)
  }, 30_000)

  it('serves a read that begins after waitMs as soon as memory is back', async () => {
    const pool = testPool(64 * 1024)
    const held = heldWhole(pool)
    const { connection, peer } = await twoEnds({ ...bounds, pool, waitMs: 10_000 }, path)
    const idle = await twoEnds({ ...bounds, pool, waitMs: 5 }, path)
    const all = numbered(10_000)
    idle.peer.write(all)
    peer.write(all)
    await until(() => pool.stats().timeouts === 1 && connection.stopped)
    const reads = [connection.read(all.length), idle.connection.read(1000)]
    expect(((await reads[1]) as Lease<Buffer>).buffer.equals(all.subarray(0, 1000))).toBe(true)
    release(held)
    expect(((await reads[0]) as Lease<Buffer>).buffer.equals(all)).toBe(true)
  }, 30_000)

  it('closes in order, and throws the rest away without memory', async () => {
    const pool = testPool(64 * 1024)
    const held = heldWhole(pool)
    const { connection, peer, group } = await twoEnds({ ...bounds, pool, closeTimeoutMs: 3_600_000 }, path)
    peer.write(numbered(3000))
    await until(() => group.stats().starving === 1)
    peer.end(numbered(300_000))
    peer.resume()
    await connection.close()
    expect(connection).toMatchObject({ error: undefined, destroyed: true })
    expect(group.stats()).toMatchObject({ starving: 0 })
    release(held)
    expect(pool.stats().inUse).toBe(0)
  }, 30_000)

  it('looks for memory no more once the connection is destroyed', async () => {
    const pool = testPool(64 * 1024)
    const held = heldWhole(pool)
    const { connection, peer, group } = await twoEnds({ ...bounds, pool, waitMs: 5 }, path)
    peer.write(numbered(3000))
    await until(() => pool.stats().timeouts === 1)
    connection.destroy()
    await connection.closed
    expect(group.stats()).toMatchObject({ starving: 0 })
    release(held)
    expect(pool.stats().inUse).toBe(0)
  })
})

it('keeps the bytes of a closed connection after a read that was called off while it waited for memory', async () => {
  const pool = testPool(64 * 1024)
  const { connection, peer } = await twoEnds({ ...bounds, pool, waitMs: 50 })
  await connection.end()
  const all = numbered(6000)
  peer.write(all.subarray(0, 3000))
  await until(() => connection.readAheadBytes === 3000)
  peer.end(all.subarray(3000))
  await connection.closed
  const held = heldWhole(pool)
  await expect(connection.read(6000, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_TIMEOUT' })
  await until(() => pool.stats().timeouts === 1)
  await pause(1)
  expect(connection).toMatchObject({ error: undefined, readAheadBytes: 6000 })
  release(held)
  const lease = (await connection.read(6000)) as Lease<Buffer>
  expect(lease.buffer.equals(all)).toBe(true)
  lease.release()
  expect(pool.stats().inUse).toBe(0)
})
