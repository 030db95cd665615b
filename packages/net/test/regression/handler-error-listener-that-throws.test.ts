import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { ConnectionGroup, createPooledServer } from '../../src/index.js'
import { uncaught } from '../support/uncaught.js'

it.each(['throws', 'rejects'])(
  'lets the error of a throwing onHandlerError be seen, which was an unhandled rejection, and serves on (handler that %s)',
  async (how) => {
    const thrown = uncaught()
    const own = new Error('of onHandlerError')
    let served = 0
    const server = createPooledServer(
      {
        group: new ConnectionGroup(),
        onHandlerError: () => {
          throw own
        }
      },
      () => {
        served++
        if (how === 'throws') throw new Error('of the handler')
        return Promise.reject(new Error('of the handler'))
      }
    )
    await server.listen({ port: 0, host: '127.0.0.1' })
    for (let peers = 0; peers < 2; peers++) {
      const peer = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()
      peer.on('error', () => {})
      await once(peer, 'close')
    }
    await server.close(0)
    expect(served).toBe(2)
    expect(thrown).toEqual([own, own])
    expect(server.connections).toBe(0)
  }
)

it('takes a promise of any kind from a handler', async () => {
  // biome-ignore lint/suspicious/noThenProperty: a promise of another make.
  const server = createPooledServer({ group: new ConnectionGroup() }, () => ({ then: (resolve: () => void) => setTimeout(resolve, 1) }))
  await server.listen({ port: 0, host: '127.0.0.1' })
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()
  await once(peer, 'close')
  await server.close(0)
  expect(server.connections).toBe(0)
})
