import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Job, landsWhole, PooledQueue, RedisClient, releaseReply } from '../../src/index.js'
import { unreferencedMs } from '../../src/queue/adding/large-message.js'
import { isLease } from '../../src/resp/reply.js'
import { eachConnection } from '../support/each-connection.js'
import { largeBytes, producerName } from '../support/faults/large-producing-process.js'
import { describeQueue } from '../support/queue-contract.js'
import { newQueueName, nextJob, queuesOn, quick } from '../support/redis-queues.js'
import { testPool } from '../support/test-pool.js'

let server: RedisServer
let redis: RedisClient

beforeAll(async () => {
  server = await RedisServer.start()
  redis = new RedisClient({ url: server.url })
})
afterAll(async () => {
  await redis.close()
  await server.stop()
})

const queueOf = queuesOn(() => server, { largeMessageBytes: 10_000 })

const stream = ({ name }: PooledQueue): string => `pool:{${name}}`
/** The keys of payloads that a queue has in Redis. */
const payloads = async (queue: PooledQueue): Promise<string[]> => (await redis.send(['KEYS', `${stream(queue)}:payload:*`])) as string[]
/** For how many ms each of them lives on; -1 for good. */
const lifetimes = async (queue: PooledQueue): Promise<number[]> =>
  Promise.all((await payloads(queue)).map(async (key) => Number(await redis.send(['PTTL', key]))))

// Every message that is not empty lies beside the stream.
describeQueue('PooledQueue whose messages lie beside the stream', (options) => {
  const connecting = (eachConnection[1] as (typeof eachConnection)[number])[1]
  return new PooledQueue({
    url: server.url,
    queue: newQueueName(),
    ...quick,
    largeMessageBytes: 1,
    ...options,
    ...connecting(options.pool)
  })
})

