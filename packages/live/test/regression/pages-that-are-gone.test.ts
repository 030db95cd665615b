import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { Writable } from 'node:stream'
import { livePage } from '@pool/live'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Viewers } from '../../src/viewers.js'
import { served } from '../support/served.js'

it('counts no page whose connection closed before its answer had its turn', async () => {
  const page = livePage()
  const handle = (request: Parameters<typeof page>[0], response: ServerResponse): void => {
    // The first answer never comes, so that all others of its connection wait behind it.
    if (request.url !== '/hangs') page(request, response)
  }
  await served(handle, async (port) => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`
    socket.write(get('/hangs') + get('/live-samples').repeat(3))
    await vi.waitFor(() => expect(page.viewers).toBe(3), { timeout: 20_000 })
    socket.destroy()
    await vi.waitFor(() => expect(page.viewers).toBe(0), { timeout: 20_000 })
  })
})

it('counts no page whose answer only finishes, as those of adapters for functions as a service', async () => {
  const viewers = new Viewers({ sources: () => [] }, false)
  const plain = new Writable({ autoDestroy: false, write: (_chunk, _encoding, done) => done() })
  const response = Object.assign(plain, { writeHead: () => {}, req: {}, socket: undefined }) as unknown as ServerResponse
  expect(viewers.add(response)).toBe(true)
  expect(viewers.size).toBe(1)
  viewers.close()
  await vi.waitFor(() => expect(viewers.size).toBe(0), { timeout: 20_000 })
})

it('takes no samples for a page that had gone before it was added', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const sources = vi.fn(() => [])
  const viewers = new Viewers({ sources }, false)
  const gone = { closed: true, req: {}, writeHead: () => {}, write: () => true, on: () => {} } as unknown as ServerResponse
  expect(viewers.add(gone)).toBe(true)
  expect(viewers.size).toBe(0)
  vi.advanceTimersByTime(60_000)
  expect(sources).not.toHaveBeenCalled()
})
