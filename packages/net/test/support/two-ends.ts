import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type BufferSource, SizeClassPool } from '@pool/core'
import { onTestFinished } from 'vitest'
import { ConnectionGroup, type ConnectionOptions, type PooledConnection, pooledConnection } from '../../src/index.js'

/** A pool that the test at hand owns. */
export function testPool(maxLiveBytes = 256 * 1024 * 1024): SizeClassPool {
  const maxClassBytes = Math.min(maxLiveBytes, 16 * 1024 * 1024)
  const pool = new SizeClassPool({ maxClassBytes, maxSize: 1_000_000, maxLiveBytes, clear: 'never', shrinkInterval: 0 })
  onTestFinished(() => pool.destroy())
  return pool
}

/** An accepted connection of ours, and the plain socket of Node's at its other end. Both go when the test is over. */
export interface TwoEnds {
  readonly connection: PooledConnection
  readonly peer: Socket
  readonly pool: BufferSource<Buffer>
  readonly group: ConnectionGroup
}

/** How the accepted socket comes to its connection: as `pauseOnConnect` leaves it, or flowing, so that its bytes are copied. */
export type Taking = 'direct' | 'copied'

export async function twoEnds(options: ConnectionOptions = {}, taking: Taking = 'direct'): Promise<TwoEnds> {
  const pool = options.pool ?? testPool()
  const group = options.group ?? new ConnectionGroup()
  const server = createServer({ pauseOnConnect: taking === 'direct', allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  peer.on('error', () => {})
  const [accepted] = (await once(server, 'connection')) as [Socket]
  if (taking === 'copied') accepted.resume().pause()
  const connection = pooledConnection(accepted, { ...options, pool, group })
  onTestFinished(() => {
    connection.destroy()
    peer.destroy()
    server.close()
  })
  return { connection, peer, pool, group }
}

/** Bytes that tell their place. */
export function numbered(bytes: number, from = 0): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  for (let at = 0; at < bytes; at++) buffer[at] = ((from + at) * 2_654_435_761) >>> 24
  return buffer
}

/** The bytes of a lease, which is released. */
export function taken(lease: { readonly buffer: Buffer; release(): void } | undefined): string {
  if (lease === undefined) throw new Error('a lease was expected')
  const text = lease.buffer.toString('latin1')
  lease.release()
  return text
}
