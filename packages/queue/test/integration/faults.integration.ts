import { setTimeout as sleep } from 'node:timers/promises'
import { CutProxy } from '@tooling/redis-testbed/cut-proxy'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { PooledQueue, type PooledQueueOptions } from '../../src/index.js'
import { eachConnection } from '../support/each-connection.js'
import { ConsumingChildren } from '../support/faults/consuming-children.js'
import { Ledger } from '../support/faults/ledger.js'
import { consume, faultOptions, produce } from '../support/faults/steady-load.js'
import { testPool } from '../support/test-pool.js'

/** `pnpm --filter @pool/queue test:soak` repeats each fault as often as the README says; the integration run, a few times. */
const isDeep = process.env.POOL_DEEP === '1'
const kills = isDeep ? 50 : 3
const crashes = isDeep ? 10 : 2
const cuts = isDeep ? 20 : 2
// Longer than a consumer may give no sign, so that the one that is not cut off takes over.
const cutMs = isDeep ? 5000 : 2000
const timeout = isDeep ? 900_000 : 240_000

async function serverOf(...extra: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...extra)
  onTestFinished(() => server.stop())
  return server
}

function queueOf(options: PooledQueueOptions, connection = 0): PooledQueue {
  const pool = testPool()
  const connecting = (eachConnection[connection % 2] as (typeof eachConnection)[number])[1]
  const queue = new PooledQueue({ pool, ...faultOptions, ...connecting(pool), ...options })
  onTestFinished(() => queue.close({ timeoutMs: 500 }))
  return queue
}

/** Waits until every message is handled and removed, and asserts that none was lost and each duplicate was announced. */
async function settle(title: string, queue: PooledQueue, ledger: () => Ledger): Promise<void> {
  await vi.waitFor(async () => expect(await queue.depth()).toMatchObject({ length: 0, deadLetters: 0 }), { timeout: 60_000, interval: 50 })
  const figures = ledger().figures()
  if (isDeep) console.info(title, figures)
  expect(figures).toMatchObject({ lost: 0, foreign: 0, unannounced: 0 })
  expect(figures.handled).toBeLessThanOrEqual(figures.acknowledged + figures.uncertain)
  expect(figures.acknowledged).toBeGreaterThan(100)
}

it(`loses nothing when one of three consumers is killed under load, ${kills} times`, { timeout }, async () => {
  const server = await serverOf()
  const queue = queueOf({ url: server.url, queue: 'killed' })
  const ledger = new Ledger()
  const children = new ConsumingChildren(server.url, 'killed')
  onTestFinished(() => children.dispose())
  const load = new AbortController()
  const producing = produce(queue, testPool(), ledger, load.signal)
  await Promise.all([children.start(), children.start(), children.start()])
  for (let kill = 0; kill < kills; kill++) {
    await sleep(Math.random() * 100)
    await children.killOldest()
    await children.start()
  }
  load.abort()
  await producing
  await settle(`${kills} consumers killed`, queue, () => {
    children.tell(ledger)
    return ledger
  })
  expect(await children.stop()).toEqual([0, 0, 0])
})

it(`loses nothing when Redis is killed under load, ${crashes} times, where it writes its log before it answers`, { timeout }, async () => {
  const server = await serverOf('--appendonly', 'yes', '--appendfsync', 'always')
  const ledger = new Ledger()
  const queues = [0, 1, 2].map((connection) => queueOf({ url: server.url, queue: 'crashed' }, connection))
  const [queue] = queues as [PooledQueue, PooledQueue, PooledQueue]
  const load = new AbortController()
  const producing = produce(queue, testPool(), ledger, load.signal)
  const consuming = queues.map((each) => consume(each, (number, deliveries) => ledger.handle(number, deliveries)))
  for (let crash = 0; crash < crashes; crash++) {
    const before = ledger.handled
    await vi.waitFor(() => expect(ledger.handled).toBeGreaterThan(before + 200), { timeout: 60_000 })
    await server.kill()
    await sleep(Math.random() * 200)
    await server.restart()
  }
  load.abort()
  await producing
  await settle(`${crashes} crashes of Redis`, queue, () => ledger)
  await Promise.all(queues.map((each) => each.close()))
  await Promise.all(consuming)
})

it(`loses nothing when the network is cut for ${cutMs} ms under load, ${cuts} times`, { timeout }, async () => {
  const server = await serverOf()
  const proxy = await CutProxy.start(server.port)
  onTestFinished(() => proxy.stop())
  const ledger = new Ledger()
  // One consumer is on the other side of the cut: it takes over what the others have.
  const urls = [`redis://127.0.0.1:${proxy.port}`, `redis://127.0.0.1:${proxy.port}`, server.url]
  const queues = urls.map((url, connection) => queueOf({ url, queue: 'cut' }, connection))
  const [queue] = queues as [PooledQueue, PooledQueue, PooledQueue]
  const load = new AbortController()
  const producing = produce(queue, testPool(), ledger, load.signal)
  const consuming = queues.map((each) => consume(each, (number, deliveries) => ledger.handle(number, deliveries)))
  for (let cut = 0; cut < cuts; cut++) {
    const before = ledger.handled
    await vi.waitFor(() => expect(ledger.handled).toBeGreaterThan(before + 200), { timeout: 60_000 })
    proxy.silence()
    // A cable that is plugged in again, and a peer that forgot its connections, in turn.
    if (cut % 2 === 1) proxy.cut()
    await sleep(cutMs)
    proxy.restore()
  }
  load.abort()
  await producing
  await settle(`${cuts} cuts of ${cutMs} ms`, queue, () => ledger)
  const late = queues.reduce((sum, each) => sum + each.stats().lateAcks, 0)
  expect(late).toBeGreaterThan(0)
  await Promise.all(queues.map((each) => each.close()))
  await Promise.all(consuming)
})
