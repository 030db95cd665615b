import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { ConnectionGroup, createPooledServer } from '../../src/index.js'

it('closes a server, which turned for ever, though the handler of a destroyed connection never settles', async () => {
  let serving = (): void => {}
  const isServed = new Promise<void>((resolve) => {
    serving = resolve
  })
  const server = createPooledServer({ group: new ConnectionGroup() }, () => {
    serving()
    return new Promise(() => {})
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()
  peer.on('error', () => {})
  await isServed
  await Promise.all([server.close(0), once(peer, 'close')])
  expect(server.connections).toBe(0)
})

it('refuses to listen with a server that was closed, which would refuse every connection', async () => {
  const server = createPooledServer({}, () => {})
  await server.close()
  await expect(server.listen({ port: 0 })).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
})
