import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lease } from '@pool/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { expectWarnings } from '../../../../tooling/vitest-config/src/expected-warnings.js'
import {
  ConnectionGroup,
  type ConnectionHandler,
  type ConnectPooledOptions,
  connectPooled,
  createPooledServer,
  type PooledServerOptions
} from '../../src/index.js'
import { testTls } from '../support/test-tls.js'
import { numbered, taken, testPool } from '../support/two-ends.js'
import { until } from '../support/until.js'

expectWarnings('POOL_HANDLER_FAILED')

const echo: ConnectionHandler = async (connection) => {
  for await (const lease of connection) await connection.write(lease)
}

async function serving(handler: ConnectionHandler, options: PooledServerOptions = {}) {
  const pool = testPool()
  const group = new ConnectionGroup()
  const server = createPooledServer({ pool, group, closeTimeoutMs: 100, ...options }, handler)
  await server.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => server.close(0))
  const { port } = server.address() as AddressInfo
  const dial = async (more: Partial<ConnectPooledOptions> = {}) => {
    const connection = await connectPooled({ host: '127.0.0.1', port, pool, ...more } as ConnectPooledOptions)
    onTestFinished(() => connection.destroy())
    return connection
  }
  const plain = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { server, pool, group, port, dial, plain }
}

const tls = { server: { tls: testTls }, client: { tls: { ca: testTls.cert }, host: 'localhost' } }

