import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SizeClassPool } from '@pool/core'
import { PooledBufferList } from '@tooling/redis-testbed/pooled-stream'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ConsumeOptions, Job, JobConsumer, MessageQueue, QueueDepth, QueueStats, WhenFull } from '../../src/index.js'
import { testPool } from './test-pool.js'

/** What the suite asks of a queue. */
export interface ContractQueue extends MessageQueue {
  stats(): QueueStats
  depth(): Promise<QueueDepth>
}

/** How the suite makes one: empty, and of its own. */
export type MakeQueue = (options: {
  readonly pool: SizeClassPool
  readonly maxLength?: number
  readonly whenFull?: WhenFull
  readonly maxDeliveries?: number
  readonly dedupeMs?: number
  readonly claimIdleMs?: number
  readonly maxMessageBytes?: number
}) => ContractQueue

const code = (code: string) => expect.objectContaining({ code })

/** The next jobs of a consumer. */
async function take(consumer: JobConsumer, count: number): Promise<Job[]> {
  const jobs: Job[] = []
  while (jobs.length < count) jobs.push((await consumer.next()).value as Job)
  return jobs
}

const texts = (jobs: readonly Job[]): string[] => jobs.map(({ buffer }) => buffer.toString())

/** What every queue does, through Redis or within one process. */
export function describeQueue(name: string, make: MakeQueue): void {
  const queueOf = (options: Omit<Parameters<MakeQueue>[0], 'pool'> = {}) => {
    const pool = testPool()
    const queue = make({ pool, ...options })
    onTestFinished(() => queue.close({ timeoutMs: 50 }))
    const consumerOf = (options?: ConsumeOptions) => {
      const consumer = queue.consume(options)
      onTestFinished(() => consumer.stop())
      return consumer
    }
    return { pool, queue, consumerOf }
  }

  describe(name, () => {
    it('brings messages back byte for byte and in order: leases, bytes, text, and nothing at all', async () => {
      const { pool, queue, consumerOf } = queueOf()
      const lease = pool.lease(100_000)
      lease.buffer.fill('lease')
      const sent = [
        '',
        'a',
        'ü€𝄞\0\r\n$5',
        'x'.repeat(1023),
        'y'.repeat(5000),
        Buffer.from([0, 255, 13, 10]),
        Buffer.alloc(70_000, 'z'),
        lease
      ]
      const expected = sent.map((message) =>
        typeof message === 'string' || message instanceof Uint8Array ? Buffer.from(message) : Buffer.from(message.buffer)
      )
      for (const message of sent) await queue.add(message)
      const jobs = await take(consumerOf(), sent.length)
      expect(jobs.map(({ buffer }) => buffer.equals(expected.shift() as Buffer))).not.toContain(false)
      for (const job of jobs) await job.ack()
      expect(await queue.depth()).toMatchObject({ length: 0, pending: 0 })
      await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
    })

    it.each([{ pieces: [] }, { pieces: [3] }, { pieces: [7, 9] }, { pieces: [2000, 1, 70_000] }])(
      'empties a list of $pieces bytes, and delivers one message',
      async ({ pieces }) => {
        const { pool, queue, consumerOf } = queueOf()
        const list = new PooledBufferList({ pool })
        const expected: Buffer[] = []
        for (const [at, bytes] of pieces.entries()) {
          const lease = pool.lease(bytes)
          lease.buffer.fill(at + 1)
          expected.push(Buffer.from(lease.buffer))
          list.append(lease)
        }
        await queue.add(list, { id: 'list' })
        expect(list.length).toBe(0)
        const [job] = (await take(consumerOf(), 1)) as [Job]
        expect(job.buffer.equals(Buffer.concat(expected))).toBe(true)
        await job.ack()
        expect(queue.stats().addedBytes).toBe(expected.reduce((sum, { length }) => sum + length, 0))
        await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
      }
    )

    it('gives the memory of a list back whose add is refused', async () => {
      const { pool, queue } = queueOf({ maxMessageBytes: 100 })
      const list = new PooledBufferList({ pool })
      list.append(pool.lease(60)).append(pool.lease(60))
      await expect(queue.add(list)).rejects.toThrow(code('ERR_POOL_TOO_LARGE'))
      expect(list.length).toBe(0)
      expect(pool.stats().inUse).toBe(0)
    })

    it('takes a lease over, and gives its memory back', async () => {
      const { pool, queue } = queueOf({ maxMessageBytes: 50_000 })
      const lease = pool.lease(50_000)
      await queue.add(lease)
      expect(lease.released).toBe(true)
      const tooLarge = pool.lease(50_001)
      await expect(queue.add(tooLarge)).rejects.toThrow(code('ERR_POOL_TOO_LARGE'))
      expect(tooLarge.released).toBe(true)
      await queue.close()
      await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
    })

    it('leaves out a second message of an id, for a while', async () => {
      const { queue, consumerOf } = queueOf({ dedupeMs: 1000 })
      const first = await queue.add('one', { id: 'order-7' })
      expect(await queue.add('two', { id: 'order-7' })).toEqual({ entryId: first.entryId, duplicate: true })
      await queue.add('three', { id: 'order-8' })
      const jobs = await take(consumerOf(), 2)
      expect(texts(jobs)).toEqual(['one', 'three'])
      expect(jobs.map(({ id, entryId }) => [id, entryId === first.entryId])).toEqual([
        ['order-7', true],
        ['order-8', false]
      ])
      await sleep(1050)
      expect((await queue.add('four', { id: 'order-7' })).duplicate).toBe(false)
      expect(queue.stats()).toMatchObject({ added: 3, duplicates: 1 })
    })

    it('tells how often and since when a message was delivered, and delivers again what is handed back', async () => {
      const { queue, consumerOf } = queueOf()
      await queue.add('again')
      const consumer = consumerOf()
      for (const delivery of [1, 2, 3]) {
        const [job] = (await take(consumer, 1)) as [Job]
        expect(job.deliveries).toBe(delivery)
        expect(job.ageMs).toBeGreaterThanOrEqual(0)
        expect(job.ageMs).toBeLessThan(60_000)
        await job.retry()
      }
      expect(queue.stats()).toMatchObject({ delivered: 3, redelivered: 2, retried: 3 })
    })

    it('hands a message back when `using` leaves a handler that threw', async () => {
      const { queue, consumerOf } = queueOf()
      await queue.add('first try fails')
      let tries = 0
      for await (const one of consumerOf()) {
        try {
          await using job = one
          if (++tries === 1) throw new Error('the handler')
          await job.ack()
          break
        } catch (error) {
          expect(error).toMatchObject({ message: 'the handler' })
        }
      }
      expect(tries).toBe(2)
      expect(await queue.depth()).toMatchObject({ length: 0 })
    })

    it('delays a retry', async () => {
      const { queue, consumerOf } = queueOf()
      await queue.add('later')
      const consumer = consumerOf()
      const [job] = (await take(consumer, 1)) as [Job]
      const since = performance.now()
      await job.retry({ delayMs: 250 })
      const [again] = (await take(consumer, 1)) as [Job]
      expect(performance.now() - since).toBeGreaterThan(200)
      await again.ack()
    })

    it('buries a message that was delivered maxDeliveries times', async () => {
      const { queue, consumerOf } = queueOf({ maxDeliveries: 2 })
      await queue.add('poison')
      const consumer = consumerOf()
      for (let delivery = 0; delivery < 2; delivery++) await (await take(consumer, 1))[0]?.retry()
      await queue.add('sound')
      expect(texts(await take(consumer, 1))).toEqual(['sound'])
      await vi.waitFor(async () => expect(await queue.depth()).toMatchObject({ length: 1, deadLetters: 1 }))
      expect(queue.stats().buried).toBe(1)
    })

    it('settles a job once, and gives its memory back at once', async () => {
      const { queue, consumerOf } = queueOf()
      await queue.add('x'.repeat(2000))
      const [job] = (await take(consumerOf(), 1)) as [Job]
      const kept = job.retain()
      await job.ack()
      expect(() => job.ack()).toThrow(code('ERR_POOL_JOB_SETTLED'))
      expect(() => job.retry()).toThrow(code('ERR_POOL_JOB_SETTLED'))
      expect(() => job.buffer).toThrow(code('ERR_POOL_LEASE_RELEASED'))
      job[Symbol.dispose]()
      expect(kept.buffer).toHaveLength(2000)
      kept.release()
    })

    it('takes no more than maxInFlight messages, or maxInFlightBytes and one', async () => {
      const { queue, consumerOf } = queueOf()
      for (let at = 0; at < 10; at++) await queue.add('x'.repeat(10_000))
      const few = consumerOf({ maxInFlight: 3 })
      const jobs = await take(few, 3)
      const fourth = few.next()
      await sleep(50)
      expect(few.inFlight).toBe(3)
      await jobs[0]?.ack()
      expect((await fourth).done).toBe(false)
      await few.stop()
      const small = consumerOf({ maxInFlightBytes: 15_000 })
      await take(small, 2)
      await sleep(50)
      expect(small.inFlight).toBeLessThanOrEqual(2)
    })

    it('shares messages between consumers, each to one', async () => {
      const { queue, consumerOf } = queueOf()
      const seen: string[] = []
      const consumers = [1, 2, 3].map(() => consumerOf({ maxInFlight: 4 }))
      const loops = consumers.map(async (consumer) => {
        for await (const job of consumer) {
          seen.push(job.buffer.toString())
          job.ack()
          await sleep(1)
        }
      })
      const sent = Array.from({ length: 100 }, (_, at) => `message ${at}`)
      for (const message of sent) await queue.add(message)
      await vi.waitFor(() => expect(seen).toHaveLength(100), 10_000)
      await Promise.all(consumers.map((consumer) => consumer.stop()))
      await Promise.all(loops)
      expect([...seen].sort()).toEqual([...sent].sort())
    })

    it('refuses with ERR_POOL_QUEUE_FULL where an add may not wait', async () => {
      const { queue, consumerOf } = queueOf({ maxLength: 2, whenFull: 'refuse' })
      await queue.add('one')
      await queue.add('two')
      await expect(queue.add('three')).rejects.toThrow(code('ERR_POOL_QUEUE_FULL'))
      await (await take(consumerOf(), 1))[0]?.ack()
      await queue.add('three')
      expect(queue.stats()).toMatchObject({ added: 3, refused: 1 })
    })

    it('lets an add wait for room, until its time is over or its signal aborts', async () => {
      const { pool, queue, consumerOf } = queueOf({ maxLength: 1 })
      await queue.add('one')
      await expect(queue.add('two', { timeoutMs: 50 })).rejects.toThrow(code('ERR_POOL_COMMAND_TIMEOUT'))
      const controller = new AbortController()
      const aborted = queue.add('three', { signal: controller.signal })
      const waiting = queue.add(pool.lease(5000))
      await vi.waitFor(() => expect(queue.stats().waitingAdds).toBe(2))
      controller.abort('enough')
      await expect(aborted).rejects.toBe('enough')
      await expect(queue.add('x', { signal: AbortSignal.abort('early') })).rejects.toBe('early')
      await (await take(consumerOf(), 1))[0]?.ack()
      await waiting
      expect(queue.stats()).toMatchObject({ added: 2, waitingAdds: 0, waitingBytes: 0 })
    })

    it('lets the oldest messages give way where it was told to', async () => {
      const { queue, consumerOf } = queueOf({ maxLength: 2, whenFull: 'trim' })
      for (const message of ['one', 'two', 'three', 'four']) await queue.add(message)
      expect(texts(await take(consumerOf(), 2))).toEqual(['three', 'four'])
    })

    it('hands back what a loop has not got when it stops, without counting a delivery', async () => {
      const { queue, consumerOf } = queueOf()
      for (const message of ['one', 'two', 'three']) await queue.add(message)
      for await (const job of consumerOf()) {
        await job.ack()
        break
      }
      const jobs = await take(consumerOf(), 2)
      expect(texts(jobs).sort()).toEqual(['three', 'two'])
      expect(jobs.map(({ deliveries }) => deliveries)).toEqual([1, 1])
      expect(queue.stats().handedBack).toBeGreaterThan(0)
    })

    it('ends the loop when the signal aborts', async () => {
      const { consumerOf } = queueOf()
      const controller = new AbortController()
      const next = consumerOf({ signal: controller.signal }).next()
      controller.abort()
      expect((await next).done).toBe(true)
      expect((await consumerOf({ signal: AbortSignal.abort() }).next()).done).toBe(true)
    })

    it('waits at close for jobs that are out, and refuses adds and consumers', async () => {
      const { pool, queue } = queueOf()
      await queue.add('x'.repeat(3000))
      const [job] = (await take(queue.consume(), 1)) as [Job]
      let isClosed = false
      const closing = queue.close().then(() => {
        isClosed = true
      })
      await expect(queue.add('late')).rejects.toThrow(code('ERR_POOL_CLOSED'))
      expect(() => queue.consume()).toThrow(code('ERR_POOL_CLOSED'))
      await sleep(50)
      expect(isClosed).toBe(false)
      expect(job.buffer).toHaveLength(3000)
      await job.ack()
      await closing
      await queue.close()
      await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
    })

    it('waits at close for jobs of a consumer that has stopped, too', async () => {
      const { queue } = queueOf()
      await queue.add('message')
      const consumer = queue.consume()
      const [job] = (await take(consumer, 1)) as [Job]
      await consumer.stop()
      let isClosed = false
      const closing = queue.close().then(() => {
        isClosed = true
      })
      await sleep(50)
      expect(isClosed).toBe(false)
      await job.ack()
      await closing
      expect(queue.stats()).toMatchObject({ acked: 1, retried: 0 })
      await vi.waitFor(() => expect(queue.stats().consumers).toBe(0))
    })

    it('hands back at close what is not settled in time, whose memory stays the loop’s', async () => {
      const { pool, queue } = queueOf()
      await queue.add('x'.repeat(3000))
      const [job] = (await take(queue.consume(), 1)) as [Job]
      await queue.close({ timeoutMs: 50 })
      expect(job.buffer).toHaveLength(3000)
      await job.ack().catch(() => {})
      await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
    })

    it('emits what its counts count, on itself and on diagnostics channels, and nothing of other queues', async () => {
      const { queue, consumerOf } = queueOf({ maxLength: 1, maxDeliveries: 2 })
      const refusing = queueOf({ maxLength: 1, whenFull: 'refuse' }).queue
      const heard: [string, object][] = []
      const names = ['stall', 'refuse', 'redeliver', 'bury', 'close'] as const
      for (const name of names) queue.on(name, (event) => heard.push([name, event]))
      const refused: unknown[] = []
      refusing.once('refuse', (event) => refused.push(event))
      const onChannel = (event: unknown): void => void refused.push(event)
      subscribe('@pool/queue:refuse', onChannel)
      onTestFinished(() => void unsubscribe('@pool/queue:refuse', onChannel))
      await refusing.add('one')
      for (let add = 0; add < 2; add++) await expect(refusing.add('four')).rejects.toThrow(code('ERR_POOL_QUEUE_FULL'))
      const full = { queue: refusing.name, bytes: 4 }
      expect(refused).toEqual([full, full, full])
      const { entryId } = await queue.add('poison')
      const waiting = queue.add('sound')
      await vi.waitFor(() => expect(queue.stats().waitingAdds).toBe(1))
      const consumer = consumerOf()
      for (let delivery = 0; delivery < 2; delivery++) await (await take(consumer, 1))[0]?.retry()
      await waiting
      await (await take(consumer, 1))[0]?.ack()
      await queue.close()
      expect(heard).toEqual([
        ['stall', { queue: queue.name, bytes: 5, waiting: 1 }],
        ['redeliver', { queue: queue.name, entryId, deliveries: 2 }],
        ['bury', { queue: queue.name, count: 1 }],
        ['close', { queue: queue.name }]
      ])
      expect(() => queue.on('acquire' as never, () => {})).toThrow(code('ERR_POOL_INVALID_OPTION'))
      expect(() => queue.once('bury', 'a listener' as never)).toThrow(code('ERR_POOL_INVALID_OPTION'))
    })

    it('calls no listener that was taken away', async () => {
      const { queue } = queueOf()
      let calls = 0
      const listener = (): void => void calls++
      queue.on('close', listener).off('close', listener)
      await queue.close()
      expect(calls).toBe(0)
    })

    it('refuses what is wrong with ERR_POOL_INVALID_OPTION', async () => {
      const { pool, queue, consumerOf } = queueOf()
      await expect(queue.add(7 as never)).rejects.toThrow(code('ERR_POOL_INVALID_OPTION'))
      await expect(queue.add('a', { id: '' })).rejects.toThrow(code('ERR_POOL_INVALID_OPTION'))
      await expect(queue.add('a', { ids: 'b' } as never)).rejects.toThrow(code('ERR_POOL_INVALID_OPTION'))
      expect(() => queue.consume({ maxInFlight: 0 })).toThrow(code('ERR_POOL_INVALID_OPTION'))
      const transferred = Buffer.from(new ArrayBuffer(100))
      structuredClone(transferred, { transfer: [transferred.buffer] })
      for (const message of [transferred, { takeLeases: () => 7 }]) {
        await expect(queue.add(message as never)).rejects.toThrow(code('ERR_POOL_INVALID_OPTION'))
      }
      const released = pool.lease(10)
      released.release()
      await expect(queue.add(released)).rejects.toThrow(code('ERR_POOL_LEASE_RELEASED'))
      await queue.add('a')
      const [job] = (await take(consumerOf(), 1)) as [Job]
      expect(() => job.retry({ delayMs: -1 })).toThrow(code('ERR_POOL_INVALID_OPTION'))
      expect(job.settled).toBe(false)
      await job.ack()
    })
  })
}
