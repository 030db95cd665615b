import { setTimeout as sleep } from 'node:timers/promises'
import { CutProxy } from '@tooling/redis-testbed/cut-proxy'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { createClient, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { PooledQueue, sendPooled } from '../../src/index.js'
import { testPool } from '../support/test-pool.js'

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

async function clientOf(port: number, options: object = {}) {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: 10 }, ...options })
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.destroy())
  return client
}

describe('sendPooled through node-redis', () => {
  it('adds to the stream of a PooledQueue, from where the lease lies', async () => {
    const pool = testPool()
    const client = await clientOf(server.port)
    const queue = new PooledQueue({ url: server.url, queue: 'through', pool })
    onTestFinished(() => queue.close())
    const lease = pool.lease(200_000)
    lease.buffer.fill('through node-redis')
    const expected = Buffer.from(lease.buffer)
    await sendPooled(client, ['XADD', 'pool:{through}', '*', 'd', lease])
    const { value: job } = await queue.consume().next()
    expect(job?.buffer.equals(expected)).toBe(true)
    await job?.ack()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('gives the memory back after an error that Redis answered', async () => {
    const pool = testPool()
    const client = await clientOf(server.port)
    await client.set('text', 'no stream')
    const lease = pool.lease(100_000)
    const memory = lease.buffer.buffer
    await expect(sendPooled(client, ['XADD', 'text', '*', 'd', lease])).rejects.toThrow('WRONGTYPE')
    const next = pool.lease(100_000)
    expect(next.buffer.buffer).toBe(memory)
    next.release()
  })

  it('never shows the next owner’s bytes, though commands time out, the memory is wanted again, and the client connects anew', async () => {
    const proxy = await CutProxy.start(server.port)
    onTestFinished(() => proxy.stop())
    const pool = testPool()
    const client = await clientOf(proxy.port, { commandOptions: { timeout: 30 } })
    const reader = (await clientOf(server.port)).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    const rounds = 60
    let failed = 0
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) proxy.silence()
      const sends = Array.from({ length: 4 }, (_, at) => {
        const lease = pool.lease(300_000)
        lease.buffer.fill(round)
        return sendPooled(client, ['SET', `r${round}-${at}`, lease]).catch(() => failed++)
      })
      // The client times out what it has not written; what it has, it rejects when the connection goes.
      if (round % 2 === 0) await sleep(40)
      if (round % 4 === 0) proxy.cut()
      proxy.restore()
      await Promise.all(sends)
      // The next owners of whatever went back.
      const others = Array.from({ length: 8 }, () => pool.lease(300_000))
      for (const { buffer } of others) buffer.fill(255)
      await sleep(1)
      for (const lease of others) lease.release()
    }
    expect(failed).toBeGreaterThan(10)
    let stored = 0
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < 4; at++) {
        const value = (await reader.get(`r${round}-${at}`)) as Buffer | null
        if (value === null) continue
        stored++
        expect(value.equals(Buffer.alloc(300_000, round))).toBe(true)
      }
    }
    expect(stored).toBeGreaterThan(60)
    expect(pool.stats().inUse).toBe(0)
  })
})