describe('createPooledServer and connectPooled', () => {
  it.each([
    ['TCP', {}, {}, 'direct'],
    ['TLS', tls.server, tls.client, 'copied']
  ] as const)(
    'carry bytes over %s',
    async (_, serverOptions, clientOptions, path) => {
      const { dial, pool, server, group } = await serving(echo, serverOptions)
      const connection = await dial(clientOptions)
      const all = numbered(2_000_000)
      void connection.write(all)
      const lease = (await connection.read(all.length)) as Lease<Buffer>
      expect(lease.buffer.equals(all)).toBe(true)
      lease.release()
      expect(connection.stats()).toMatchObject({ path: 'direct', bytesRead: 2_000_000 })
      expect(group.stats()[path]).toBe(1)
      await connection.close()
      await server.close()
      expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
    },
    30_000
  )

  it('carry bytes over a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pool-net-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const pool = testPool()
    const server = createPooledServer({ pool }, echo)
    await server.listen({ path: join(folder, 'socket') })
    const connection = await connectPooled({ path: join(folder, 'socket'), pool })
    await connection.write(Buffer.from('hello'))
    expect(taken(await connection.read(5))).toBe('hello')
    expect(connection.stats().path).toBe('direct')
    await connection.close()
    await server.close()
    expect(pool.stats().inUse).toBe(0)
  })

  it('close a connection in order once its handler has settled', async () => {
    const { plain, group } = await serving(async (connection) => {
      await connection.write(Buffer.from('bye'))
    })
    const socket = await plain()
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await once(socket, 'end')
    socket.end()
    expect(Buffer.concat(chunks).toString()).toBe('bye')
    await until(() => group.connections === 0)
    expect(group.stats()).toMatchObject({ opened: 1, closed: 1, failed: 0 })
  })

  it('answer a peer that has ended its side, as protocols do that count until the end', async () => {
    const { plain } = await serving(
      async (connection) => {
        let bytes = 0
        for await (const lease of connection) {
          bytes += lease.buffer.length
          lease.release()
        }
        await connection.write(Buffer.from(String(bytes)))
      },
      { allowHalfOpen: true }
    )
    const socket = await plain()
    socket.end(Buffer.alloc(12_345))
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toBe('12345')
  })

  it('destroy the connection of a handler that fails, say so, and go on', async () => {
    const onHandlerError = vi.fn()
    let calls = 0
    const { plain, server } = await serving(
      async (connection) => {
        if (calls++ === 0) throw new Error('a fault')
        await connection.write(Buffer.from('fine'))
      },
      { onHandlerError }
    )
    await once((await plain()).resume(), 'close')
    expect(onHandlerError).toHaveBeenCalledWith(expect.objectContaining({ message: 'a fault' }), expect.anything())
    expect(String((await once(await plain(), 'data'))[0])).toBe('fine')
    await server.close(0)
  })

  it('warn once, without what the peer sent, of handlers that fail unheard', async () => {
    const warnings: (Error & { code?: string })[] = []
    const listener = (warning: Error) => warnings.push(warning)
    process.on('warning', listener)
    const { plain } = await serving((connection) => {
      JSON.parse(`secret ${connection.readAheadBytes}`)
    })
    await once((await plain()).resume(), 'close')
    await once((await plain()).resume(), 'close')
    await new Promise(setImmediate)
    process.off('warning', listener)
    expect(warnings.filter(({ code }) => code === 'POOL_HANDLER_FAILED')).toHaveLength(1)
    expect(warnings[0]?.message).not.toContain('secret')
  })

  it('say so where a handler rejects with nothing', async () => {
    const onHandlerError = vi.fn()
    const { plain } = await serving(() => Promise.reject(), { onHandlerError })
    await once((await plain()).resume(), 'close')
    expect(onHandlerError).toHaveBeenCalledExactlyOnceWith(undefined, expect.anything())
  })

  it('count no fault of the handler where the peer was one', async () => {
    const onHandlerError = vi.fn()
    const { plain, group } = await serving(echo, { onHandlerError })
    const socket = await plain()
    await until(() => group.connections === 1)
    socket.resetAndDestroy()
    await until(() => group.connections === 0)
    expect(group.stats()).toMatchObject({ failed: 1 })
    expect(onHandlerError).not.toHaveBeenCalled()
  })

  it('refuse connections above the bound of their group', async () => {
    const group = new ConnectionGroup({ maxConnections: 2 })
    const { plain } = await serving(echo, { group })
    const [first, second, third] = [await plain(), await plain(), await plain()]
    await once(third.resume(), 'close')
    expect(first.destroyed || second.destroyed).toBe(false)
    expect(group.stats()).toMatchObject({ connections: 2, refused: 1 })
    expect(group.healthCheck().healthy).toBe(false)
    first.destroy()
    await until(() => group.connections === 1)
    const fourth = await plain()
    fourth.write('x')
    expect(String((await once(fourth, 'data'))[0])).toBe('x')
    second.end()
  })

  it('refuse to connect above the bound of the group', async () => {
    const { dial } = await serving(echo)
    const group = new ConnectionGroup({ maxConnections: 1 })
    const first = await dial({ group })
    await expect(dial({ group })).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_LIMIT' })
    first.destroy()
    await first.closed
    await dial({ group })
  })

  it('close in order: wait for the handlers, then destroy what is left', async () => {
    const { dial, server } = await serving(echo)
    const connection = await dial()
    await connection.write(Buffer.from('x'))
    expect(taken(await connection.read(1))).toBe('x')
    const closing = server.close(50)
    await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await closing
    expect(server.connections).toBe(0)
    expect(await connection.readSome()).toBeUndefined()
    await connection.closed
  })

  it('stop and destroy every connection when the signal aborts', async () => {
    const control = new AbortController()
    const { dial, server, group } = await serving(echo, { signal: control.signal })
    const connection = await dial()
    await until(() => group.connections === 1)
    control.abort()
    expect(await connection.readSome()).toBeUndefined()
    await connection.closed
    await server.close()
    expect(server.address()).toBeNull()
    expect(group.connections).toBe(0)
  })

  it('reject when they can not listen or connect', async () => {
    const { port, server } = await serving(echo)
    const second = createPooledServer({}, echo)
    await expect(second.listen({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await server.close()
    const group = new ConnectionGroup()
    await expect(connectPooled({ port, host: '127.0.0.1', group })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await until(() => group.connections === 0)
  })

  it('give up on a connection that is not made in time, or was called off', async () => {
    const group = new ConnectionGroup()
    // A server that accepts and never answers the handshake.
    const { port } = await serving(async (connection) => void (await connection.closed))
    const options = { port, host: '127.0.0.1', tls: true, group } as const
    await expect(connectPooled({ ...options, connectTimeoutMs: 30 })).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_TIMEOUT' })
    const control = new AbortController()
    const dialling = connectPooled({ ...options, signal: control.signal })
    control.abort(new Error('no more'))
    await expect(dialling).rejects.toThrow('no more')
    await expect(connectPooled({ ...options, signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
    await until(() => group.connections === 0)
  })

  it.each([
    {},
    { port: 1, path: '/x' },
    { port: -1 },
    { port: 70_000 },
    { path: '' },
    { port: 1, host: '' },
    { port: 1, tls: false },
    { port: 1, connectTimeoutMs: 0 },
    { port: 1, noDelay: 1 },
    { port: 1, timeout: 5 },
    { port: 1, pool: {} },
    { port: 1, group: {} },
    { port: 1, signal: {} },
    { port: 1, maxMessageBytes: 0 },
    { port: 1, maxReadAheadBytes: -1 },
    { port: 1, maxUnsentBytes: Number.NaN },
    { port: 1, readBytes: 1000 },
    { port: 1, idleTimeoutMs: -1 },
    { port: 1, waitMs: 0 },
    { port: 1, allowHalfOpen: 'yes' }
  ])('refuse to connect with %o', async (options) => {
    await expect(connectPooled(options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
  })

  it('refuse options of a server that are none', async () => {
    const code = expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
    expect(() => createPooledServer({}, undefined as never)).toThrow(code)
    expect(() => createPooledServer({ tls: true as never }, echo)).toThrow(code)
    expect(() => createPooledServer({ onHandlerError: 1 as never }, echo)).toThrow(code)
    expect(() => createPooledServer({ port: 1 } as never, echo)).toThrow(code)
    const server = createPooledServer({}, echo)
    await expect(server.listen({})).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
    await expect(server.listen({ port: 1, path: '/x' })).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
    await server.close()
  })
})
