import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Lease, SizeClassPool } from '@pool/core'
import { ConnectionGroup, connectPooled, createPooledServer, framed, type PooledConnection } from '../../src/index.js'
import { randomFrom } from './random.js'
import { testTls } from './test-tls.js'
import { until } from './until.js'

/** What was found after all connections were gone. */
export interface Outcome {
  readonly served: number
  readonly leasesOut: number
  readonly foreignBytes: number
  readonly uncaught: unknown[]
  readonly connections: number
  readonly unsentBytes: number
}

/**
 * Serves `count` connections, each of whose peers sends and reads a byte of its own, and has them end at random points: closed, reset,
 * half-open, aborted by a signal, destroyed within a handler, with reads and writes under way. Each fourth peer is a connection of this package too, and
 * one of the two servers lets its connections be half-open.
 */
export async function randomEnds(kind: 'tcp' | 'tls', count: number, seed: number): Promise<Outcome> {
  const random = randomFrom(seed)
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const upTo = (most: number) => 1 + Math.floor(random() ** 2 * most)
  const pool = new SizeClassPool({
    maxClassBytes: 2 ** 20,
    maxSize: 100_000,
    maxLiveBytes: 24 * 2 ** 20,
    clear: 'never',
    shrinkInterval: 0
  })
  const group = new ConnectionGroup()
  const uncaught: unknown[] = []
  const note = (error: unknown) => uncaught.push(error)
  process.on('uncaughtException', note).on('unhandledRejection', note)
  let foreignBytes = 0
  let served = 0

  const check = (lease: Lease<Buffer>, mark: { byte: number }): void => {
    // A message may be empty.
    if (mark.byte === -1) mark.byte = lease.buffer[0] ?? -1
    foreignBytes += othersThan(mark.byte, lease.buffer)
  }

  /** The peer gets its own byte back: in a lease, an array with the same lease twice, or a list, corked or not. */
  const writeBack = (connection: PooledConnection, lease: Lease<Buffer>, byte: number): boolean => {
    const how = random()
    const isCorked = random() < 0.3
    if (isCorked) connection.cork()
    const leases = [lease, lease.retain()]
    const bytes = 2 * lease.buffer.length
    let isWritten: boolean
    if (how < 0.4) {
      leases.pop()?.release()
      isWritten = connection.tryWrite(lease)
    } else if (how < 0.7) isWritten = connection.tryWrite([...leases, Buffer.alloc(byte === -1 ? 0 : upTo(1000), byte)])
    else isWritten = connection.tryWrite({ length: bytes, takeLeases: () => leases.splice(0) })
    if (!isWritten) for (const each of leases) each.release()
    // Some stay corked until they end.
    if (isCorked && random() < 0.8) connection.uncork()
    return isWritten
  }

  const handler = async (connection: PooledConnection): Promise<void> => {
    served++
    const mark = { byte: -1 }
    const kept: Lease<Buffer>[] = []
    const control = new AbortController()
    const end = random()
    if (end < 0.15) setTimeout(() => connection.destroy(), upTo(10))
    else if (end < 0.3) setTimeout(() => control.abort(new Error('called off')), upTo(10))
    try {
      for (let turn = 0; turn < 8; turn++) {
        const choice = random()
        const options = { signal: control.signal }
        let lease: Lease<Buffer> | undefined
        if (choice < 0.3) lease = await connection.read(upTo(100_000), options)
        else if (choice < 0.6) lease = await connection.readSome(upTo(100_000), options)
        else if (choice < 0.7) lease = connection.tryReadSome()
        else if (choice < 0.75) await connection.peek(upTo(50_000), options)
        else if (choice < 0.8) await connection.skip(upTo(50_000), options)
        else if (choice < 0.85) lease = await connection.readUntil(255, 50_000, options)
        else if (choice < 0.9) lease = await framed(connection).read(options)
        else if (choice < 0.95) {
          let left = upTo(5)
          await connection.consume((some) => {
            check(some, mark)
            if (random() < 0.5 || !connection.tryWrite(some)) some.release()
            if (--left === 0) throw new Error('enough of a loop')
            return random() < 0.3 ? pause(upTo(3)) : undefined
          }, options)
        }
        if (lease === undefined) {
          if (connection.ended) break
          continue
        }
        check(lease, mark)
        if (random() < 0.2) kept.push(lease)
        else if (random() < 0.8) {
          if (writeBack(connection, lease, mark.byte) && random() < 0.3) await connection.drain()
        } else lease.release()
        if (random() < 0.05) throw new Error('a fault of the handler')
      }
      if (random() < 0.5) await connection.end()
    } finally {
      for (const lease of kept) {
        check(lease, mark)
        lease.release()
      }
    }
  }

  const bounds = { pool, group, closeTimeoutMs: 20, idleTimeoutMs: 200, waitMs: 200, maxMessageBytes: 2 ** 20 }
  const tls = kind === 'tls' ? { tls: testTls } : {}
  const servers = [false, true].map((allowHalfOpen) =>
    createPooledServer({ ...bounds, ...tls, allowHalfOpen, onHandlerError: () => {} }, handler)
  )
  await Promise.all(servers.map((server) => server.listen({ port: 0, host: '127.0.0.1' })))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  const host = '127.0.0.1'
  const trusting = { ca: testTls.cert, servername: 'localhost' }

  const pooledPeerOf = async (own: number, port: number): Promise<void> => {
    const control = new AbortController()
    const { signal } = control
    const options = { ...bounds, port, host, signal, allowHalfOpen: random() < 0.5 }
    const connection = await connectPooled(kind === 'tls' ? { ...options, tls: trusting } : options)
    const consumed = connection.consume((lease) => {
      foreignBytes += othersThan(own, lease.buffer)
      lease.release()
    })
    // It may reject before it is awaited.
    consumed.catch(() => {})
    const pieces = upTo(5)
    for (let piece = 0; piece < pieces && !connection.destroyed; piece++) {
      const data = Buffer.alloc(upTo(200_000), own)
      if (random() < 0.5) connection.tryWrite(data)
      else await connection.send(data)
    }
    const end = random()
    if (end < 0.8) await pause(upTo(10))
    if (end < 0.3) connection.destroy()
    else if (end < 0.5) control.abort(new Error('called off'))
    else if (end < 0.8) await connection.end()
    if (end > 0.7) await Promise.race([consumed, pause(50)])
    await connection.close()
    await consumed
  }

  const peerOf = async (index: number): Promise<void> => {
    const own = index % 251
    const port = ports[random() < 0.5 ? 0 : 1] as number
    if (random() < 0.25) {
      // Whatever the other side did to it.
      await pooledPeerOf(own, port).catch(() => {})
      return
    }
    const where = { port, host, allowHalfOpen: random() < 0.5 }
    const socket: Socket = kind === 'tls' ? connectTls({ ...where, ...trusting }) : connect(where)
    socket.on('error', () => {})
    if (random() < 0.9) {
      socket.on('data', (chunk: Buffer) => {
        foreignBytes += othersThan(own, chunk)
      })
    }
    // Not by once(), which rejects at an error that nothing awaits yet.
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    // Else a slow machine would have most of them end within the handshake.
    if (kind === 'tls' && random() < 0.8) await Promise.race([once(socket, 'secureConnect'), closed]).catch(() => {})
    const pieces = upTo(5)
    for (let piece = 0; piece < pieces && !socket.destroyed; piece++) {
      socket.write(Buffer.alloc(upTo(200_000), own))
      if (random() < 0.3) await pause(upTo(5))
    }
    const end = random()
    const later = end < 0.2 ? 0 : upTo(10)
    if (later > 0) await pause(later)
    if (end < 0.4) socket.destroy()
    else if (end < 0.7 && kind === 'tcp') socket.resetAndDestroy()
    else socket.end()
    const timer = setTimeout(() => socket.destroy(), 1000)
    await closed
    clearTimeout(timer)
  }

  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await peerOf(next++)
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  await Promise.all(servers.map((server) => server.close(1000)))
  await until(() => group.connections === 0)
  await pause(50)
  process.off('uncaughtException', note).off('unhandledRejection', note)
  const { connections, unsentBytes } = group.stats()
  const leasesOut = pool.stats().inUse
  pool.destroy()
  return { served, leasesOut, foreignBytes, uncaught, connections, unsentBytes }
}

function othersThan(own: number, bytes: Buffer): number {
  let count = 0
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== own) count++
  return count
}
