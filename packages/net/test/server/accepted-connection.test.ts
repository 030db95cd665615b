import { once } from 'node:events'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pooledConnection } from '../../src/index.js'
import { taken, testPool } from '../support/two-ends.js'
import { until } from '../support/until.js'

async function accepted(pauseOnConnect: boolean) {
  const server = createServer({ pauseOnConnect, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  peer.on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    peer.destroy()
    server.close()
  })
  return { server, peer, socket, pool: testPool() }
}

describe('pooledConnection', () => {
  it('has the bytes of a paused accepted socket put into leases by the system, on this version of Node', async () => {
    const { peer, socket, pool } = await accepted(true)
    const connection = pooledConnection(socket, { pool })
    expect(connection.stats().path).toBe('direct')
    expect(connection.remoteAddress).toBe('127.0.0.1')
    expect(connection.remotePort).toBe(peer.localPort)
    peer.write('hello')
    expect(taken(await connection.read(5))).toBe('hello')
    connection.destroy()
  })

  it('copies the bytes of a socket that was read before, those too that it had buffered', async () => {
    const { peer, socket, pool } = await accepted(false)
    peer.write('early ')
    await until(() => {
      socket.read(0)
      return socket.readableLength === 6
    })
    const connection = pooledConnection(socket, { pool })
    expect(connection.stats().path).toBe('copied')
    peer.write('late')
    expect(taken(await connection.read(10))).toBe('early late')
    connection.destroy()
  })

  it('keeps the count of the server right, so that it can close', async () => {
    const { server, peer, socket, pool } = await accepted(true)
    const connection = pooledConnection(socket, { pool })
    const count = () => new Promise((resolve) => server.getConnections((_, connections) => resolve(connections)))
    expect(await count()).toBe(1)
    const closed = once(server, 'close')
    server.close()
    peer.destroy()
    await connection.readSome()
    await connection.closed
    await closed
    expect(await count()).toBe(0)
  })

  it('closes the socket that it was given, and is destroyed with it', async () => {
    const one = await accepted(true)
    const first = pooledConnection(one.socket, { pool: one.pool })
    const closed = once(one.socket, 'close')
    first.destroy()
    await closed
    const other = await accepted(true)
    const second = pooledConnection(other.socket, { pool: other.pool })
    other.socket.destroy()
    await second.closed
    expect(second.destroyed).toBe(true)
  })

  it('refuses whatever is not an open socket', async () => {
    const { socket } = await accepted(true)
    socket.destroy()
    for (const value of [undefined, {}, socket, new Socket({ readable: false, writable: false }).destroy()]) {
      expect(() => pooledConnection(value as Socket)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    }
  })
})
