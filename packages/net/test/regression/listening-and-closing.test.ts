import { once } from 'node:events'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { ConnectionGroup, createPooledServer, pooledConnection } from '../../src/index.js'
import { testTls } from '../support/test-tls.js'
import { testPool } from '../support/two-ends.js'

const closed = expect.objectContaining({ code: 'ERR_POOL_CLOSED' })
const invalid = expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })

it('does not listen when it was closed while its address was looked up', async () => {
  const server = createPooledServer({ pool: testPool() }, () => {})
  const listening = server.listen({ port: 0, host: 'localhost' })
  await Promise.all([expect(listening).rejects.toEqual(closed), server.close()])
  expect(server.address()).toBeNull()
})

it('does not listen when its signal aborted while its address was looked up', async () => {
  const control = new AbortController()
  const server = createPooledServer({ pool: testPool(), signal: control.signal }, () => {})
  const listening = server.listen({ port: 0, host: 'localhost' })
  const reason = new Error('called off')
  control.abort(reason)
  await expect(listening).rejects.toBe(reason)
  expect(server.address()).toBeNull()
})

it('listens once: a second call is refused, also while the first looks its address up', async () => {
  const server = createPooledServer({ pool: testPool() }, () => {})
  onTestFinished(() => server.close(0))
  const first = server.listen({ port: 0, host: 'localhost' })
  await expect(server.listen({ port: 0, host: 'localhost' })).rejects.toEqual(invalid)
  await first
  await expect(server.listen({ port: 0 })).rejects.toEqual(invalid)
})

it('may listen elsewhere where it could not listen, and counts no refused connection', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const group = new ConnectionGroup()
  const server = createPooledServer({ pool: testPool(), group }, () => {})
  onTestFinished(() => server.close(0))
  await expect(server.listen({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(group.stats().refused).toBe(0)
  await server.listen({ port: 0, host: '127.0.0.1' })
})

it.each([
  { port: null },
  { port: 'x' },
  { port: 65_536 },
  { path: '' },
  { path: 5 },
  { port: 0, host: 5 },
  { port: 0, backlog: 0 },
  { port: 0, backlog: 'x' },
  { port: 0, path: 'x' },
  {}
])('refuses to listen at %j', async (address) => {
  const server = createPooledServer({ pool: testPool() }, () => {})
  await expect(server.listen(address as never)).rejects.toEqual(invalid)
})

it('destroys sockets whose TLS handshake has not ended when it closes', async () => {
  const server = createPooledServer({ pool: testPool(), tls: testTls }, () => {})
  await server.listen({ port: 0, host: '127.0.0.1' })
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void peer.destroy())
  peer.on('error', () => {})
  await once(peer, 'connect')
  const gone = once(peer, 'close')
  // Or it would be accepted by a server that has closed.
  await new Promise((resolve) => setImmediate(resolve))
  await server.close(0)
  await gone
})

it('lets the shortest grace of several calls of close count', async () => {
  const server = createPooledServer({ pool: testPool() }, () => new Promise(() => {}))
  await server.listen({ port: 0, host: '127.0.0.1' })
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  peer.on('error', () => {})
  onTestFinished(() => void peer.destroy())
  await once(peer, 'connect')
  while (server.connections === 0) await new Promise((resolve) => setImmediate(resolve))
  // Without the second call the test would time out.
  const first = server.close(3_600_000)
  await server.close(1)
  await first
  expect(server.connections).toBe(0)
})

it('makes one connection of a socket, and none of a socket that is not connected', async () => {
  expect(() => pooledConnection(new Socket())).toThrow(invalid)
  for (const pauseOnConnect of [true, false]) {
    const server = createServer({ pauseOnConnect }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
    peer.on('error', () => {})
    const [socket] = (await once(server, 'connection')) as [Socket]
    if (!pauseOnConnect) socket.resume().pause()
    const group = new ConnectionGroup()
    const connection = pooledConnection(socket, { pool: testPool(), group })
    expect(connection.stats().path).toBe(pauseOnConnect ? 'direct' : 'copied')
    expect(() => pooledConnection(socket, { group })).toThrow(invalid)
    expect(group.connections).toBe(1)
    connection.destroy()
    peer.destroy()
    server.close()
  }
})

it.each([Symbol('bytes'), Object.create(null), {}, '5', 5n, null])('refuses to read what is not a number of bytes (%#)', async (bytes) => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void peer.destroy())
  onTestFinished(() => void server.close())
  const [socket] = (await once(server, 'connection')) as [Socket]
  const connection = pooledConnection(socket, { pool: testPool() })
  const wrong = bytes as number
  for (const name of ['tryRead', 'tryReadSome', 'tryPeek', 'trySkip'] as const) expect(() => connection[name](wrong)).toThrow(invalid)
  for (const name of ['read', 'readSome', 'peek', 'skip'] as const) await expect(connection[name](wrong)).rejects.toEqual(invalid)
  await expect(connection.readUntil(10, wrong)).rejects.toEqual(invalid)
  connection.destroy()
  expect(() => pooledConnection(new Socket(), { maxReadAheadBytes: wrong })).toThrow(invalid)
})
