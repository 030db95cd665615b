import { once } from 'node:events'
import { isPoolError, type Lease } from '@pool/core'
import { describe, expect, it, vi } from 'vitest'
import { numbered, taken, testPool, twoEnds } from './support/two-ends.js'
import { until } from './support/until.js'

const paths = ['direct', 'copied'] as const

describe.each(paths)('PooledConnection, read on the path %s', (path) => {
  it('says how its bytes get into leases', async () => {
    const { connection } = await twoEnds({}, path)
    expect(connection.stats().path).toBe(path)
  })

  it('reads exactly as many bytes as asked for', async () => {
    const { connection, peer, pool } = await twoEnds({}, path)
    const first = connection.read(5)
    peer.write('hello world')
    expect(taken(await first)).toBe('hello')
    expect(taken(connection.tryRead(6))).toBe(' world')
    expect(connection.tryRead(1)).toBeUndefined()
    expect(pool).toHaveProperty('name')
  })

  it('reads a long message into one lease, and the next behind it', async () => {
    const { connection, peer } = await twoEnds({}, path)
    const all = numbered(3_000_000)
    peer.write(all)
    const long = (await connection.read(2_500_000)) as Lease<Buffer>
    expect(long.buffer.equals(all.subarray(0, 2_500_000))).toBe(true)
    const rest = (await connection.read(500_000)) as Lease<Buffer>
    expect(rest.buffer.equals(all.subarray(2_500_000))).toBe(true)
    long.release()
    rest.release()
  })

  it('reads up to a delimiter, one that comes in two pieces too', async () => {
    const { connection, peer } = await twoEnds({}, path)
    peer.write('one\r')
    const line = connection.readUntil(Buffer.from('\r\n'))
    await until(() => connection.readAheadBytes === 4)
    peer.write('\ntwo\r\nthr')
    expect(taken(await line)).toBe('one\r\n')
    expect(taken(await connection.readUntil(10))).toBe('two\r\n')
    await until(() => connection.readAheadBytes === 3)
    expect(connection.tryReadUntil(10)).toBeUndefined()
  })

  it('rejects a line that is too long, and consumes nothing of it', async () => {
    const { connection, peer } = await twoEnds({}, path)
    peer.write('a line that is long')
    await expect(connection.readUntil(10, 8)).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_TOO_LARGE' })
    expect(taken(await connection.read(6))).toBe('a line')
  })

  it('shows bytes without consuming them, and throws bytes away', async () => {
    const { connection, peer } = await twoEnds({}, path)
    peer.write('head body')
    expect((await connection.peek(4))?.toString()).toBe('head')
    expect(await connection.skip(5)).toBe(5)
    expect(connection.tryPeek(4)?.toString()).toBe('body')
    expect(connection.trySkip(100)).toBe(4)
  })

  it('iterates until the peer ends', async () => {
    const { connection, peer, pool } = await twoEnds({}, path)
    const all = numbered(1_000_000)
    peer.end(all)
    const chunks: Buffer[] = []
    for await (const lease of connection) {
      chunks.push(Buffer.from(lease.buffer))
      lease.release()
    }
    expect(Buffer.concat(chunks).equals(all)).toBe(true)
    expect(connection.ended).toBe(true)
    expect(await connection.read(1)).toBeUndefined()
    expect((pool as ReturnType<typeof testPool>).stats().inUse).toBe(0)
  })

  it('calls a consumer with each lease, which waits for its promise, until the peer ends', async () => {
    const { connection, peer } = await twoEnds({ maxReadAheadBytes: 100_000 }, path)
    const all = numbered(1_000_000)
    peer.end(all)
    let at = 0
    let calls = 0
    let working = 0
    await connection.consume((lease) => {
      if (++working > 1) throw new Error('two leases at once')
      if (!lease.buffer.equals(all.subarray(at, at + lease.buffer.length))) throw new Error(`other bytes at ${at}`)
      at += lease.buffer.length
      lease.release()
      const done = (): void => void working--
      if (++calls % 3 !== 0) return done()
      expect(connection.readAheadBytes).toBeLessThan(100_000 + 4 * 65_536)
      return new Promise<void>((resolve) => setTimeout(resolve, 1)).then(done)
    })
    expect(at).toBe(all.length)
    expect(connection.ended).toBe(true)
  })

  it('ends a loop with what its consumer threw, or its promise rejected with, and stays open', async () => {
    const { connection, peer } = await twoEnds({}, path)
    const failure = new Error('enough')
    const threw = connection.consume((lease) => {
      lease.release()
      throw failure
    })
    peer.write('one')
    await expect(threw).rejects.toBe(failure)
    const rejected = connection.consume(async (lease) => {
      lease.release()
      throw failure
    })
    peer.write('two')
    await expect(rejected).rejects.toBe(failure)
    peer.write('three')
    expect(taken(await connection.read(5))).toBe('three')
  })

  it('lets no other read begin while a loop runs, not from its consumer and not while that is at work', async () => {
    const { connection, peer } = await twoEnds({}, path)
    const pending = expect.objectContaining({ code: 'ERR_POOL_READ_PENDING' })
    const stop = new AbortController()
    let goOn = (): void => {}
    const loop = connection.consume(
      (lease) => {
        lease.release()
        expect(() => connection.tryReadSome()).toThrow(pending)
        return new Promise<void>((resolve) => {
          goOn = resolve
        })
      },
      { signal: stop.signal }
    )
    expect(() => connection.tryRead(1)).toThrow(pending)
    peer.write('one')
    await until(() => connection.stats().bytesRead === 3)
    peer.write('two')
    await until(() => connection.readAheadBytes === 3)
    await expect(connection.read(3)).rejects.toEqual(pending)
    await expect(connection.consume(() => {})).rejects.toEqual(pending)
    const reason = new Error('that was all')
    stop.abort(reason)
    await expect(loop).rejects.toBe(reason)
    expect(taken(connection.tryRead(3))).toBe('two')
    const next = connection.read(5)
    // The consumer that was left behind disturbs no later read.
    goOn()
    await new Promise(setImmediate)
    peer.write('three')
    expect(taken(await next)).toBe('three')
  })

  it('ends a loop when the connection is destroyed, by its consumer too', async () => {
    const { connection, peer, pool } = await twoEnds({}, path)
    const failure = new Error('away with it')
    const loop = connection.consume((lease) => {
      lease.release()
      connection.destroy(failure)
    })
    peer.write(Buffer.alloc(500_000))
    await expect(loop).rejects.toBe(failure)
    await connection.closed
    expect((pool as ReturnType<typeof testPool>).stats().inUse).toBe(0)
    await expect(connection.consume(() => {})).rejects.toBe(failure)
  })

  it('validates what a loop is given', async () => {
    const { connection } = await twoEnds({}, path)
    const invalid = { code: 'ERR_POOL_INVALID_OPTION' }
    await expect(connection.consume(undefined as never)).rejects.toMatchObject(invalid)
    await expect(connection.consume(() => {}, { timeoutMs: 1 } as never)).rejects.toMatchObject(invalid)
    await expect(connection.consume(() => {}, { signal: 1 } as never)).rejects.toMatchObject(invalid)
    const reason = new Error('before it began')
    await expect(connection.consume(() => {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('tells a message that was cut short from the end', async () => {
    const { connection, peer } = await twoEnds({}, path)
    peer.end('half')
    await expect(connection.read(8)).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_TRUNCATED' })
    expect(taken(await connection.readSome())).toBe('half')
    expect(await connection.readSome()).toBeUndefined()
  })

  it('holds a peer back that sends for ever, and loses nothing of it', async () => {
    const { connection, peer, pool } = await twoEnds({ maxReadAheadBytes: 100_000 }, path)
    const all = numbered(8_000_000)
    peer.write(all)
    await until(() => connection.stopped)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(connection.readAheadBytes).toBeLessThan(100_000 + 2 * 65_536)
    expect((pool as ReturnType<typeof testPool>).stats().inUseBytes).toBeLessThan(400_000)
    let at = 0
    while (at < all.length) {
      const lease = (await connection.readSome()) as Lease<Buffer>
      expect(lease.buffer.equals(all.subarray(at, at + lease.buffer.length))).toBe(true)
      at += lease.buffer.length
      lease.release()
    }
  })

  it('stops reading while the pool is exhausted, and resumes by itself', async () => {
    const pool = testPool(1024 * 1024)
    const { connection, peer, group } = await twoEnds({ pool, maxReadAheadBytes: 2 ** 24, maxMessageBytes: 2 ** 20 }, path)
    const all = numbered(4_000_000)
    peer.write(all)
    await until(() => group.stats().starving === 1)
    let at = 0
    while (at < all.length) {
      const lease = (await connection.readSome()) as Lease<Buffer>
      expect(lease.buffer.equals(all.subarray(at, at + lease.buffer.length))).toBe(true)
      at += lease.buffer.length
      lease.release()
    }
    expect(group.stats()).toMatchObject({ starving: 0 })
    expect(group.stats().stalls).toBeGreaterThan(0)
    expect(pool.stats().inUse).toBe(0)
  })

  it('rejects the read that waits when the peer resets, and gives back what was read ahead', async () => {
    const { connection, peer, pool } = await twoEnds({}, path)
    peer.write('some')
    await until(() => connection.readAheadBytes === 4)
    const read = connection.read(10)
    peer.resetAndDestroy()
    await expect(read).rejects.toMatchObject({ code: 'ECONNRESET' })
    await connection.closed
    expect(connection.error).toMatchObject({ code: 'ECONNRESET' })
    expect((pool as ReturnType<typeof testPool>).stats().inUse).toBe(0)
    await expect(connection.read(1)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('keeps what came before the end for the reader, though the socket has closed', async () => {
    const { connection, peer } = await twoEnds({}, path)
    await connection.end()
    peer.end('answer')
    await connection.closed
    expect(connection.error).toBeUndefined()
    expect(taken(await connection.read(6))).toBe('answer')
    expect(await connection.readSome()).toBeUndefined()
  })

  it('lends bytes of one arrival apart, each until its own release', async () => {
    const { connection, peer, pool } = await twoEnds({}, path)
    peer.write('aabbcc')
    await until(() => connection.readAheadBytes === 6)
    const leases = ['aa', 'bb', 'cc'].map(() => connection.tryRead(2) as Lease<Buffer>)
    const { stats } = pool as ReturnType<typeof testPool>
    expect(stats.call(pool).inUse).toBe(1)
    expect(leases.map(({ buffer }) => buffer.toString())).toEqual(['aa', 'bb', 'cc'])
    leases[1]?.release()
    expect(() => leases[1]?.buffer).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
    expect(() => leases[1]?.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    const other = leases[0]?.retain()
    leases[0]?.release()
    leases[2]?.release()
    expect(stats.call(pool).inUse).toBe(1)
    expect(taken(other)).toBe('aa')
    expect(stats.call(pool).inUse).toBe(0)
  })

  it('withdraws the memory that a discarded lease was cut out of', async () => {
    const { connection, peer, pool } = await twoEnds({}, path)
    peer.write('aabb')
    await until(() => connection.readAheadBytes === 4)
    connection.tryRead(2)?.discard()
    connection.tryRead(2)?.release()
    expect((pool as ReturnType<typeof testPool>).stats()).toMatchObject({ inUse: 0, quarantined: 1 })
  })
})

describe('PooledConnection', () => {
  it('refuses a second read while one waits', async () => {
    const { connection, peer } = await twoEnds()
    const first = connection.read(3)
    for (const second of [connection.read(1), connection.readSome(), connection.readUntil(10), connection.peek(1), connection.skip(1)]) {
      await expect(second).rejects.toMatchObject({ code: 'ERR_POOL_READ_PENDING' })
    }
    expect(() => connection.tryRead(1)).toThrow(expect.objectContaining({ code: 'ERR_POOL_READ_PENDING' }))
    peer.write('abc')
    expect(taken(await first)).toBe('abc')
  })

  it.each([0, -1, 1.5, Number.NaN, '1', undefined])('refuses to read %s bytes', async (bytes) => {
    const { connection } = await twoEnds()
    const code = { code: 'ERR_POOL_INVALID_OPTION' }
    await expect(connection.read(bytes as number)).rejects.toMatchObject(code)
    await expect(connection.peek(bytes as number)).rejects.toMatchObject(code)
    expect(() => connection.tryRead(bytes as number)).toThrow(expect.objectContaining(code))
  })

  it('refuses to read more than maxMessageBytes', async () => {
    const { connection } = await twoEnds({ maxMessageBytes: 100 })
    await expect(connection.read(101)).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_TOO_LARGE' })
  })

  it.each([-1, 256, '\n', new Uint8Array(0), undefined])('refuses the delimiter %s', async (delimiter) => {
    const { connection } = await twoEnds()
    await expect(connection.readUntil(delimiter as number)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
  })

  it('loses nothing when a read is called off', async () => {
    const { connection, peer } = await twoEnds()
    const control = new AbortController()
    const read = connection.read(200_000, { signal: control.signal })
    peer.write(numbered(150_000))
    await until(() => connection.readAheadBytes === 150_000)
    control.abort(new Error('enough'))
    await expect(read).rejects.toThrow('enough')
    await expect(connection.read(160_000, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_TIMEOUT' })
    peer.write(numbered(50_000, 150_000))
    const lease = (await connection.read(200_000)) as Lease<Buffer>
    expect(lease.buffer.equals(numbered(200_000))).toBe(true)
    lease.release()
    const aborted = connection.read(1, { signal: AbortSignal.abort(new Error('before')) })
    await expect(aborted).rejects.toThrow('before')
  })

  it('answers at once what lies there, with no turn of the event loop between', async () => {
    const { connection, peer } = await twoEnds()
    peer.write(Buffer.alloc(3000, 'abc'))
    await until(() => connection.readAheadBytes === 3000)
    let count = 0
    for (let lease = connection.tryRead(3); lease !== undefined; lease = connection.tryRead(3)) {
      expect(taken(lease)).toBe('abc')
      count++
    }
    expect(count).toBe(1000)
  })

  it('is destroyed by its signal', async () => {
    const control = new AbortController()
    const { connection } = await twoEnds({ signal: control.signal })
    const read = connection.read(1)
    control.abort(new Error('shutdown'))
    await expect(read).rejects.toThrow('shutdown')
    await connection.closed
    expect(connection.error).toMatchObject({ message: 'shutdown' })
    expect(connection.destroyed).toBe(true)
  })

  it('gives up on a peer that sends nothing for idleTimeoutMs, and on one that never began for firstByteTimeoutMs', async () => {
    const idle = await twoEnds({ idleTimeoutMs: 40, firstByteTimeoutMs: 10_000 })
    idle.peer.write('x')
    const never = await twoEnds({ idleTimeoutMs: 10_000, firstByteTimeoutMs: 40 })
    await idle.connection.closed
    await never.connection.closed
    expect(isPoolError(idle.connection.error, 'ERR_POOL_CONNECTION_TIMEOUT')).toBe(true)
    expect((idle.connection.error as Error).message).toContain('idleTimeoutMs')
    expect((never.connection.error as Error).message).toContain('firstByteTimeoutMs')
    expect(never.group.stats()).toMatchObject({ timedOut: 1, failed: 1, connections: 0 })
  })

  it('does not blame a peer for silence that it holds back itself', async () => {
    const { connection, peer } = await twoEnds({ idleTimeoutMs: 30, maxReadAheadBytes: 1000 })
    peer.write(numbered(2_000_000))
    await until(() => connection.stopped)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(connection.destroyed).toBe(false)
  })

  it('gives up on a peer that sends and does not read what is written to it', async () => {
    const { connection, peer } = await twoEnds({ idleTimeoutMs: 300, maxReadAheadBytes: 1000 })
    peer.pause().write(Buffer.alloc(100_000))
    connection.write(Buffer.alloc(16_000_000)).catch(() => {})
    await until(() => connection.stopped)
    await connection.closed
    expect(isPoolError(connection.error, 'ERR_POOL_CONNECTION_TIMEOUT')).toBe(true)
  })

  it('does not give up on a peer that takes its time over one long write', async () => {
    const { connection, peer } = await twoEnds({ firstByteTimeoutMs: 500 })
    peer.pause()
    const written = connection.write(Buffer.alloc(24_000_000))
    const began = performance.now()
    for (let come = 0; come < 24_000_000; await new Promise((resolve) => setTimeout(resolve, 2))) {
      const share = ((performance.now() - began) / 1200) * 24_000_000
      while (come < share) {
        const chunk: Buffer | null = peer.read()
        if (chunk === null) break
        come += chunk.length
      }
      if (connection.error !== undefined) throw connection.error
    }
    await written
    expect(performance.now() - began).toBeGreaterThan(1000)
  })

  it('ends its side once the reader has met the end, unless half-open connections are allowed', async () => {
    const closing = await twoEnds()
    const open = await twoEnds({ allowHalfOpen: true })
    closing.peer.resume().end()
    open.peer.end()
    const ended = once(closing.peer, 'end')
    expect(await closing.connection.readSome()).toBeUndefined()
    await ended
    expect(await open.connection.readSome()).toBeUndefined()
    const answer = once(open.peer, 'data')
    await open.connection.write(Buffer.from('still here'))
    expect(String(await answer)).toBe('still here')
  })

  it('closes in order: sends what was written, throws away what comes, and waits for the peer', async () => {
    const { connection, peer, pool } = await twoEnds()
    const received: Buffer[] = []
    peer.on('data', (chunk) => received.push(chunk))
    peer.write(numbered(300_000))
    peer.once('end', () => peer.end(numbered(300_000)))
    void connection.write(numbered(500_000))
    await connection.close()
    expect(Buffer.concat(received).equals(numbered(500_000))).toBe(true)
    expect(connection.error).toBeUndefined()
    expect((pool as ReturnType<typeof testPool>).stats().inUse).toBe(0)
    await expect(connection.read(1)).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_CLOSED' })
  })

  it('waits no longer than closeTimeoutMs for a peer that does not end', async () => {
    const { connection } = await twoEnds({ closeTimeoutMs: 20 })
    await connection.close()
    expect(connection.destroyed).toBe(true)
  })

  it('is destroyed at the end of a scope by using, and closed in order by await using', async () => {
    const first = await twoEnds()
    first.connection[Symbol.dispose]()
    expect(first.connection.destroyed).toBe(true)
    const second = await twoEnds()
    second.peer.resume().on('end', () => second.peer.end())
    await second.connection[Symbol.asyncDispose]()
    expect(second.connection.error).toBeUndefined()
    await second.connection.closed
  })

  it('may be destroyed again and again, and keeps the first error', async () => {
    const { connection } = await twoEnds()
    connection.destroy(new Error('first'))
    connection.destroy(new Error('second'))
    await connection.closed
    connection.destroy(new Error('third'))
    expect(connection.error).toMatchObject({ message: 'first' })
    await connection.close()
  })

  it('waits for memory to put together what came before the end, though the socket has closed', async () => {
    const pool = testPool(65_536)
    const { connection, peer } = await twoEnds({ pool, maxReadAheadBytes: 100_000 })
    await connection.end()
    peer.write(numbered(3000))
    await until(() => connection.readAheadBytes === 3000)
    peer.end(numbered(3000, 3000))
    await connection.closed
    const held = [32, 16, 8].map((kibibytes) => pool.lease(kibibytes * 1024))
    const read = connection.read(6000)
    await new Promise(setImmediate)
    for (const one of held) one.release()
    const lease = await read
    expect(lease?.buffer.equals(numbered(6000))).toBe(true)
    lease?.release()
    expect(pool.stats().inUse).toBe(0)
  })

  it('emits no warning of too many listeners on one signal', async () => {
    const warn = vi.fn()
    const listener = ({ name }: Error) => name === 'MaxListenersExceededWarning' && warn()
    process.on('warning', listener)
    const { signal } = new AbortController()
    for (let count = 0; count < 15; count++) await twoEnds({ signal })
    await new Promise(setImmediate)
    process.off('warning', listener)
    expect(warn).not.toHaveBeenCalled()
  })
})