describe('a large message', () => {
  it('lies under a key of its own, which the entry names, until it is acknowledged', async () => {
    const pool = testPool()
    const queue = queueOf({ pool })
    const sent = randomBytes(10_000)
    const { entryId } = await queue.add(sent, { id: 'large' })
    await queue.add(sent.subarray(1))
    const [large, small] = (await redis.send(['XRANGE', stream(queue), '-', '+'], { lands: (depth, at) => depth === 3 && at === 1 })) as [
      string,
      unknown[]
    ][]
    expect(small?.[1][0]).toBe('d')
    releaseReply(small?.[1][1] as never)
    const reference = large?.[1][1] as { buffer: Buffer }
    expect([large?.[0], large?.[1][0], ...(large?.[1].slice(2) ?? [])]).toEqual([entryId, 'p', 'k', 'large'])
    const key = `${stream(queue)}:${reference.buffer}`
    releaseReply(reference as never)
    expect(await lifetimes(queue)).toEqual([-1])
    const payload = await redis.send(['GET', key], { lands: landsWhole })
    expect(isLease(payload) && payload.buffer.equals(sent)).toBe(true)
    releaseReply(payload)
    const job = await nextJob(queue)
    expect(job.id).toBe('large')
    expect(job.buffer.equals(sent)).toBe(true)
    await job.ack()
    expect(await redis.send(['KEYS', `${stream(queue)}:payload*`])).toEqual([])
    await queue.close()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('is taken one ahead of the loop, however many wait', async () => {
    const pool = testPool()
    const producer = queueOf()
    const queue = queueOf({ queue: producer.name, pool })
    for (let at = 0; at < 12; at++) await producer.add(Buffer.alloc(100_000, at))
    let most = 0
    let taken = 0
    for await (const job of queue.consume()) {
      expect(job.buffer.equals(Buffer.alloc(100_000, taken))).toBe(true)
      await sleep(10)
      most = Math.max(most, pool.stats().inUseBytes)
      await job.ack()
      if (++taken === 12) break
    }
    // Two of them, in buffers of 128 KiB, and words of commands.
    expect(most).toBeLessThan(3 * 131_072)
  })

  it('is not sent to a queue that is full, or has it', async () => {
    const queue = queueOf({ maxLength: 1, whenFull: 'refuse' })
    const message = Buffer.alloc(50_000, 1)
    await queue.add(message, { id: 'one' })
    await expect(queue.add(message)).rejects.toMatchObject({ code: 'ERR_POOL_QUEUE_FULL' })
    expect(await queue.add(message, { id: 'one' })).toMatchObject({ duplicate: true })
    expect(await payloads(queue)).toHaveLength(1)
    const job = await nextJob(queue)
    expect(job.buffer.equals(message)).toBe(true)
    await job.ack()
    expect(await payloads(queue)).toEqual([])
  })

  it('keeps its payload as a dead letter, until that is removed', async () => {
    const queue = queueOf({ maxDeliveries: 1 })
    await queue.add(Buffer.alloc(20_000, 1))
    await queue.add(Buffer.alloc(20_000, 2))
    const consumer = queue.consume({ maxInFlight: 1 })
    onTestFinished(() => consumer.stop())
    await ((await consumer.next()).value as Job).retry()
    await vi.waitFor(async () => expect(await queue.depth()).toMatchObject({ deadLetters: 1 }), 10_000)
    const [[letter, fields]] = (await redis.send(['XRANGE', `${stream(queue)}:dead`, '-', '+'])) as [[string, string[]]]
    expect(fields.slice(-6).filter((_, at) => at % 2 === 0)).toEqual(['from', 'why', 'deliveries'])
    expect(await redis.send(['STRLEN', `${stream(queue)}:${fields[1]}`])).toBe(20_000)
    await ((await consumer.next()).value as Job).ack()
    expect(await payloads(queue)).toEqual([`${stream(queue)}:${fields[1]}`])
    expect(await lifetimes(queue)).toEqual([-1])
    await redis.send(['XDEL', `${stream(queue)}:dead`, letter])
    await vi.waitFor(async () => expect(await redis.send(['KEYS', `${stream(queue)}*payload*`])).toEqual([]), 10_000)
  })

  it('gives its payload up when it gives way to later messages, as a message and as a dead letter', async () => {
    const queue = queueOf({ maxLength: 2, whenFull: 'trim' })
    for (let at = 0; at < 5; at++) await queue.add(Buffer.alloc(20_000 + at))
    expect((await payloads(queue)).map((key) => Number(key.split(':').at(-2))).sort()).toEqual([20_003, 20_004])
    const burying = queueOf({ maxDeliveries: 1, maxDeadLetters: 1 })
    // Redis lets whole nodes of a stream give way, of a hundred entries each.
    const consumer = burying.consume({ maxInFlight: 100 })
    onTestFinished(() => consumer.stop())
    for (let at = 0; at < 220; at++) {
      await burying.add(Buffer.alloc(10_000))
      void ((await consumer.next()).value as Job).retry()
    }
    await vi.waitFor(async () => expect(burying.stats().buried).toBe(220), 20_000)
    const letters = Number(await redis.send(['XLEN', `${stream(burying)}:dead`]))
    expect(letters).toBeLessThanOrEqual(120)
    await vi.waitFor(async () => expect(await payloads(burying)).toHaveLength(letters), 10_000)
  }, 60_000)

  it.each([
    { why: 'payload gone', harm: (key: string) => ['DEL', key] },
    { why: 'malformed', harm: (key: string) => ['SET', key, 'shorter'] }
  ])('is buried when others have harmed its payload: $why', async ({ why, harm }) => {
    const pool = testPool()
    const queue = queueOf({ pool })
    await queue.add(Buffer.alloc(20_000))
    const [key] = (await payloads(queue)) as [string]
    await redis.send(harm(key))
    await queue.add('sound')
    const job = await nextJob(queue)
    expect(job.buffer.toString()).toBe('sound')
    await job.ack()
    expect(await queue.depth()).toMatchObject({ length: 0, deadLetters: 1 })
    const [[, fields]] = (await redis.send(['XRANGE', `${stream(queue)}:dead`, '-', '+'])) as [[string, string[]]]
    expect(fields[fields.indexOf('why') + 1]).toBe(why)
    await queue.close()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('is buried unread when it is too large for the consumer', async () => {
    const queue = queueOf()
    await queue.add(Buffer.alloc(20_000))
    const small = queueOf({ queue: queue.name, maxMessageBytes: 15_000 })
    await queue.add('sound')
    const job = await nextJob(small)
    expect(job.buffer.toString()).toBe('sound')
    await job.ack()
    expect(small.stats().buried).toBe(1)
  })

  it('is left alone when an entry refers to something that is not a payload', async () => {
    const queue = queueOf()
    await redis.send(['SET', `${stream(queue)}:dead:other`, 'of others'])
    for (const reference of ['dead:other', 'payload:9:../other', 'payload:99999999999:0123456789012345678901', 'a b']) {
      await redis.send(['XADD', stream(queue), '*', 'p', reference])
    }
    await queue.add('sound')
    const job = await nextJob(queue)
    expect(job.buffer.toString()).toBe('sound')
    await job.ack()
    expect(await queue.depth()).toMatchObject({ length: 0, deadLetters: 4 })
    expect(await redis.send(['GET', `${stream(queue)}:dead:other`])).toBe('of others')
  })

  it('is handed back unread when the consumer stops, even while Redis answers nothing', async () => {
    const pool = testPool()
    const queue = queueOf({ pool })
    for (let at = 0; at < 3; at++) await queue.add(Buffer.alloc(50_000, at))
    const consumer = queue.consume()
    const job = (await consumer.next()).value as Job
    await job.ack()
    await consumer.stop()
    expect(await queue.depth()).toMatchObject({ length: 2 })
    const again = queue.consume()
    const jobs = [(await again.next()).value as Job, (await again.next()).value as Job]
    expect(jobs.map(({ buffer, deliveries }) => [buffer[0], deliveries])).toEqual([
      [1, 1],
      [2, 1]
    ])
    server.suspend()
    onTestFinished(() => server.resume())
    await queue.close({ timeoutMs: 100 })
    for (const one of jobs) one.settled || (await one.ack().catch(() => {}))
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('leaves nothing that stays when its add was called off, wherever that was', async () => {
    const pool = testPool()
    const queue = queueOf({ pool })
    let added = 0
    for (let round = 0; round < 60; round++) {
      const controller = new AbortController()
      const adding = queue.add(pool.lease(300_000), { signal: controller.signal })
      if (round % 3 === 0) await new Promise(setImmediate)
      else await sleep((round % 10) / 2)
      controller.abort('enough')
      added += await adding.then(
        () => 1,
        () => 0
      )
    }
    await queue.add('last')
    const { length } = await queue.depth()
    expect(length).toBeGreaterThanOrEqual(added + 1)
    await vi.waitFor(async () => expect(await payloads(queue)).toHaveLength(length - 1), 10_000)
    expect(new Set(await lifetimes(queue))).toEqual(new Set(length > 1 ? [-1] : []))
    await queue.close()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('is put for a while only, and stays from the step on that adds its entry', { timeout: 120_000 }, async () => {
    const queue = queueOf({ largeMessageBytes: largeBytes })
    const { confirmed, signal } = await produceUntilDeath(queue.name, { dyingAfter: 3 })
    expect(signal).toBe('SIGKILL')
    expect(confirmed).toHaveLength(2)
    expect(await queue.depth()).toMatchObject({ length: 2 })
    const lives = (await lifetimes(queue)).sort((one, other) => one - other)
    expect(lives.slice(0, 2)).toEqual([-1, -1])
    expect(lives).toHaveLength(3)
    expect(lives[2]).toBeGreaterThan(0)
    expect(lives[2]).toBeLessThanOrEqual(unreferencedMs)
    await drain(queue, confirmed)
  })

  const deaths = process.env.POOL_DEEP === '1' ? 30 : 4
  it(`is there whole or not at all when its producer is killed at any moment, ${deaths} times`, { timeout: 300_000 }, async () => {
    for (let death = 0; death < deaths; death++) {
      const queue = queueOf({ largeMessageBytes: largeBytes })
      const { confirmed } = await produceUntilDeath(queue.name, { afterMs: Math.random() * 30 })
      const { length } = await queue.depth()
      expect(length).toBeGreaterThanOrEqual(confirmed.length)
      // At most one add was under way.
      expect(length).toBeLessThanOrEqual(confirmed.length + 1)
      const lives = await lifetimes(queue)
      expect(lives.filter((life) => life === -1)).toHaveLength(length)
      expect(lives.length).toBeLessThanOrEqual(length + 1)
      await drain(queue, confirmed)
    }
  })
})

interface Death {
  /** The entries that the producer was told of. */
  readonly confirmed: readonly string[]
  readonly signal: string | null
}

const program = fileURLToPath(new URL('../support/faults/large-producing-process.ts', import.meta.url))

/** Lets a process add large messages until it dies: before an entry whose payload is there, or by `kill -9` so long after its first message. */
async function produceUntilDeath(queue: string, how: { readonly dyingAfter: number } | { readonly afterMs: number }): Promise<Death> {
  const dyingAfter = 'dyingAfter' in how ? how.dyingAfter : 0
  const parameters = ['--conditions=@pool/source', '--import', 'tsx', program, server.url, queue, String(dyingAfter)]
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk) => {
    if (output === '' && 'afterMs' in how) setTimeout(() => child.kill('SIGKILL'), how.afterMs)
    output += chunk
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  // Until Redis sees the end of the connection, it may still have commands of it to execute.
  await vi.waitFor(async () => expect(String(await redis.send(['CLIENT', 'LIST']))).not.toContain(producerName), 10_000)
  return { confirmed: output.split('\n').filter((line) => /^\d+-\d+$/.test(line)), signal }
}

/** Takes and acknowledges all; asserts that what was confirmed is among it, and that no payload is left but one that expires. */
async function drain(queue: PooledQueue, confirmed: readonly string[]): Promise<void> {
  const taken: string[] = []
  let { length } = await queue.depth()
  if (length > 0) {
    for await (const job of queue.consume()) {
      taken.push(job.entryId)
      expect(job.buffer).toHaveLength(largeBytes)
      expect(job.buffer.equals(Buffer.alloc(largeBytes, job.buffer[0]))).toBe(true)
      await job.ack()
      if (--length === 0) break
    }
  }
  expect(taken).toEqual(expect.arrayContaining([...confirmed]))
  expect((await lifetimes(queue)).filter((life) => life === -1)).toEqual([])
}
