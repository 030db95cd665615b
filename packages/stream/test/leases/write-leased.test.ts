import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { createServer, get, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { PassThrough, Transform, Writable } from 'node:stream'
import { buffer as collect } from 'node:stream/consumers'
import { createGzip, gunzipSync } from 'node:zlib'
import { BufferPool, SizeClassPool } from '@pool/core'
import { writeLeased } from '@pool/stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { pattern, TempFolder } from '../support/temp-folder.js'
import { until } from '../support/until.js'

const folder = new TempFolder()
let pool = new SizeClassPool({ clear: 'release' })

afterEach(() => {
  expect(pool.stats().inUse).toBe(0)
  pool = new SizeClassPool({ clear: 'release' })
})

function leaseOf(bytes: Uint8Array) {
  const lease = pool.lease(bytes.length)
  lease.buffer.set(bytes)
  return lease
}

/** A writable whose writes are called back by hand. */
function manual(options: { highWaterMark?: number; emitClose?: boolean; autoDestroy?: boolean } = {}) {
  const callbacks: ((error?: Error | null) => void)[] = []
  const writable = new Writable({ ...options, write: (_chunk, _encoding, callback) => void callbacks.push(callback) })
  writable.on('error', () => {})
  return { writable, callbacks }
}

describe('writeLeased', () => {
  it('releases when the write was called back, not before', async () => {
    const { writable, callbacks } = manual()
    await writeLeased(writable, leaseOf(pattern(2000)))
    expect(pool.stats().inUse).toBe(1)
    callbacks.shift()?.()
    await until(() => pool.stats().inUse === 0)
    expect(pool.stats().quarantined).toBe(0)
  })

  it('waits for the drain where the stream asks for it', async () => {
    const { writable, callbacks } = manual({ highWaterMark: 1000 })
    let drained = false
    const writing = writeLeased(writable, leaseOf(pattern(2000))).then(() => {
      drained = true
    })
    await new Promise(setImmediate)
    expect(drained).toBe(false)
    callbacks.shift()?.()
    await writing
    expect(pool.stats().inUse).toBe(0)
  })

  it('lets several writers wait for one drain, with one listener to each event', async () => {
    const { writable, callbacks } = manual({ highWaterMark: 1 })
    const writings = Array.from({ length: 30 }, () => writeLeased(writable, leaseOf(pattern(100))))
    expect(writable.listenerCount('drain')).toBe(1)
    expect(writable.listenerCount('close')).toBe(1)
    while (writable.writableLength > 0) {
      callbacks.shift()?.()
      await new Promise(setImmediate)
    }
    await Promise.all(writings)
  })

  it('ends the wait at finish, since an ended stream does not drain', async () => {
    const { writable, callbacks } = manual({ highWaterMark: 1 })
    const writing = writeLeased(writable, leaseOf(pattern(100)))
    writable.end()
    callbacks.shift()?.()
    await writing
  })

  it('withdraws the memory when the write fails, and rejects with the error', async () => {
    const { writable, callbacks } = manual({ highWaterMark: 1 })
    const failed = new Error('disk full')
    const first = writeLeased(writable, leaseOf(pattern(100)))
    const second = writeLeased(writable, leaseOf(pattern(100)))
    callbacks.shift()?.(failed)
    await expect(first).rejects.toBe(failed)
    await expect(second).rejects.toBe(failed)
    await until(() => pool.stats().inUse === 0)
    expect(pool.stats().quarantined).toBe(2)
  })

  it('withdraws what a destroyed stream never called back', async () => {
    const { writable } = manual({ highWaterMark: 1 })
    const writing = writeLeased(writable, leaseOf(pattern(100)))
    writable.destroy()
    await expect(writing).rejects.toMatchObject({ code: 'ERR_POOL_STREAM_CLOSED' })
    await until(() => pool.stats().inUse === 0)
    expect(pool.stats().quarantined).toBe(1)
  })

  it('withdraws what a destroyed socket calls back, without an error as older Nodes do, or with one', async () => {
    const server = createTcpServer((peer) => peer.pause().on('error', () => {})).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    const large = new BufferPool({ bufferSize: 16 * 1024 * 1024, initialSize: 0, shrinkInterval: 0 })
    const calledBack = vi.fn()
    const write = socket._write.bind(socket)
    socket._write = (chunk, encoding, callback) =>
      write(chunk, encoding, (error) => {
        calledBack(error, socket.destroyed)
        callback(error)
      })
    const written = writeLeased(socket, large.lease())
    socket.destroy()
    await expect(written).rejects.toMatchObject({ code: expect.stringMatching(/^(ERR_POOL_STREAM_CLOSED|ECANCELED)$/) })
    await vi.waitFor(() => expect(calledBack).toHaveBeenCalledWith(calledBack.mock.calls[0]?.[0] ?? null, true), 30_000)
    expect(large.stats()).toMatchObject({ inUse: 0, quarantined: 1 })
    large.destroy()
    server.close()
  })

  it('ends the wait of a destroyed stream that emits no close', async () => {
    const { writable, callbacks } = manual({ highWaterMark: 1, emitClose: false })
    const writing = writeLeased(writable, leaseOf(pattern(100)))
    writable.destroy()
    callbacks.shift()?.()
    await expect(writing).rejects.toMatchObject({ code: 'ERR_POOL_STREAM_CLOSED' })
  })

  it('writes nothing to a stream that is over, and releases', async () => {
    for (const end of [(stream: Writable) => stream.destroy(), (stream: Writable) => stream.end()]) {
      const { writable } = manual()
      end(writable)
      await expect(writeLeased(writable, leaseOf(pattern(100)))).rejects.toMatchObject({ code: 'ERR_POOL_STREAM_CLOSED' })
      expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
    }
  })

  it('rejects with the error that ended the stream', async () => {
    const { writable } = manual()
    const cause = new Error('reset')
    writable.destroy(cause)
    await expect(writeLeased(writable, leaseOf(pattern(100)))).rejects.toBe(cause)
  })

  it('withdraws when write itself throws', async () => {
    const thrown = new Error('thrown')
    class Throwing extends Writable {
      override write(): boolean {
        throw thrown
      }
    }
    await expect(writeLeased(new Throwing(), leaseOf(pattern(100)))).rejects.toBe(thrown)
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 1 })
  })

  it('gives a copy to a write that took the place of the own one, which need not call back', async () => {
    const gzip = createGzip()
    const { writable } = manual()
    writable.write = ((chunk: Buffer) => gzip.write(chunk)) as typeof writable.write
    await writeLeased(writable, leaseOf(pattern(5000)))
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
    gzip.end()
    expect(gunzipSync(await collect(gzip)).equals(pattern(5000))).toBe(true)
  })

  it('may be ignored, also where it rejects', async () => {
    const { writable } = manual()
    writable.destroy()
    void writeLeased(writable, leaseOf(pattern(100)))
    await new Promise(setImmediate)
  })

  it('refuses what can not be, and leaves the lease to its owner', () => {
    const lease = leaseOf(pattern(10))
    const wrong = [
      [undefined, lease],
      [{}, lease],
      [new PassThrough(), lease],
      [new Transform({ writableObjectMode: true }), lease],
      [manual().writable, {}],
      [manual().writable, undefined]
    ] as unknown as [Writable, typeof lease][]
    for (const [writable, what] of wrong) {
      expect(() => writeLeased(writable, what)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    }
    lease.release()
    expect(() => writeLeased(manual().writable, lease)).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
  })
})

