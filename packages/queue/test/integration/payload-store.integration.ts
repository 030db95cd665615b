import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CutProxy } from '@tooling/redis-testbed/cut-proxy'
import { PooledBufferList } from '@tooling/redis-testbed/pooled-stream'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { Queue, QueueEvents, Worker } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { PayloadStore, type PayloadStoreOptions, RedisClient } from '../../src/index.js'
import { eachConnection } from '../support/each-connection.js'
import { testPool } from '../support/test-pool.js'

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

const code = (code: string) => expect.objectContaining({ code })

function storeOf(options: PayloadStoreOptions = {}) {
  const pool = testPool()
  const store = new PayloadStore({ url: server.url, pool, reconnectMaxMs: 20, ...options })
  onTestFinished(() => store.close())
  return { store, pool }
}

/** What Redis has of a payload. */
async function keysOf(reference: string): Promise<unknown> {
  await using redis = new RedisClient({ url: server.url })
  return redis.send(['KEYS', `*${reference.split(':')[2]}*`])
}

describe('a PayloadStore', () => {
  it.each(eachConnection)('brings payloads back byte for byte, on %s', async (_, connecting) => {
    const { pool } = storeOf()
    const { store } = storeOf({ pool, ...connecting(pool) })
    for (const bytes of [0, 1, 1024, 1025, 70_000, 10 * 1024 * 1024]) {
      const sent = randomBytes(bytes)
      const lease = await store.take(await store.put(sent))
      expect(lease.buffer.equals(sent)).toBe(true)
      lease.release()
    }
    const list = new PooledBufferList({ pool })
    list.write('héllo').append(pool.lease(5000))
    const whole = list.slice()
    const expected = Buffer.from(whole.buffer)
    whole.release()
    const again = await store.take(await store.put(list))
    expect(again.buffer.equals(expected)).toBe(true)
    again.release()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('gives a payload as often as it was put for, however many take it at once, then removes it', async () => {
    const { store, pool } = storeOf()
    const other = storeOf().store
    const reference = await store.put(randomBytes(3000), { takes: 3 })
    const takes = await Promise.allSettled(Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? store : other).take(reference)))
    const taken = takes.filter((take) => take.status === 'fulfilled')
    expect(taken).toHaveLength(3)
    for (const { value } of taken) value.release()
    for (const take of takes) if (take.status === 'rejected') expect(take.reason).toMatchObject({ code: 'ERR_POOL_PAYLOAD_GONE' })
    const late = await store.take(reference).catch((error) => error)
    expect(late.message).toContain('as often as it was put for')
    expect(await keysOf(reference)).toEqual([expect.stringMatching(/:takes$/)])
    expect(pool.stats().inUse).toBe(0)
    expect(store.stats().gone + other.stats().gone).toBe(8)
  })

  it('keeps a payload that is only read, until it is dropped', async () => {
    const { store } = storeOf()
    const reference = await store.put('the same for each try')
    for (let tries = 0; tries < 3; tries++) {
      const lease = await store.read(reference)
      expect(lease.buffer.toString()).toBe('the same for each try')
      lease.release()
    }
    expect(await store.drop(reference)).toBe(true)
    expect(await store.drop(reference)).toBe(false)
    await expect(store.read(reference)).rejects.toThrow(code('ERR_POOL_PAYLOAD_GONE'))
  })

  it('lets a payload expire that is not taken, and says so', async () => {
    const { store } = storeOf()
    const reference = await store.put(randomBytes(2000), { expireMs: 60, takes: 2 })
    await sleep(120)
    await expect(store.take(reference)).rejects.toThrow(/expired/)
    await expect(store.take(reference)).rejects.toThrow(code('ERR_POOL_PAYLOAD_GONE'))
    expect(await store.drop(reference)).toBe(false)
  })

  it('puts and takes each payload once while the connection is cut again and again', async () => {
    const proxy = await CutProxy.start(server.port)
    onTestFinished(() => proxy.stop())
    const { store, pool } = storeOf({ url: `redis://127.0.0.1:${proxy.port}` })
    const cutting = setInterval(() => proxy.cut(), 15)
    onTestFinished(() => clearInterval(cutting))
    for (let round = 0; round < 60; round++) {
      const sent = randomBytes(100_000)
      const lease = await store.take(await store.put(sent))
      expect(lease.buffer.equals(sent)).toBe(true)
      lease.release()
    }
    clearInterval(cutting)
    expect(store.stats().client.connections).toBeGreaterThan(3)
    // What failed writes held is withdrawn, all else is back.
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })
})

describe('beside BullMQ', () => {
  it('brings a job its payload, also when the job is tried again, and removes it when the job is done', async () => {
    const { store, pool } = storeOf()
    const connection = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null }
    const queue = new Queue<{ scan: string }>('scans', { connection })
    const events = new QueueEvents('scans', { connection })
    const sent = randomBytes(1024 * 1024)
    const seen: boolean[] = []
    const worker = new Worker<{ scan: string }, number>(
      'scans',
      async (job) => {
        using scan = await store.read(job.data.scan)
        seen.push(scan.buffer.equals(sent))
        if (seen.length === 1) throw new Error('the first try fails')
        const { length } = scan.buffer
        await store.drop(job.data.scan)
        return length
      },
      { connection }
    )
    onTestFinished(async () => {
      await Promise.all([worker.close(), events.close(), queue.close()])
    })
    await events.waitUntilReady()
    const lease = pool.lease(sent.length)
    sent.copy(lease.buffer)
    const job = await queue.add('scan', { scan: await store.put(lease) }, { attempts: 2, removeOnComplete: true })
    expect(await job.waitUntilFinished(events, 30_000)).toBe(sent.length)
    expect(seen).toEqual([true, true])
    await expect(store.read(job.data.scan)).rejects.toThrow(code('ERR_POOL_PAYLOAD_GONE'))
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })
})
