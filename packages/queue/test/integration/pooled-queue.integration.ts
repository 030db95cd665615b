import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CutProxy } from '@tooling/redis-testbed/cut-proxy'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Job, PooledQueue, RedisClient } from '../../src/index.js'
import { eachConnection } from '../support/each-connection.js'
import { describeQueue } from '../support/queue-contract.js'
import { newQueueName, nextJob, queuesOn, quick } from '../support/redis-queues.js'
import { testPool } from '../support/test-pool.js'

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

const queueOf = queuesOn(() => server)

for (const [how, connecting] of eachConnection) {
  describeQueue(`PooledQueue on ${how}`, (options) => {
    return new PooledQueue({ url: server.url, queue: newQueueName(), ...quick, ...options, ...connecting(options.pool) })
  })
}

describe('a PooledQueue', () => {
  it.each(eachConnection)('brings messages of 10 MiB back byte for byte, on %s', async (_, connecting) => {
    const pool = testPool()
    const queue = queueOf({ pool, ...connecting(pool) })
    const sent = randomBytes(10 * 1024 * 1024)
    for (let round = 0; round < 3; round++) {
      const lease = pool.lease(sent.length)
      sent.copy(lease.buffer)
      await queue.add(lease)
    }
    let taken = 0
    for await (const job of queue.consume()) {
      expect(job.buffer.equals(sent)).toBe(true)
      job.ack()
      if (++taken === 3) break
    }
    await queue.close()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it.each(eachConnection)('delivers what came of an answer that is larger than its pool, on %s', async (_, connecting) => {
    const pool = testPool(4 * 1024 * 1024)
    const queue = queueOf({ pool, ...connecting(pool) })
    // So many short ones that the consumer asks for as many large ones at once.
    for (let at = 0; at < 40; at++) await queue.add('short')
    for (let at = 0; at < 20; at++) await queue.add(Buffer.alloc(1024 * 1024, at))
    const consumer = queue.consume()
    const large: number[] = []
    for await (using job of consumer) {
      if (job.buffer.length > 5) {
        expect(job.buffer.equals(Buffer.alloc(1024 * 1024, large.length))).toBe(true)
        large.push(job.deliveries)
      }
      void job.ack()
      if (large.length === 20) break
    }
    expect(large).toEqual(Array.from({ length: 20 }, () => 1))
    await queue.close()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it.each(eachConnection)(
    'stops within an answer that is larger than its pool, and hands back what still comes, on %s',
    async (_, connecting) => {
      const pool = testPool(4 * 1024 * 1024)
      const queue = queueOf({ pool, ...connecting(pool) })
      for (let at = 0; at < 40; at++) await queue.add('short')
      for (let at = 0; at < 12; at++) await queue.add(Buffer.alloc(1024 * 1024, at))
      const consumer = queue.consume()
      for (let at = 0; at < 41; at++) await (await consumer.next()).value?.ack()
      await consumer.stop()
      expect(queue.stats().inFlight).toBe(0)
      expect((await queue.depth()).length).toBe(11)
      const other = queue.consume({ maxInFlight: 1 })
      const first: number[] = []
      for (let at = 0; at < 11; at++) {
        const { value: job } = await other.next()
        first.push(job?.buffer[0] as number)
        expect(job?.deliveries).toBe(1)
        await job?.ack()
      }
      expect(first.sort((one, next) => one - next)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
      await queue.close()
      await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
    }
  )

  it('keeps messages whose answer waits for room from other consumers, for longer than claimIdleMs', async () => {
    const name = newQueueName()
    const claimIdleMs = 300
    const slow = queueOf({ queue: name, claimIdleMs })
    const other = queueOf({ queue: name, claimIdleMs })
    for (let at = 0; at < 40; at++) await slow.add('short')
    for (let at = 0; at < 8; at++) await slow.add(Buffer.alloc(1024 * 1024, at))
    const consumer = slow.consume({ maxInFlightBytes: 1024 * 1024 })
    for (let at = 0; at < 40; at++) await (await consumer.next()).value?.ack()
    // The answer has eight large ones, of which one is in flight.
    const first = (await consumer.next()).value as Job
    const idle = other.consume()
    const stolen = idle.next()
    await sleep(claimIdleMs * 4)
    expect([slow.stats().inFlight, other.stats().inFlight, (await slow.depth()).pending]).toEqual([1, 0, 8])
    await first.ack()
    for (let at = 1; at < 8; at++) {
      const { value: job } = await consumer.next()
      expect([job?.buffer[0], job?.deliveries]).toEqual([at, 1])
      await job?.ack()
    }
    await idle.stop()
    expect((await stolen).done).toBe(true)
    expect([slow.stats().lateAcks, slow.stats().retried]).toEqual([0, 0])
  })

  it.each(eachConnection)('claims more than its pool holds, one after the other, on %s', async (_, connecting) => {
    const pool = testPool(4 * 1024 * 1024)
    const name = newQueueName()
    const queue = queueOf({ queue: name, claimIdleMs: 300, pool, ...connecting(pool) })
    for (let at = 0; at < 12; at++) await queue.add(Buffer.alloc(1024 * 1024, at))
    await using redis = new RedisClient({ url: server.url })
    await redis.send(['XGROUP', 'CREATE', `pool:{${name}}`, 'workers', '0'])
    const takeAll = `redis.call('XREADGROUP', 'GROUP', 'workers', 'dead', 'STREAMS', KEYS[1], '>')`
    await redis.send(['EVAL', takeAll, 1, `pool:{${name}}`])
    const seen = new Set<number>()
    for await (using job of queue.consume()) {
      expect(job.buffer.equals(Buffer.alloc(1024 * 1024, job.buffer[0]))).toBe(true)
      seen.add(job.buffer[0] as number)
      expect([job.deliveries, pool.stats().inUse <= 4]).toEqual([2, true])
      await job.ack()
      if (seen.size === 12) break
    }
    await queue.close()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it.each(eachConnection)('brings a message back that is longer than a connection reads by default, on %s', async (_, connecting) => {
    const pool = testPool()
    const maxMessageBytes = 12 * 1024 * 1024
    const queue = queueOf({ pool, maxMessageBytes, ...connecting(pool) })
    const sent = randomBytes(maxMessageBytes)
    await queue.add(sent)
    const job = await nextJob(queue)
    expect(job.buffer.equals(sent)).toBe(true)
    await job.ack()
    job[Symbol.dispose]()
    await queue.close()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('leaves nothing in Redis but a stream without entries, and no consumer', async () => {
    const queue = queueOf()
    await queue.add('a')
    const job = await nextJob(queue)
    await job.ack()
    await queue.close()
    await using redis = new RedisClient({ url: server.url })
    expect(await redis.send(['XLEN', `pool:{${queue.name}}`])).toBe(0)
    expect(await redis.send(['XINFO', 'CONSUMERS', `pool:{${queue.name}}`, 'workers'])).toEqual([])
  })

  it('takes what another client adds, and writes what another client takes', async () => {
    await using redis = new RedisClient({ url: server.url })
    const queue = queueOf()
    await redis.send(['XADD', `pool:{${queue.name}}`, '*', 'other', 'field', 'd', 'from elsewhere'])
    const job = await nextJob(queue)
    expect(job.buffer.toString()).toBe('from elsewhere')
    await job.ack()
    const { entryId } = await queue.add('to elsewhere', { id: 'seven' })
    expect(await redis.send(['XRANGE', `pool:{${queue.name}}`, '-', '+'])).toEqual([[entryId, ['d', 'to elsewhere', 'k', 'seven']]])
  })

  it('buries entries that are no messages, and messages that are too large, and goes on', async () => {
    await using redis = new RedisClient({ url: server.url })
    const queue = queueOf({ maxMessageBytes: 1000, claimIdleMs: 100 })
    await redis.send(['XADD', `pool:{${queue.name}}`, '*', 'no', 'message'])
    await redis.send(['XADD', `pool:{${queue.name}}`, '*', 'd', 'x'.repeat(2000)])
    await queue.add('sound')
    const job = await nextJob(queue)
    expect(job.buffer.toString()).toBe('sound')
    await job.ack()
    await vi.waitFor(async () => expect(await queue.depth()).toMatchObject({ length: 0, deadLetters: 2 }), 5000)
    const letters = (await redis.send(['XRANGE', `pool:{${queue.name}}:dead`, '-', '+'])) as [string, string[]][]
    expect(letters.map(([, fields]) => fields.slice(fields.indexOf('why') + 1)[0]).sort()).toEqual(['malformed', 'too large'])
  })

  it('delivers what a consumer left that gives no sign any more, and tells the late acknowledgement', async () => {
    const queue = queueOf({ claimIdleMs: 1000 })
    const heard: unknown[] = []
    for (const name of ['claim', 'redeliver', 'lateAck'] as const) queue.on(name, (event) => heard.push([name, event]))
    await queue.add('left')
    const slow = queueOf({ queue: queue.name, claimIdleMs: 30_000 })
    slow.on('lateAck', (event) => heard.push(['lateAck', event]))
    const left = await nextJob(slow)
    const again = await nextJob(queue)
    expect(again.entryId).toBe(left.entryId)
    expect(again.deliveries).toBe(2)
    await again.ack()
    await left.ack()
    expect(slow.stats().lateAcks).toBe(1)
    expect(queue.stats()).toMatchObject({ claimed: 1, redelivered: 1, lateAcks: 0 })
    expect(heard).toEqual([
      ['claim', { queue: queue.name, count: 1 }],
      ['redeliver', { queue: queue.name, entryId: left.entryId, deliveries: 2 }],
      ['lateAck', { queue: queue.name, count: 1 }]
    ])
  })

  it.each([false, true])('keeps a message that is worked on for longer than claimIdleMs, its consumer stopped: %s', async (isStopped) => {
    const queue = queueOf({ claimIdleMs: 1500 })
    await queue.add('long work')
    const own = queue.consume()
    onTestFinished(() => own.stop())
    const job = (await own.next()).value as Job
    if (isStopped) await own.stop()
    const other = queue.consume()
    onTestFinished(() => other.stop())
    const stolen = other.next()
    await sleep(3500)
    expect(queue.stats()).toMatchObject({ claimed: 0, delivered: 1 })
    await job.ack()
    await other.stop()
    expect((await stolen).done).toBe(true)
  })

  it('emits events of its connection: made, gone, made again', async () => {
    const proxy = await CutProxy.start(server.port)
    onTestFinished(() => proxy.stop())
    const queue = queueOf({ url: `redis://127.0.0.1:${proxy.port}` })
    const heard: unknown[] = []
    queue.on('connect', ({ connections }) => heard.push(connections)).on('disconnect', ({ error }) => heard.push(error))
    await queue.add('one')
    expect(heard).toEqual([1])
    proxy.cut()
    await vi.waitFor(() => expect(heard).toEqual([1, expect.any(Error)]), 10_000)
    await queue.add('two')
    expect(heard).toEqual([1, expect.any(Error), 2])
    await queue.close()
    expect(heard).toHaveLength(3)
    const nowhere = queueOf({ url: 'redis://127.0.0.1:1' })
    nowhere.on('disconnect', ({ error }) => heard.push((error as NodeJS.ErrnoException).code))
    await expect(nowhere.add('three', { timeoutMs: 30 })).rejects.toMatchObject({ code: 'ERR_POOL_COMMAND_TIMEOUT' })
    await vi.waitFor(() => expect(heard).toContain('ECONNREFUSED'), 10_000)
  })

  it('is consumed while Redis has no memory for more, which refuses adds', async () => {
    const full = await RedisServer.start()
    onTestFinished(() => full.stop())
    const queue = queueOf({ url: full.url })
    await queue.add('one')
    await (await nextJob(queue)).ack()
    await queue.add('two')
    await using redis = new RedisClient({ url: full.url })
    await redis.send(['CONFIG', 'SET', 'maxmemory', '1'])
    await expect(queue.add('three')).rejects.toMatchObject({ code: 'ERR_POOL_REDIS_REPLY', redisCode: 'OOM' })
    const job = await nextJob(queue)
    expect(job.buffer.toString()).toBe('two')
    await job.ack()
    await redis.send(['CONFIG', 'SET', 'maxmemory', '0'])
    expect(await queue.depth()).toMatchObject({ length: 0 })
    await queue.add('four')
  })

  it('goes on when its stream was deleted', async () => {
    await using redis = new RedisClient({ url: server.url })
    const queue = queueOf()
    await queue.add('one')
    await (await nextJob(queue)).ack()
    await redis.send(['DEL', `pool:{${queue.name}}`])
    await queue.add('two')
    const job = await nextJob(queue)
    expect(job.buffer.toString()).toBe('two')
    await job.ack()
  })

  it('acknowledges at once when Redis was told to forget its scripts, however long the next request for messages waits', async () => {
    await using redis = new RedisClient({ url: server.url })
    const queue = queueOf({ blockMs: 60_000, commandTimeoutMs: 5000 })
    await queue.add('one')
    const consumer = queue.consume({ maxInFlight: 1 })
    onTestFinished(() => consumer.stop())
    const { value: job } = await consumer.next()
    await redis.send(['SCRIPT', 'FLUSH'])
    const next = consumer.next()
    await job?.ack()
    expect(await queue.depth()).toMatchObject({ length: 0, pending: 0 })
    expect(queue.stats()).toMatchObject({ lateAcks: 0, client: { timeouts: 0 } })
    await consumer.stop()
    expect((await next).done).toBe(true)
  })

  it('ends the loop with the error when Redis holds something else under its name', async () => {
    await using redis = new RedisClient({ url: server.url })
    const queue = queueOf()
    await redis.send(['SET', `pool:{${queue.name}}`, 'text'])
    await expect(queue.consume().next()).rejects.toMatchObject({ code: 'ERR_POOL_REDIS_REPLY', redisCode: 'WRONGTYPE' })
    await expect(queue.add('a')).rejects.toMatchObject({ code: 'ERR_POOL_REDIS_REPLY' })
  })

  it('loses and doubles nothing while Redis is suspended for longer than the timeout of an add with an id', async () => {
    const queue = queueOf({ commandTimeoutMs: 400 })
    await queue.add('before')
    server.suspend()
    const adding = queue.add('during', { id: 'during' }).catch((error) => error.code)
    expect(await adding).toBe('ERR_POOL_COMMAND_TIMEOUT')
    server.resume()
    const again = await queue.add('during', { id: 'during', timeoutMs: 10_000 })
    expect(again.entryId).toMatch(/^\d+-\d+$/)
    expect(await queue.depth()).toMatchObject({ length: 2 })
  })

  it('closes within its time while Redis answers nothing', async () => {
    const queue = queueOf()
    await queue.add('a')
    const consumer = queue.consume()
    const { value: job } = await consumer.next()
    server.suspend()
    onTestFinished(() => server.resume())
    const since = performance.now()
    await queue.close({ timeoutMs: 300 })
    expect(performance.now() - since).toBeLessThan(5000)
    await job?.ack().catch(() => {})
  })

  it('stays flat in memory while adds are faster than the queue is emptied, and refuses none that may wait', async () => {
    const pool = testPool()
    const bound = 1024 * 1024
    const queue = queueOf({ pool, maxLength: 5, maxWaitingBytes: bound, maxUnansweredBytes: bound })
    const message = Buffer.alloc(50_000, 7)
    const adds = Array.from({ length: 200 }, () => queue.add(message, { timeoutMs: 60_000 }))
    await vi.waitFor(() => expect(queue.stats().client.unanswered + queue.stats().waitingAdds).toBeGreaterThanOrEqual(195))
    const consumer = queue.consume({ maxInFlight: 4 })
    let mostLeased = 0
    const looping = (async () => {
      for await (const job of consumer) {
        mostLeased = Math.max(mostLeased, pool.stats().inUseBytes)
        job.ack()
      }
    })()
    await Promise.all(adds)
    await vi.waitFor(() => expect(queue.stats().acked).toBe(200), 10_000)
    await consumer.stop()
    await looping
    // What is under way, and what the consumer has; buffers of 64 KiB.
    expect(mostLeased).toBeLessThan(bound * (64 / 50) + 20 * 65_536)
    expect(queue.stats()).toMatchObject({ added: 200, acked: 200, refused: 0, waitingAdds: 0, waitingBytes: 0 })
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('lets adds wait in their order while there is no connection, until their time is over', async () => {
    const queue = queueOf({ url: 'redis://127.0.0.1:1', maxWaitingBytes: 10_000 })
    const controller = new AbortController()
    const settled: string[] = []
    const add = (name: string, options: object) =>
      queue.add(Buffer.alloc(9000), options).catch((error) => settled.push(`${name} ${error.code ?? error}`))
    const adds = [
      add('one', { timeoutMs: 150 }),
      add('two', { timeoutMs: 300 }),
      add('three', { timeoutMs: 9000, signal: controller.signal })
    ]
    expect(queue.stats()).toMatchObject({ waitingAdds: 2, waitingBytes: 18_000 })
    await adds[0]
    expect(queue.stats()).toMatchObject({ waitingAdds: 1 })
    await adds[1]
    controller.abort('enough')
    await adds[2]
    expect(settled).toEqual(['one ERR_POOL_COMMAND_TIMEOUT', 'two ERR_POOL_COMMAND_TIMEOUT', 'three enough'])
    expect(queue.stats()).toMatchObject({ waitingAdds: 0, waitingBytes: 0 })
  })
})
