import { SizeClassPool } from '@pool/core'
import { PooledQueue, RedisClient } from '@pool/queue'
import { connectPooled } from '@tooling/redis-testbed/pooled-connect'
import { Redis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'

/** What one run cost its process, for each message. */
export interface Cost {
  /** CPU time, user and system, in µs. */
  readonly cpuUs: number
  /** Page faults that needed no disk. */
  readonly faults: number
  /** Bytes of fresh `ArrayBuffer`s. */
  readonly freshBytes: number
  /** The most resident memory of the run beyond what there was before it, in MiB. */
  readonly rssMiB: number
}

const stream = 'pool:{bench}'
const group = 'workers'
const mostInFlight = 64
/** Bytes of the small messages that are taken first. */
const smallBytes = 1024
/** Bytes of the small messages that are added first: sent from their lease, as larger ones are. */
const longBytes = 8192
const mostBytes = 16 * 1024 * 1024
/** Bytes of messages that a producer leaves in Redis before it empties the stream. */
const mostKeptBytes = 128 * 1024 * 1024

/** Takes `count` messages, calls `seen` with the bytes of each, and acknowledges it. */
type Consuming = (count: number, seen: (bytes: Uint8Array) => void) => Promise<void>
/** Adds `count` messages, each written in full: memory that was only read costs no page. */
type Producing = (count: number, bytes: number) => Promise<void>

interface Subject {
  readonly consume: Consuming
  readonly produce: Producing
  readonly end: () => Promise<unknown>
}

function perRequest(bytes: number): number {
  return Math.max(1, Math.min(mostInFlight, Math.floor(mostBytes / bytes)))
}

/** Adds, with half as many unanswered as the bounds of the queue allow. */
async function pipelined(count: number, bytes: number, add: () => Promise<unknown>): Promise<void> {
  const most = Math.ceil(perRequest(bytes) / 2)
  for (let left = count; left > 0; left -= most) await Promise.all(Array.from({ length: Math.min(most, left) }, add))
}

function ours(url: string, isPooled: boolean): Subject {
  const pool = new SizeClassPool({ clear: 'never', maxClassBytes: 16 * 1024 * 1024, maxSize: 1_000_000, maxLiveBytes: 256 * 1024 * 1024 })
  const maxMessageBytes = 12 * 1024 * 1024
  const connect = isPooled ? { connect: (target: object) => connectPooled({ ...target, pool, maxMessageBytes }) } : {}
  const queue = new PooledQueue({ url, queue: 'bench', pool, maxMessageBytes, ...connect })
  return {
    consume: async (count, seen) => {
      let left = count
      for await (const job of queue.consume()) {
        seen(job.buffer)
        job.ack()
        if (--left === 0) break
      }
    },
    produce: (count, bytes) =>
      pipelined(count, bytes, () => {
        const lease = pool.lease(bytes)
        lease.buffer.fill(7)
        return queue.add(lease)
      }),
    end: () => queue.close()
  }
}

async function ioredis(url: string): Promise<Subject> {
  const redis = new Redis(url)
  await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM').catch(() => {})
  return {
    consume: async (count, seen) => {
      for (let left = count; left > 0; ) {
        const most = Math.min(left, batch)
        const reply = (await redis.xreadgroupBuffer('GROUP', group, 'one', 'COUNT', most, 'STREAMS', stream, '>')) as never as [
          [Buffer, [Buffer, Buffer[]][]]
        ]
        const entries = reply[0][1]
        for (const [, fields] of entries) seen(fields[1] as Buffer)
        const ids = entries.map(([id]) => id)
        redis.xack(stream, group, ...ids)
        await redis.xdel(stream, ...ids)
        left -= entries.length
      }
    },
    produce: (count, bytes) =>
      pipelined(count, bytes, () => {
        const fresh = Buffer.allocUnsafe(bytes)
        fresh.fill(7)
        return redis.xadd(stream, '*', 'd', fresh)
      }),
    end: () => redis.quit()
  }
}

async function nodeRedis(url: string): Promise<Subject> {
  const plain = createClient({ url })
  await plain.connect()
  await plain.xGroupCreate(stream, group, '0', { MKSTREAM: true }).catch(() => {})
  const client = plain.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  return {
    consume: async (count, seen) => {
      for (let left = count; left > 0; ) {
        const reply = await client.xReadGroup(group, 'one', { key: stream, id: '>' }, { COUNT: Math.min(left, batch) })
        const entries = (reply as never as { messages: { id: Buffer; message: { d: Buffer } }[] }[])[0]?.messages ?? []
        for (const { message } of entries) seen(message.d)
        const ids = entries.map(({ id }) => id)
        void client.xAck(stream, group, ids)
        await client.xDel(stream, ids)
        left -= entries.length
      }
    },
    produce: (count, bytes) =>
      pipelined(count, bytes, () => {
        const fresh = Buffer.allocUnsafe(bytes)
        fresh.fill(7)
        return client.xAdd(stream, '*', { d: fresh })
      }),
    end: () => plain.close()
  }
}

const [direction, name, url, ...figures] = process.argv.slice(2) as [string, string, string, ...string[]]
const [bytes, count, warm, small] = figures.map(Number) as [number, number, number, number]
const batch = perRequest(bytes)
const subject = name === 'ioredis' ? await ioredis(url) : name === 'node-redis' ? await nodeRedis(url) : ours(url, name === 'pooled')
/** Empties the stream, in each process alike. */
const commands = new RedisClient({ url })

let seenCount = 0
let freshBytes = 0
let lastBytes = 0
let peakRss = 0
const sample = (): void => {
  const { arrayBuffers, rss } = process.memoryUsage()
  // What the collector frees in between goes unseen, so that this is the least that was allocated.
  if (arrayBuffers > lastBytes) freshBytes += arrayBuffers - lastBytes
  lastBytes = arrayBuffers
  peakRss = Math.max(peakRss, rss)
}
const seen = (message: Uint8Array): void => {
  const length = seenCount < small ? smallBytes : bytes
  if (message.length !== length || message[0] !== 7 || message[length - 1] !== 7) throw new Error('other bytes than were sent')
  if (++seenCount % 16 === 0 && bytes >= 65_536) sample()
}

/** Adds messages, and empties the stream after each part: Redis can't hold them all. */
const produceInParts = async (count: number, bytes: number): Promise<void> => {
  const most = Math.ceil(mostKeptBytes / bytes)
  for (let left = count; left > 0; left -= most) {
    await subject.produce(Math.min(most, left), bytes)
    await commands.send(['FLUSHALL', 'ASYNC'], { timeoutMs: Number.POSITIVE_INFINITY })
  }
}

let before = 0
let cpu = process.cpuUsage()
let faults = 0
const begin = (): void => {
  sample()
  freshBytes = 0
  before = process.memoryUsage().rss
  peakRss = before
  faults = process.resourceUsage().minorPageFault
  cpu = process.cpuUsage()
}
// A collection throws compiled code away. One right before the run would have it compile once more, at the cost of several messages each.
globalThis.gc?.()
if (direction === 'consume') {
  // The messages are there before, so that the run costs what taking them costs. One consumer takes all of them, as in a program that stays:
  // a consumer that ends leaves compiled code behind that V8 throws away with it.
  await subject.consume(small + warm + count, (message) => {
    seen(message)
    if (seenCount === small + warm) begin()
  })
} else {
  // The code is compiled by small messages first: they take Redis less time.
  await produceInParts(small, Math.min(bytes, longBytes))
  await produceInParts(warm, bytes)
  begin()
  await produceInParts(count, bytes)
}
const { user, system } = process.cpuUsage(cpu)
sample()
const cost: Cost = {
  cpuUs: (user + system) / count,
  faults: (process.resourceUsage().minorPageFault - faults) / count,
  freshBytes: freshBytes / count,
  rssMiB: (peakRss - before) / 2 ** 20
}
console.log(JSON.stringify(cost))
await subject.end()
await commands.close()
process.exit()
