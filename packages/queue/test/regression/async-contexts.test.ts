import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { MemoryQueue, RedisClient } from '../../src/index.js'
import { handshakeOnly, scriptedRedis } from '../support/scripted-redis.js'
import { testPool } from '../support/test-pool.js'

const storage = new AsyncLocalStorage<object>()

/** Runs `fn` as a request would, and returns the way to its store. */
async function inRequest(fn: () => unknown): Promise<WeakRef<object>> {
  const store = { request: 1 }
  // A frame of its own, since this one keeps the store for as long as it waits.
  const done = storage.run(store, async () => void (await fn()))
  const reference = new WeakRef(store)
  await done
  return reference
}

/** Whether the collector takes what `reference` leads to. */
async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 50 && reference.deref() !== undefined; round++) {
    await sleep(5)
    globalThis.gc?.()
  }
  return reference.deref() === undefined
}

// The first command opened the socket in its request's async context, which then lived as long as the connection.
it('a connection keeps nothing of the request whose command opened it', async () => {
  const redis = await scriptedRedis((command, socket) => handshakeOnly(command, socket) ?? '+OK\r\n')
  const client = new RedisClient({ url: redis.url })
  onTestFinished(() => client.destroy())
  const reference = await inRequest(() => client.send(['SET', 'a', 'b']))
  expect(await isCollected(reference)).toBe(true)
  expect(client.stats()).toMatchObject({ connected: true, connections: 1 })
})

it('the loss of a connection is reported in no request’s context', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const stores: unknown[] = []
  const disconnected = vi.fn(() => void stores.push(storage.getStore()))
  const url = `redis://127.0.0.1:${(server.address() as { port: number }).port}`
  const client = new RedisClient({ url, reconnectMaxMs: 5 }, [], { connected() {}, disconnected })
  onTestFinished(() => client.destroy())
  storage.run({ request: 1 }, () => void client.send(['PING']).catch(() => {}))
  await vi.waitFor(() => expect(disconnected.mock.calls.length).toBeGreaterThan(1))
  expect(stores.every((store) => store === undefined)).toBe(true)
})

it('a delayed retry keeps nothing of the request that asked for it, nor does a consumer that it began', async () => {
  const queue = new MemoryQueue({ pool: testPool(), claimIdleMs: 3_600_000 })
  onTestFinished(() => queue.close())
  await queue.add('a')
  const consumer = queue.consume()
  // Jobs keep the promise of their end, and with it its context.
  const jobs = [(await consumer.next()).value]
  const retried = await inRequest(() => jobs.pop()?.retry({ delayMs: 3_000_000 }))
  expect(await isCollected(retried)).toBe(true)
  await consumer.stop()
  const begun: { stop(): Promise<void> }[] = []
  const began = await inRequest(() => void begun.push(queue.consume()))
  expect(await isCollected(began)).toBe(true)
  await begun[0]?.stop()
})