describe('writeLeased, to real streams', () => {
  it('writes a file byte for byte while its buffers are reused and cleared', async () => {
    const two = new BufferPool({ bufferSize: 4096, initialSize: 2, maxSize: 2 })
    const bytes = pattern(4096 * 50)
    const path = folder.name()
    const file = createWriteStream(path, { highWaterMark: 1 })
    for (let offset = 0; offset < bytes.length; offset += 4096) {
      const lease = await two.leaseAsync(4096)
      bytes.copy(lease.buffer, 0, offset, offset + 4096)
      await writeLeased(file, lease)
    }
    await new Promise<void>((resolve) => file.end(resolve))
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(two.stats()).toMatchObject({ inUse: 0, total: 2 })
  })

  it('answers over HTTP byte for byte, under backpressure', async () => {
    const bytes = pattern(4 * 1024 * 1024)
    const server = createServer(async (_request, response) => {
      for (let offset = 0; offset < bytes.length; offset += 65_536) {
        await writeLeased(response, leaseOf(bytes.subarray(offset, offset + 65_536)))
      }
      response.end()
    }).listen(0)
    const { port } = server.address() as AddressInfo
    const body = await new Promise<Buffer>((resolve, reject) => get({ port }, (response) => resolve(collect(response))).on('error', reject))
    expect(body.equals(bytes)).toBe(true)
    await until(() => pool.stats().inUse === 0)
    expect(pool.stats().quarantined).toBe(0)
    server.close()
  })

  it('gets everything back when the client goes away in the middle', async () => {
    let over: unknown
    const server = createServer(async (_request, response: ServerResponse) => {
      try {
        for (;;) await writeLeased(response, leaseOf(pattern(65_536)))
      } catch (error) {
        over = error
      }
    }).listen(0)
    const { port } = server.address() as AddressInfo
    const request = get({ port }, (response) => response.once('data', () => request.destroy()))
    request.on('error', () => {})
    await until(() => over !== undefined && pool.stats().inUse === 0)
    server.close()
  })

  it('drops nothing of a pipelined answer whose connection is gone before its turn', async () => {
    const responses: ServerResponse[] = []
    const server = createServer((_request, response) => void responses.push(response)).listen(0)
    const { port } = server.address() as AddressInfo
    const client = connect(port)
    client.on('error', () => {})
    client.write('GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n')
    await until(() => responses.length === 2)
    void writeLeased(responses[1] as ServerResponse, leaseOf(pattern(1000)))
    expect(pool.stats().inUse).toBe(1)
    client.destroy()
    await until(() => pool.stats().inUse === 0)
    // From Node 24 on the answer itself knows what ended it.
    await expect(writeLeased(responses[1] as ServerResponse, leaseOf(pattern(1000)))).rejects.toMatchObject({
      code: expect.stringMatching(/^(ERR_POOL_STREAM_CLOSED|ECONNRESET)$/)
    })
    server.close()
  })

  it('answers HEAD, whose body goes nowhere', async () => {
    const server = createServer(async (_request, response) => {
      await writeLeased(response, leaseOf(pattern(1000)))
      response.end()
    }).listen(0)
    const { port } = server.address() as AddressInfo
    await new Promise<void>((resolve, reject) => {
      get({ port, method: 'HEAD' }, (response) => response.resume().on('end', resolve)).on('error', reject)
    })
    await until(() => pool.stats().inUse === 0)
    server.close()
  })

  it('keeps the memory of a socket that does not read until it is destroyed', async () => {
    let accepted: Socket | undefined
    const server = createTcpServer((socket) => {
      accepted = socket.pause().on('error', () => {})
    }).listen(0)
    const socket = connect((server.address() as AddressInfo).port)
    socket.on('error', () => {})
    const writing = (async () => {
      for (;;) await writeLeased(socket, leaseOf(pattern(1024 * 1024)))
    })()
    await until(() => socket.writableNeedDrain && accepted !== undefined)
    expect(pool.stats().inUse).toBeGreaterThan(0)
    socket.destroy()
    await expect(writing).rejects.toBeDefined()
    await until(() => pool.stats().inUse === 0)
    accepted?.destroy()
    server.close()
  })
})
