import { setTimeout as sleep } from 'node:timers/promises'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { PlainConnection } from '../../src/client/plain-connection.js'
import { RedisClient, type WireTarget } from '../../src/index.js'
import { nextJob, queuesOn } from '../support/redis-queues.js'
import { testPool } from '../support/test-pool.js'

let server: RedisServer

const queueOf = queuesOn(() => server)

async function serverOf(): Promise<RedisServer> {
  const started = await RedisServer.start('--repl-diskless-sync-delay', '0')
  onTestFinished(() => started.stop())
  return started
}

/** Makes a server a replica of another, or a master of its own. */
async function replicate({ url }: RedisServer, master: RedisServer | undefined): Promise<void> {
  await using redis = new RedisClient({ url })
  await redis.send(['REPLICAOF', master === undefined ? 'NO' : '127.0.0.1', master?.port ?? 'ONE'])
  if (master !== undefined) await vi.waitFor(async () => expect(await redis.send(['ROLE'])).toContain('connected'), { timeout: 30_000 })
}

it('follows a failover: adds wait, and the loop goes on at the new master', { timeout: 90_000 }, async () => {
  server = await serverOf()
  const next = await serverOf()
  await replicate(next, server)
  // As a name does that leads to the master.
  let master = server
  const pool = testPool()
  const connecting = PlainConnection.connecting(pool)
  const connect = (target: WireTarget) => connecting({ ...target, port: master.port })
  const queue = queueOf({ pool, connect, commandTimeoutMs: 60_000 })
  const handled: string[] = []
  const consuming = (async () => {
    for await (const job of queue.consume()) {
      handled.push(job.buffer.toString())
      await job.ack()
    }
  })()
  await queue.add('before')
  await vi.waitFor(() => expect(handled).toEqual(['before']), { timeout: 30_000 })
  await using redis = new RedisClient({ url: server.url })
  await redis.send(['WAIT', 1, 10_000])
  const disconnects: unknown[] = []
  queue.on('disconnect', ({ error }) => disconnects.push(error))

  await replicate(next, undefined)
  await replicate(server, next)
  // Each without an id, so that none may be sent again that may have been executed.
  const adding = Promise.all(['a', 'b', 'c'].map((message) => queue.add(message)))
  await vi.waitFor(() => expect(disconnects).not.toHaveLength(0), { timeout: 30_000 })
  expect(disconnects[0]).toMatchObject({ code: 'ERR_POOL_REDIS_REPLY', redisCode: 'READONLY' })
  master = next
  await adding
  await vi.waitFor(() => expect(handled).toHaveLength(4), { timeout: 30_000 })
  expect([...handled].sort()).toEqual(['a', 'b', 'before', 'c'])
  await queue.close()
  await consuming
})

it('makes connections to a replica less and less often, and says at the timeout why nothing was sent', { timeout: 90_000 }, async () => {
  server = await serverOf()
  await using redis = new RedisClient({ url: server.url })
  await redis.send(['REPLICAOF', '127.0.0.1', 1])
  await using client = new RedisClient({ url: server.url, reconnectMaxMs: 10_000 })
  const setting = client.send(['SET', 'key', 'value'], { timeoutMs: 4000 })
  await expect(setting).rejects.toMatchObject({ code: 'ERR_POOL_COMMAND_TIMEOUT', cause: { redisCode: 'READONLY' } })
  // 50 ms and twice that each time, of which up to a half is left out: no more than nine in that time.
  expect(client.stats().connections).toBeGreaterThan(1)
  expect(client.stats().connections).toBeLessThan(10)
  // What a replica answers, it answers.
  expect(await client.send(['EXISTS', 'key'])).toBe(0)
})

it('sends what a replica refused once more, in its order, and once only', { timeout: 90_000 }, async () => {
  server = await serverOf()
  await using redis = new RedisClient({ url: server.url })
  await redis.send(['REPLICAOF', '127.0.0.1', 1])
  await using client = new RedisClient({ url: server.url, reconnectMaxMs: 50 })
  const pushing = Promise.all(Array.from({ length: 50 }, (_, number) => client.send(['RPUSH', 'list', number])))
  await sleep(200)
  await redis.send(['REPLICAOF', 'NO', 'ONE'])
  expect(await pushing).toEqual(Array.from({ length: 50 }, (_, number) => number + 1))
  expect(await client.send(['LRANGE', 'list', 0, -1])).toEqual(Array.from({ length: 50 }, (_, number) => String(number)))
  expect(client.stats()).toMatchObject({ unanswered: 0, waiting: 0, resent: 0 })
})

it('leaves messages to consumers that were back as soon, when Redis was away for longer than claimIdleMs', {
  timeout: 90_000
}, async () => {
  server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
  onTestFinished(() => server.stop())
  const usual = { claimIdleMs: 1000, connect: PlainConnection.connecting(testPool()) }
  const worker = queueOf(usual)
  await worker.add('slow')
  const job = await nextJob(worker)
  const other = queueOf({ ...usual, queue: worker.name })
  const consuming = other.consume()
  await other.add('for the other')
  await (await consuming.next()).value?.ack()
  await server.kill()
  await sleep(1500)
  await server.restart()
  for (const queue of [worker, other]) await vi.waitFor(() => expect(queue.stats().client.connections).toBe(2), { timeout: 30_000 })
  // As long as both claim nothing, and a message's consumer may give no sign.
  await sleep(2500)
  expect(other.stats().claimed).toBe(0)
  await job.ack()
  expect(worker.stats().lateAcks).toBe(0)
  expect(await worker.depth()).toMatchObject({ length: 0 })
})

it('takes messages over soon after Redis is back, when their consumer is not', { timeout: 90_000 }, async () => {
  server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
  onTestFinished(() => server.stop())
  const worker = queueOf({ claimIdleMs: 1000, commandTimeoutMs: 500 })
  await worker.add('left')
  const other = queueOf({ claimIdleMs: 1000, queue: worker.name })
  await nextJob(worker)
  const consuming = other.consume()
  const next = consuming.next()
  await vi.waitFor(() => expect(other.stats().client.connected).toBe(true), { timeout: 30_000 })
  await server.kill()
  await worker.close({ timeoutMs: 1 })
  await server.restart()
  expect((await next).value).toMatchObject({ deliveries: 2 })
})
