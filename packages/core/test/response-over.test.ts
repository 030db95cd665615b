import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { whenOver } from '../src/kit.js'

const until = (isSo: () => boolean) => vi.waitFor(() => expect(isSo()).toBe(true), { timeout: 20_000, interval: 2 })

const send = (port: number) => fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } }).then((answer) => answer.text())

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function listen(handle: (response: ServerResponse, over: () => void, index: number) => void) {
  const calls: number[] = []
  let index = 0
  const server = createServer((request, response) => {
    const own = index++
    calls[own] = 0
    const over = () => {
      calls[own] = calls[own]! + 1
    }
    whenOver(response, request.socket, over)
    handle(response, over, own)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { calls, server, port: (server.address() as AddressInfo).port }
}

describe('whenOver', () => {
  it('calls once, whether the response is finished, destroyed, or left by its client', async () => {
    const { calls, server, port } = await listen((response, _over, index) => {
      if (index === 0) response.end('finished')
      if (index === 1) response.destroy()
    })
    await send(port)
    await send(port).catch(() => {})
    const socket = await open(port)
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await until(() => calls.length === 3)
    socket.destroy()
    await until(() => calls[2] === 1)
    expect(calls).toEqual([1, 1, 1])
    server.closeAllConnections()
    server.close()
  })

  it('calls once for each of many pipelined responses, answered or not, and warns of no listeners', async () => {
    const warnings: unknown[] = []
    const onWarning = (warning: unknown) => warnings.push(warning)
    process.on('warning', onWarning)
    const { calls, server, port } = await listen((response, _over, index) => {
      if (index < 5) setTimeout(() => response.end('answered'), 5)
    })
    const socket = await open(port)
    socket.resume()
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(50))
    await until(() => calls.length === 50 && calls.slice(0, 5).every((count) => count === 1))
    socket.destroy()
    await until(() => calls.every((count) => count > 0))
    expect(calls).toEqual(calls.map(() => 1))
    expect(warnings).toEqual([])
    process.off('warning', onWarning)
    server.close()
  })

  it('says so when the response is over already', async () => {
    const outcomes: boolean[] = []
    const { server, port } = await listen((response) => {
      response.end()
      response.on('close', () => outcomes.push(whenOver(response, response.req.socket, () => outcomes.push(true))))
    })
    await send(port)
    await until(() => outcomes.length > 0)
    expect(outcomes).toEqual([false])
    server.close()
  })
})
