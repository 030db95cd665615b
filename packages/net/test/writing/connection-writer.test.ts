import { once } from 'node:events'
import type { Lease } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { ConnectionGroup } from '../../src/index.js'
import { numbered, testPool, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

function leaseOf(pool: ReturnType<typeof testPool>, bytes: Buffer): Lease<Buffer> {
  const lease = pool.lease(bytes.length)
  bytes.copy(lease.buffer)
  return lease
}

describe('ConnectionWriter', () => {
  it('writes bytes, leases and lists of both in order, and gives the leases back once they are sent', async () => {
    const pool = testPool()
    const { connection, peer } = await twoEnds({ pool })
    const received: Buffer[] = []
    peer.on('data', (chunk) => received.push(chunk))
    const all = numbered(100_000)
    await connection.write(all.subarray(0, 10))
    await connection.write(leaseOf(pool, all.subarray(10, 1000)))
    const list = [
      all.subarray(1000, 1001),
      leaseOf(pool, all.subarray(1001, 50_000)),
      new Uint8Array(0),
      leaseOf(pool, all.subarray(50_000))
    ]
    await connection.write(list)
    await connection.write([])
    expect(pool.stats().inUse).toBe(0)
    await until(() => Buffer.concat(received).length === all.length)
    expect(Buffer.concat(received).equals(all)).toBe(true)
    expect(connection.stats()).toMatchObject({ bytesWritten: 100_000, unsentBytes: 0 })
  })

  it('gives the memory back at once where the system takes all bytes at once, and calls back later', async () => {
    const pool = testPool()
    const { connection, peer } = await twoEnds({ pool })
    expect(connection.send(leaseOf(pool, Buffer.from('one ')))).toBeUndefined()
    expect(pool.stats().inUse).toBe(0)
    expect(connection.stats()).toMatchObject({ bytesWritten: 4, unsentBytes: 0 })
    let isCalled = false
    expect(
      connection.tryWrite([leaseOf(pool, Buffer.from('two ')), Buffer.from('three')], () => {
        isCalled = true
      })
    ).toBe(true)
    expect(isCalled).toBe(false)
    await until(() => isCalled)
    expect(pool.stats().inUse).toBe(0)
    connection.cork()
    const corked = connection.write(leaseOf(pool, Buffer.from(' four')))
    expect(connection.stats()).toMatchObject({ bytesWritten: 13, unsentBytes: 5 })
    connection.uncork()
    await corked
    await until(() => peer.readableLength === 18)
    expect(String(peer.read(18))).toBe('one two three four')
  })

  it('takes the leases out of a list once there is room, and not before', async () => {
    const pool = testPool()
    const { connection, peer } = await twoEnds({ pool, maxUnsentBytes: 1_000_000 })
    const received: Buffer[] = []
    peer.on('data', (chunk) => received.push(chunk))
    peer.pause()
    const large = connection.write(Buffer.alloc(16_000_000))
    let leases = [leaseOf(pool, Buffer.from('two ')), leaseOf(pool, Buffer.from('leases'))]
    const list = {
      get length() {
        return leases.reduce((bytes, lease) => bytes + lease.buffer.length, 0)
      },
      takeLeases() {
        const taken = leases
        leases = []
        return taken
      }
    }
    expect(() => connection.write(list)).toThrow(expect.objectContaining({ code: 'ERR_POOL_UNSENT_LIMIT' }))
    expect(connection.tryWrite(list)).toBe(false)
    expect(list.length).toBe(10)
    peer.resume()
    await large
    await connection.write(list)
    await connection.write(list)
    expect(list.length).toBe(0)
    expect(pool.stats().inUse).toBe(0)
    await until(() => Buffer.concat(received).subarray(16_000_000).toString() === 'two leases')
    const error = new Error('may not be taken now')
    const taking = {
      length: 1,
      takeLeases() {
        throw error
      }
    }
    expect(() => connection.write(taking)).toThrow(error)
    expect(() => connection.tryWrite(taking)).toThrow(error)
    expect(connection.stats().unsentBytes).toBe(0)
  })

  it('refuses more than maxUnsentBytes, and leaves the lease to the caller', async () => {
    const pool = testPool()
    const { connection, peer } = await twoEnds({ pool, maxUnsentBytes: 1_000_000 })
    peer.pause()
    // More than the system takes: the rest stays unsent.
    const large = connection.write(Buffer.alloc(16_000_000))
    const lease = pool.lease(1000)
    expect(() => connection.write(lease)).toThrow(expect.objectContaining({ code: 'ERR_POOL_UNSENT_LIMIT' }))
    expect(connection.tryWrite(lease)).toBe(false)
    expect(lease.released).toBe(false)
    let isDrained = false
    const drained = connection.drain().then(() => {
      isDrained = true
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isDrained).toBe(false)
    peer.resume()
    await drained
    expect(connection.tryWrite(lease)).toBe(true)
    await large
    await until(() => pool.stats().inUse === 0)
  })

  it('refuses what a group of connections may not keep together, and lets each connection go on', async () => {
    const group = new ConnectionGroup({ maxUnsentBytes: 1_000_000 })
    const one = await twoEnds({ group })
    const other = await twoEnds({ group })
    one.peer.pause()
    other.peer.pause()
    void one.connection.write(Buffer.alloc(16_000_000))
    void other.connection.write(Buffer.alloc(16_000_000))
    expect(() => other.connection.write(Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'ERR_POOL_UNSENT_LIMIT' }))
    expect(group.stats().unsentBytes).toBe(32_000_000)
    one.peer.resume()
    await one.connection.drain()
    expect(one.connection.tryWrite(Buffer.alloc(1))).toBe(true)
    one.connection.destroy()
    other.connection.destroy()
    await Promise.all([one.connection.closed, other.connection.closed])
    expect(group.stats().unsentBytes).toBe(0)
  })

  it.each([undefined, null, 1, 'text', {}, [1], [undefined], new ArrayBuffer(4)])('refuses to write %s', async (data) => {
    const { connection } = await twoEnds()
    expect(() => connection.write(data as Uint8Array)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    expect(connection.unsentBytes).toBe(0)
  })

  it('refuses a lease that was released, and takes none of its list', async () => {
    const pool = testPool()
    const { connection } = await twoEnds({ pool })
    const [good, gone] = [pool.lease(10), pool.lease(10)]
    gone.release()
    expect(() => connection.write([good, gone])).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
    expect(good.released).toBe(false)
    good.release()
  })

  it('withdraws the memory of writes that failed', async () => {
    const pool = testPool()
    const { connection, peer, group } = await twoEnds({ pool })
    peer.pause()
    const writes = [connection.write(leaseOf(pool, Buffer.alloc(12_000_000)))]
    void connection.end().catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 20))
    peer.resetAndDestroy()
    const settled = await Promise.allSettled(writes)
    expect(settled[0]).toMatchObject({ status: 'rejected' })
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 1 })
    expect(group.stats()).toMatchObject({ failedWrites: 1, unsentBytes: 0 })
  })

  it('withdraws what was still unsent when it is destroyed, and calls back each write once', async () => {
    const pool = testPool()
    const { connection, peer } = await twoEnds({ pool, maxUnsentBytes: 2 ** 30 })
    peer.pause()
    const outcomes: unknown[] = []
    for (let count = 0; count < 5; count++) connection.tryWrite(leaseOf(pool, Buffer.alloc(8_000_000)), (error) => outcomes.push(error))
    await new Promise((resolve) => setTimeout(resolve, 20))
    connection.destroy(new Error('gone'))
    await connection.closed
    expect(outcomes.filter((error) => (error as Error)?.message === 'gone')).toHaveLength(outcomes.length)
    expect(outcomes).toHaveLength(5)
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 5 })
  })

  it('gives the memory back of what is written after the end, since that never began', async () => {
    const pool = testPool()
    const { connection } = await twoEnds({ pool })
    void connection.end()
    const lease = pool.lease(10)
    await expect(connection.write(lease)).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_CLOSED' })
    expect(lease.released).toBe(true)
    const outcome = await new Promise((resolve) => connection.tryWrite(Buffer.alloc(1), resolve))
    expect(outcome).toMatchObject({ code: 'ERR_POOL_CONNECTION_CLOSED' })
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
  })

  it('sends together what was written while corked', async () => {
    const { connection, peer } = await twoEnds()
    const arrived = once(peer, 'data')
    connection.cork()
    void connection.write(Buffer.from('one '))
    void connection.write(Buffer.from('chunk'))
    connection.uncork()
    expect(String(await arrived)).toBe('one chunk')
  })

  it('keeps memory flat towards a peer that never reads', async () => {
    const pool = testPool()
    const { connection, peer } = await twoEnds({ pool, maxUnsentBytes: 200_000 })
    peer.pause()
    let refusals = 0
    for (let count = 0; count < 10_000; count++) {
      const lease = pool.lease(10_000)
      if (!connection.tryWrite(lease)) {
        refusals++
        lease.release()
      }
      if (count % 100 === 0) await new Promise(setImmediate)
    }
    expect(refusals).toBeGreaterThan(1000)
    expect(connection.unsentBytes).toBeLessThanOrEqual(200_000)
    expect(pool.stats().inUse).toBeLessThanOrEqual(20)
  })

  it('sends at once where there is room, and waits for room where there is none', async () => {
    const pool = testPool()
    const { connection, peer } = await twoEnds({ pool, maxUnsentBytes: 1_000_000 })
    peer.pause()
    expect(connection.send(Buffer.alloc(16_000_000, 1))).toBeUndefined()
    const waits = connection.send(leaseOf(pool, Buffer.from('behind')))
    expect(waits).toBeInstanceOf(Promise)
    // No other write overtakes it.
    const limit = expect.objectContaining({ code: 'ERR_POOL_UNSENT_LIMIT' })
    const own = leaseOf(pool, Buffer.from('own'))
    expect(() => connection.send(own)).toThrow(limit)
    expect(() => connection.write(own)).toThrow(limit)
    expect(connection.tryWrite(own)).toBe(false)
    expect(own.released).toBe(false)
    const received: Buffer[] = []
    peer.on('data', (chunk: Buffer) => received.push(chunk)).resume()
    await waits
    await connection.write(own)
    await until(() => received.reduce((sum, { length }) => sum + length, 0) === 16_000_009)
    expect(Buffer.concat(received).subarray(-9).toString()).toBe('behindown')
    expect(pool.stats().inUse).toBe(0)
  }, 60_000)

  it('rejects a send that waits when the connection ends or closes, and releases its leases', async () => {
    const pool = testPool()
    const closed = { code: 'ERR_POOL_CONNECTION_CLOSED' }
    for (const end of ['end', 'destroy'] as const) {
      const { connection, peer } = await twoEnds({ pool, maxUnsentBytes: 1_000_000 })
      peer.pause()
      connection.send(Buffer.alloc(16_000_000))
      const waits = connection.send(leaseOf(pool, Buffer.from('behind')))
      void connection[end]()
      await expect(waits).rejects.toMatchObject(closed)
      await expect(connection.send(leaseOf(pool, Buffer.from('late')))).rejects.toMatchObject(closed)
      expect(pool.stats().inUse).toBe(0)
      connection.destroy()
    }
  })

  it('relays from one connection to another with what a send waits for, in bounded memory', async () => {
    const pool = testPool()
    const from = await twoEnds({ pool, maxReadAheadBytes: 300_000 })
    const to = await twoEnds({ pool, maxUnsentBytes: 200_000 })
    const all = numbered(20_000_000)
    from.peer.end(all)
    const relaying = from.connection.consume((lease) => to.connection.send(lease)).then(() => to.connection.end())
    let most = 0
    let at = 0
    for await (const chunk of to.peer) {
      if (!(chunk as Buffer).equals(all.subarray(at, at + chunk.length))) throw new Error(`other bytes at ${at}`)
      at += chunk.length
      most = Math.max(most, pool.stats().inUseBytes)
      if (at % 7 === 0) await new Promise(setImmediate)
    }
    await relaying
    expect(at).toBe(all.length)
    expect(most).toBeLessThan(2_000_000)
    from.connection.destroy()
    to.connection.destroy()
    await Promise.all([from.connection.closed, to.connection.closed])
    expect(pool.stats().inUse).toBe(0)
  }, 60_000)
})
