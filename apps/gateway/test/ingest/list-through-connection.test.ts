import { once } from 'node:events'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { SizeClassPool } from '@pool/core'
import { connectPooled } from '@pool/net'
import { PooledBufferList } from '@pool/stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

let pool: SizeClassPool
beforeEach(() => {
  pool = new SizeClassPool({ name: 'lists', sizes: [64 * 1024], maxSize: 1000, shrinkInterval: 0 })
})
afterEach(() => {
  vi.restoreAllMocks()
  pool.destroy()
})

/** A server that collects all that comes, from the moment the test says so, and a connection to it. */
async function twoEnds() {
  const server = createServer((socket) => socket.pause().on('error', () => {})).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const connection = await connectPooled({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', maxUnsentBytes: 2 ** 26 })
  const [peer] = await accepted
  return {
    connection,
    peer,
    close: () => {
      connection.destroy()
      peer.destroy()
      server.close()
    }
  }
}

describe('a PooledBufferList through a connection of net', () => {
  it('is written by writev out of its own memory, and given back once the system has it', async () => {
    const { connection, peer, close } = await twoEnds()
    const writev = vi.spyOn(Socket.prototype as Required<Pick<Socket, '_writev'>>, '_writev')
    const content = Buffer.alloc(300_000, 'a pooled list ')
    const list = new PooledBufferList({ pool, segmentBytes: 64 * 1024 })
    list.write(content)
    const segments = [...list].map(({ buffer, byteOffset, length }) => ({ buffer, byteOffset, length }))
    expect(segments.length).toBeGreaterThan(4)

    const written = connection.write(list)
    expect(list.length).toBe(0)
    // All segments in one call, each of them the memory of the list and not a copy.
    expect(writev).toHaveBeenCalledTimes(1)
    // Node puts the buffers into the places of its entries.
    const chunks = writev.mock.calls[0]?.[0] as readonly (Buffer | { readonly chunk: Buffer })[]
    expect(chunks).toHaveLength(segments.length)
    const isOwn = segments.map(({ buffer, byteOffset, length }, index) => {
      const entry = chunks[index]
      const chunk = entry !== undefined && 'chunk' in entry ? entry.chunk : entry
      return chunk?.buffer === buffer && chunk.byteOffset === byteOffset && chunk.length === length
    })
    expect(isOwn).toEqual(segments.map(() => true))

    const came: Buffer[] = []
    peer.on('data', (chunk: Buffer) => came.push(chunk)).resume()
    await written
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
    await connection.end()
    await once(peer, 'end')
    expect(Buffer.concat(came).equals(content)).toBe(true)
    close()
  })

  it('keeps its memory while the system does not take it, and loses it when the connection goes first', async () => {
    const { connection, close } = await twoEnds()
    const list = new PooledBufferList({ pool, segmentBytes: 64 * 1024 })
    list.write(Buffer.alloc(32 * 1024 * 1024))
    const { inUse } = pool.stats()
    const written = connection.write(list)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(pool.stats()).toMatchObject({ inUse, quarantined: 0 })
    connection.destroy()
    await expect(written).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_CLOSED' })
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: inUse })
    close()
  })
})
