import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { type Lease, SizeClassPool } from '@pool/core'
import { createMessageDecoder, MessageStreamProcessor, type PooledMessage, pooledTransform } from '@pool/stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { framed, messageOf } from '../support/frames.js'
import { until } from '../support/until.js'

const mistake = new Error("a listener's mistake")
let uncaught: unknown[] = []
let others: NodeJS.UncaughtExceptionListener[] = []
const record = (error: unknown): void => void uncaught.push(error)

beforeEach(() => {
  uncaught = []
  others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', record)
})

afterEach(() => {
  process.off('uncaughtException', record)
  for (const other of others) process.on('uncaughtException', other)
})

const bytes = framed(
  'u32be',
  [1, 2, 3, 4, 5].map((seed) => messageOf(50, seed))
)

describe('MessageStreamProcessor', () => {
  const handlers = { 'at once': () => 'done', later: async () => 'done' }
  it.each([
    ['at once', { ordered: false }],
    ['at once', { ordered: true, concurrency: 3 }],
    ['later', { ordered: false }],
    ['later', { ordered: true, concurrency: 3 }]
  ] as const)('goes on when a listener of result throws, with a handler that is done %s, %j', async (when, options) => {
    const processor = new MessageStreamProcessor({ handler: handlers[when], ...options })
    let results = 0
    processor.on('result', () => {
      results++
      throw mistake
    })
    processor.end(bytes)
    await once(processor, 'finish')
    await until(() => uncaught.length === 5)
    expect([results, processor.stats().processed, new Set(uncaught)]).toEqual([5, 5, new Set([mistake])])
  })

  it('goes on when a listener of messageError throws, whatever is wrong with the message', async () => {
    const processor = new MessageStreamProcessor({
      maxMessageBytes: 60,
      validate: (message) => message.length !== 40,
      handler: () => {
        throw new Error('not handled')
      }
    })
    processor.on('messageError', () => {
      throw mistake
    })
    processor.write(framed('u32be', [messageOf(70), messageOf(40), messageOf(50)]))
    processor.end(framed('u32be', [messageOf(50)]).subarray(0, 20))
    await once(processor, 'finish')
    await until(() => uncaught.length === 4)
    expect(processor.stats()).toMatchObject({ skipped: 2, rejected: 1, failed: 1, inFlight: 0 })
  })

  it('goes on when a listener of drain throws', async () => {
    const processor = new MessageStreamProcessor({ handler: async () => {}, highWaterMark: 10 })
    processor.on('drain', () => {
      throw mistake
    })
    for (let round = 0; round < 3; round++) processor.write(bytes)
    processor.end()
    await once(processor, 'finish')
    expect(processor.stats().processed).toBe(15)
  })

  it('goes on when the source of pressure fails', async () => {
    const source = {
      name: 'broken',
      stats: () => {
        throw mistake
      }
    }
    const processor = new MessageStreamProcessor({ handler: () => {}, pressure: { source: source as never, checkMs: 1 } })
    processor.end(bytes)
    await once(processor, 'finish')
    expect([processor.stats().processed, uncaught]).toEqual([5, [mistake]])
  })
})

describe('streams of leases', () => {
  const messages = Array.from({ length: 30 }, (_, seed) => messageOf(50, seed))
  const streams: Record<string, (pool: SizeClassPool) => Readable> = {
    'a decoder': (pool) => {
      const decoder = createMessageDecoder({ pool, copyMessages: true })
      decoder.end(framed('u32be', messages))
      return decoder
    },
    'a transform': (pool) => {
      const transform = pooledTransform({ pool, output: 'lease', transform: (chunk, scratch) => chunk.copy(scratch) })
      for (const message of messages) transform.write(message)
      transform.end()
      return transform
    },
    'an operator': (pool) => {
      const decoder = createMessageDecoder({ pool, copyMessages: true })
      decoder.end(framed('u32be', messages))
      return decoder.map((message: PooledMessage) => message)
    }
  }

  it.each(Object.entries(streams))('flow on when a listener of data throws: %s', async (_, make) => {
    const pool = new SizeClassPool()
    const stream = make(pool)
    let seen = 0
    stream.on('data', (lease: Lease) => {
      seen++
      lease.release()
      throw mistake
    })
    await once(stream, 'end')
    expect([seen, uncaught.length, new Set(uncaught), pool.stats().inUse]).toEqual([30, 30, new Set([mistake]), 0])
    pool.destroy()
  })
})

describe('MessageDecoder', () => {
  it('finds the other messages when a listener of data throws while the stream flows', async () => {
    const decoder = createMessageDecoder()
    const seen: number[] = []
    decoder.on('data', (message: PooledMessage) => {
      seen.push(message.buffer.length)
      message.release()
      throw mistake
    })
    await once(decoder, 'resume')
    decoder.end(bytes)
    await once(decoder, 'end')
    expect([seen.length, uncaught.length]).toEqual([5, 5])
  })

  it('goes on when a listener of messageError throws', async () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 60, onInvalid: 'skip' })
    decoder.on('messageError', () => {
      throw mistake
    })
    let seen = 0
    decoder.on('data', (message: PooledMessage) => {
      seen++
      message.release()
    })
    decoder.write(framed('u32be', [messageOf(70), messageOf(50)]))
    decoder.end(framed('u32be', [messageOf(50)]).subarray(0, 20))
    await once(decoder, 'end')
    expect([seen, uncaught.length]).toEqual([1, 2])
  })
})
