import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { BufferPool, isPoolError } from '@pool/core'
import { Pushgateway, Registry } from 'prom-client'
import { describe, expect, it, vi } from 'vitest'
import { pushMetrics, registerPoolMetrics } from '../src/index.js'

describe('pushMetrics', () => {
  it('pushes the figures of pools to a gateway on a timer, and those of the end when it is stopped', async () => {
    const received: string[] = []
    const server = createServer(async (request, response) => {
      received.push(`${request.method} ${request.url}\n${await text(request)}`)
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const registry = new Registry()
    const pool = new BufferPool({ name: 'pushed', bufferSize: 64 })
    registerPoolMetrics({ pools: pool, registry })
    const gateway = new Pushgateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {}, registry)
    const pushing = pushMetrics({ push: () => gateway.pushAdd({ jobName: 'uploads' }), intervalMs: 100 })
    while (received.length < 2) await sleep(20)
    pool.release(pool.acquire())
    await pushing.stop()
    await pushing.stop()
    const count = received.length
    expect(received[0]).toMatch(/^POST \/metrics\/job\/uploads\n/)
    expect(received[0]).toContain('buffer_pool_gets_total{pool="pushed",kind="buffer",size_class="64"} 0')
    expect(received.at(-1)).toContain('buffer_pool_gets_total{pool="pushed",kind="buffer",size_class="64"} 1')
    await sleep(250)
    expect(received).toHaveLength(count)
    server.closeAllConnections()
    server.close()
    pool.destroy()
  })

  it('pushes twice at its end where nothing was pushed before, since counters are 0 on the first page', async () => {
    const registry = new Registry()
    const pool = new BufferPool({ name: 'short', bufferSize: 64 })
    registerPoolMetrics({ pools: pool, registry })
    pool.release(pool.acquire())
    const pages: string[] = []
    const pushing = pushMetrics({ push: async () => pages.push(await registry.metrics()) })
    await pushing.stop()
    const gets = (page: string) => /buffer_pool_gets_total\{[^}]*\} (\d)/.exec(page)?.[1]
    expect(pages.map(gets)).toEqual(['0', '1'])
    pool.destroy()
  })

  it('has one push under way at a time, and the last one after it', async () => {
    let [running, most, pushes] = [0, 0, 0]
    const push = async () => {
      pushes++
      most = Math.max(most, ++running)
      await sleep(350)
      running--
    }
    const pushing = pushMetrics({ push, intervalMs: 100 })
    while (pushes === 0) await sleep(10)
    await sleep(250)
    expect(pushes).toBe(1)
    await pushing.stop()
    expect([most, pushes, running]).toEqual([1, 2, 0])
  })

  it('goes on after a push that failed, and tells of it', async () => {
    const errors: unknown[] = []
    const failure = new Error('no route')
    const pushing = pushMetrics({ push: () => Promise.reject(failure), intervalMs: 100, onError: (error) => errors.push(error) })
    while (errors.length < 2) await sleep(20)
    await pushing.stop()
    expect(errors.every((error) => error === failure)).toBe(true)
  })

  it('warns once where nothing is told of failures', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    let pushes = 0
    const push = () => {
      pushes++
      throw new Error('at once')
    }
    const pushing = pushMetrics({ push, intervalMs: 100 })
    while (pushes < 3) await sleep(20)
    await pushing.stop()
    expect(warned.mock.calls).toEqual([[expect.any(String), { type: 'PoolMetricsWarning', code: 'POOL_PUSH_FAILED' }]])
  })

  it.each([
    ['no options', undefined],
    ['no push', {}],
    ['an interval that floods the gateway', { push: async () => {}, intervalMs: 10 }],
    ['onError that is no function', { push: async () => {}, onError: true }],
    ['an unknown option', { push: async () => {}, interval: 1000 }]
  ])('refuses %s', (_what, options) => {
    expect(() => pushMetrics(options as never)).toThrow(expect.toSatisfy((error) => isPoolError(error, 'ERR_POOL_INVALID_OPTION')))
  })
})
