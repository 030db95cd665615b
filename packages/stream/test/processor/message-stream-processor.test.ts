import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { BufferPool, SizeClassPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MessageContext, MessageError, MessageHandler, MessageStreamProcessorOptions } from '../../src/index.js'
import { MessageStreamProcessor } from '../../src/index.js'
import { framed, framings, messageOf, prefix } from '../support/frames.js'
import { until } from '../support/until.js'

const pool = new SizeClassPool({ name: 'processor-tests', clear: 'never' })

function processorOf(handler: MessageHandler, options: Partial<MessageStreamProcessorOptions> = {}): MessageStreamProcessor {
  return new MessageStreamProcessor({ pool, handler, ...options })
}

function source(bytes: Buffer, each = 100): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / each) }, (_, index) => bytes.subarray(index * each, (index + 1) * each))
  return Readable.from(chunks, { objectMode: false })
}

/** What a processor tells, by the sequence or the code. */
function told(processor: MessageStreamProcessor): unknown[] {
  const events: unknown[] = []
  processor.on('result', (result: unknown) => events.push(result))
  processor.on('messageError', (error: MessageError) => events.push(error.code))
  return events
}

/** A handler whose promises the test settles, by sequence. */
function held() {
  const settle: ((fail?: Error) => void)[] = []
  const contexts: MessageContext[] = []
  const handler: MessageHandler = (_message, context) => {
    contexts.push(context)
    return new Promise((resolve, reject) => {
      settle[context.sequence] = (fail) => (fail === undefined ? resolve(context.sequence) : reject(fail))
    })
  }
  return { handler, settle, contexts }
}

const six = Array.from({ length: 6 }, (_, index) => messageOf(150 + index, index))

describe('MessageStreamProcessor', () => {
  it.each(framings)('calls its handler with each message of %s, once and in order, and finishes when all are handled', async (framing) => {
    await expectNoLeaks(async () => {
      const found: [Buffer, number, number][] = []
      const processor = processorOf(
        async (message, { offset, sequence }) => {
          await turn()
          found.push([Buffer.from(message), offset, sequence])
        },
        { framing }
      )
      await pipeline(source(framed(framing, six)), processor)
      expect(found).toEqual(six.map((message, index) => [message, framed(framing, six.slice(0, index)).length, index]))
      expect(processor.stats()).toEqual({
        received: 6,
        processed: 6,
        failed: 0,
        rejected: 0,
        timedOut: 0,
        skipped: 0,
        bytes: 915,
        inFlight: 0,
        paused: false
      })
    })
  })

  it('takes handlers that return at once, and tells what they return', async () => {
    const processor = processorOf((message) => message.length)
    const events = told(processor)
    await pipeline(source(framed('u32be', six), 5000), processor)
    expect(events).toEqual([150, 151, 152, 153, 154, 155])
  })

  it('runs no more handlers at a time than told, and takes in no more than they keep up with', async () => {
    const { handler, settle, contexts } = held()
    const processor = processorOf(handler, { concurrency: 2, highWaterMark: 1 })
    expect(processor.write(framed('u32be', six))).toBe(false)
    await turn()
    expect([contexts.length, processor.stats().inFlight, processor.writableLength > 0]).toEqual([2, 2, true])
    for (let index = 0; index < 6; index++) {
      await until(() => settle[index] !== undefined)
      expect(processor.stats().inFlight).toBeLessThanOrEqual(2)
      settle[index]?.()
    }
    await processor.drain()
    expect(processor.stats().processed).toBe(6)
  })

  it('tells results as they come, or in order where asked', async () => {
    for (const ordered of [false, true]) {
      const { handler, settle } = held()
      const processor = processorOf(handler, { concurrency: 3, ordered })
      const events = told(processor)
      processor.end(framed('u32be', six.slice(0, 3)))
      await turn()
      settle[2]?.()
      await turn()
      settle[1]?.(new Error('no'))
      await turn()
      settle[0]?.()
      await once(processor, 'finish')
      expect(events).toEqual(ordered ? [0, 'ERR_POOL_HANDLER_FAILED', 2] : [2, 'ERR_POOL_HANDLER_FAILED', 0])
    }
  })

  it('keeps order, loses none and runs no more than told, whatever the handlers do', async () => {
    const way = fc.constantFrom('value', 'promise', 'later', 'throw', 'reject', 'invalid')
    const model = fc.asyncProperty(
      fc.array(way, { maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 400 }),
      async (ways, concurrency, each) => {
        let running = 0
        const processor = processorOf(
          async (_message, { sequence }) => {
            expect(++running).toBeLessThanOrEqual(concurrency)
            if (ways[sequence] === 'later') for (let count = sequence % 3; count >= 0; count--) await turn()
            running--
            if (ways[sequence] === 'reject' || ways[sequence] === 'throw') throw new Error('no')
            return sequence
          },
          { concurrency, ordered: true, validate: (_message, { sequence }) => ways[sequence] !== 'invalid' }
        )
        const events = told(processor)
        const messages = ways.map((_, index) => messageOf(index * 3, index))
        await pipeline(source(framed('u32be', messages), each), processor)
        const codes: Record<string, string> = {
          throw: 'ERR_POOL_HANDLER_FAILED',
          reject: 'ERR_POOL_HANDLER_FAILED',
          invalid: 'ERR_POOL_MESSAGE_REJECTED'
        }
        expect(events).toEqual(ways.map((name, index) => codes[name] ?? index))
        const { received, processed, failed, rejected, inFlight } = processor.stats()
        expect([received, processed + failed + rejected, inFlight]).toEqual([ways.length, ways.length, 0])
      }
    )
    await expectNoLeaks(() => fc.assert(model, { numRuns: 100 }))
  })

  it('tells of a handler that fails, by its cause, and goes on', async () => {
    const cause = new Error('no')
    for (const fail of [
      () => {
        throw cause
      },
      () => Promise.reject(cause)
    ]) {
      const processor = processorOf((_message, { sequence }) => (sequence === 1 ? fail() : sequence))
      const errors: MessageError[] = []
      processor.on('messageError', (error) => errors.push(error))
      await pipeline(source(framed('u32be', six)), processor)
      expect(errors).toEqual([expect.objectContaining({ code: 'ERR_POOL_HANDLER_FAILED', offset: 154, messageBytes: 151, cause })])
      expect(processor.stats()).toMatchObject({ processed: 5, failed: 1 })
    }
  })

  it('rejects what validate does not let pass: by false, by a throw, or by no answer at once', async () => {
    const verdicts = [true, false, undefined, 'throw', Promise.resolve(true), Promise.reject(new Error('late'))]
    const handled: number[] = []
    const processor = processorOf((_message, { sequence }) => handled.push(sequence), {
      validate: (_message, { sequence }) => {
        if (verdicts[sequence] === 'throw') throw new Error('no')
        return verdicts[sequence]
      }
    })
    const events = told(processor)
    await pipeline(source(framed('u32be', six)), processor)
    expect(handled).toEqual([0, 2])
    expect(events.filter((event) => event === 'ERR_POOL_MESSAGE_REJECTED')).toHaveLength(4)
    expect(processor.stats()).toMatchObject({ received: 6, processed: 2, rejected: 4 })
  })

  it('skips what is too long or cut off, tells where, and goes on', async () => {
    const processor = processorOf(() => {}, { maxMessageBytes: 152 })
    const errors: MessageError[] = []
    processor.on('messageError', (error) => errors.push(error))
    await pipeline(source(Buffer.concat([framed('u32be', [...six, messageOf(3)]), Buffer.from([0])])), processor)
    expect(errors.map(({ code, offset }) => [code, offset])).toEqual([
      ['ERR_POOL_MESSAGE_TOO_LARGE', 465],
      ['ERR_POOL_MESSAGE_TOO_LARGE', 622],
      ['ERR_POOL_MESSAGE_TOO_LARGE', 780],
      ['ERR_POOL_MESSAGE_TRUNCATED', 946]
    ])
    expect(processor.stats()).toMatchObject({ received: 4, processed: 4, skipped: 4 })
  })

  it('ends with an error where the framing is lost', async () => {
    const processor = processorOf(() => {}, { framing: 'varint' })
    await expect(pipeline(source(Buffer.alloc(20, 0xff)), processor)).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_MALFORMED' })
  })

  it.each([false, true])(
    'tells of a handler that takes too long, and keeps its message and its place until it has settled (ordered %s)',
    async (ordered) => {
      const { handler, settle, contexts } = held()
      const processor = processorOf(handler, { timeoutMs: 8, concurrency: 1, ordered })
      const events = told(processor)
      const bytes = framed('u32be', six.slice(0, 2))
      // In two chunks, so that the message is of pooled memory.
      processor.write(bytes.subarray(0, 100))
      processor.end(bytes.subarray(100))
      await until(() => events.length === 1)
      expect(events).toEqual(['ERR_POOL_MESSAGE_TIMEOUT'])
      expect(contexts[0]?.signal.reason).toMatchObject({ code: 'ERR_POOL_MESSAGE_TIMEOUT', offset: 0 })
      expect([contexts.length, pool.stats().inUse, processor.stats().inFlight]).toEqual([1, 1, 1])
      settle[0]?.()
      await until(() => contexts.length === 2)
      expect(pool.stats().inUse).toBe(0)
      settle[1]?.()
      await once(processor, 'close')
      expect(processor.stats()).toMatchObject({ received: 2, timedOut: 1, processed: 1 })
      expect(events).toEqual(['ERR_POOL_MESSAGE_TIMEOUT', 1])
    }
  )

  it('keeps order beside a handler that takes too long', async () => {
    const { handler, settle } = held()
    const processor = processorOf(handler, { timeoutMs: 8, concurrency: 3, ordered: true })
    const events = told(processor)
    processor.end(framed('u32be', six.slice(0, 3)))
    settle[1]?.()
    settle[2]?.()
    await until(() => events.length === 3)
    expect(events).toEqual(['ERR_POOL_MESSAGE_TIMEOUT', 1, 2])
    expect(processor.stats()).toMatchObject({ inFlight: 1, timedOut: 1, processed: 2 })
    settle[0]?.(new Error('late, and not told'))
    await once(processor, 'finish')
    expect(events).toHaveLength(3)
  })

  it('stops and goes on by hand', async () => {
    const processor = processorOf(() => {})
    processor.pause()
    expect(processor.stats().paused).toBe('by hand')
    processor.end(framed('u32be', six))
    await turn()
    expect([processor.stats().received, processor.writableFinished]).toEqual([0, false])
    processor.resume()
    await once(processor, 'finish')
    expect(processor.stats()).toMatchObject({ processed: 6, paused: false })
  })

  it('stops while the pool is short of memory, and goes on when it is not', async () => {
    const own = new BufferPool({ name: 'processor-pressure', bufferSize: 1024, initialSize: 1, maxSize: 10 })
    const taken = Array.from({ length: 9 }, () => own.acquire(1))
    const processor = processorOf(() => {}, { pool: own, maxMessageBytes: 1024, pressure: { checkMs: 2 } })
    processor.end(framed('u32be', six))
    expect(processor.stats()).toMatchObject({ received: 0, paused: 'by pressure' })
    for (const buffer of taken.splice(0, 1)) own.release(buffer)
    for (let count = 0; count < 5; count++) await new Promise((resolve) => setTimeout(resolve, 2))
    expect(processor.stats().paused).toBe('by pressure')
    for (const buffer of taken) own.release(buffer)
    await once(processor, 'finish')
    expect(processor.stats()).toMatchObject({ processed: 6, paused: false })
    own.destroy()
  })

  it('goes on after the longest pause, though memory is short still', async () => {
    const figures = { ...pool.stats(), utilization: 1 }
    const pressure = { source: { name: 'short', stats: () => figures }, checkMs: 1, maxPauseMs: 3 }
    const processor = processorOf(() => {}, { pressure })
    await pipeline(source(framed('u32be', six)), processor)
    expect(processor.stats().processed).toBe(6)
  })

  it('waits for memory while its handlers hold it', async () => {
    const own = new BufferPool({ name: 'processor-of-one', bufferSize: 1024, initialSize: 1, maxSize: 1 })
    const processor = processorOf(async () => await turn(), { pool: own, maxMessageBytes: 1024, concurrency: 4 })
    await pipeline(source(framed('u32be', six), 60), processor)
    expect(processor.stats().processed).toBe(6)
    expect(own.stats().outstanding).toBe(0)
    const refusing = processorOf(async () => await turn(), { pool: own, maxMessageBytes: 1024, waitMs: 0 })
    const taken = own.acquire(1)
    await expect(pipeline(source(framed('u32be', six), 60), refusing)).rejects.toMatchObject({ code: 'ERR_POOL_EXHAUSTED' })
    own.release(taken)
    own.destroy()
  })

  it('drains without being ended', async () => {
    const processor = processorOf((_message, { sequence }) => turn(sequence))
    await processor.drain()
    const events = told(processor)
    processor.write(framed('u32be', six))
    await processor.drain()
    expect(events).toEqual([0, 1, 2, 3, 4, 5])
    processor.destroy()
  })

  it('gives everything back wherever it is destroyed, but what handlers still have only when they settled', async () => {
    const bytes = framed('u32be', six)
    for (let chunks = 0; chunks * 70 < bytes.length; chunks++) {
      for (const ordered of [false, true]) {
        const { handler, settle, contexts } = held()
        const processor = processorOf(handler, { concurrency: 3, ordered })
        const events = told(processor)
        for (let from = 0; from < chunks * 70; from += 70) processor.write(bytes.subarray(from, from + 70))
        await turn()
        settle[1]?.()
        await turn()
        const before = events.length
        processor.destroy()
        await once(processor, 'close')
        const running = contexts.filter(({ sequence }) => sequence !== 1)
        expect(running.every(({ signal }) => signal.aborted)).toBe(true)
        expect(processor.stats().inFlight).toBe(running.length)
        expect(pool.stats().outstanding).toBeLessThanOrEqual(running.length)
        for (const { sequence } of running) settle[sequence]?.(sequence === 0 ? new Error('aborted') : undefined)
        await processor.drain()
        expect([pool.stats().outstanding, events.length, processor.stats().inFlight]).toEqual([0, before, 0])
      }
    }
  })

  it('is destroyed at once by a signal that aborted before, and by one later', async () => {
    const early = processorOf(() => {}, { signal: AbortSignal.abort() })
    await expect(once(early, 'close')).rejects.toMatchObject({ name: 'AbortError' })
    const controller = new AbortController()
    const processor = processorOf(() => new Promise(() => {}), { signal: controller.signal })
    processor.write(framed('u32be', six))
    controller.abort()
    await expect(once(processor, 'close')).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('may be destroyed, paused and resumed by its own handler and listeners', async () => {
    const processor = processorOf(
      (_message, { sequence }) => {
        if (sequence === 1) processor.pause()
        if (sequence === 3) processor.destroy()
        return sequence
      },
      { ordered: true }
    )
    const events: unknown[] = []
    processor.on('result', (sequence) => {
      events.push(sequence)
      if (sequence === 1) processor.resume()
    })
    processor.write(framed('u32be', six))
    await once(processor, 'close')
    expect(events).toEqual([0, 1, 2])
  })

  it('processes what a socket brings', async () => {
    await expectNoLeaks(async () => {
      const many = Array.from({ length: 3000 }, (_, index) => messageOf(index % 700, index))
      let sum = 0
      const processor = processorOf(
        async (message) => {
          await null
          sum += message.length
        },
        { framing: 'varint', concurrency: 4 }
      )
      const server = createServer((socket) => pipeline(socket, processor))
      server.listen(0)
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      connect(port).end(framed('varint', many))
      await once(processor, 'finish')
      expect(sum).toBe(many.reduce((total, message) => total + message.length, 0))
      expect(processor.stats()).toMatchObject({ received: 3000, processed: 3000 })
      server.close()
    })
  })

  it('takes empty messages', async () => {
    const processor = processorOf((message) => message.length)
    const events = told(processor)
    await pipeline(source(Buffer.concat([prefix('u32be', 0), prefix('u32be', 0)])), processor)
    expect(events).toEqual([0, 0])
  })

  it.each([
    { handler: undefined },
    { concurrency: 0 },
    { ordered: 1 },
    { timeoutMs: 0 },
    { validate: true },
    { pressure: 0.5 },
    { pressure: { pauseAt: 2 } },
    { pressure: { pauseAt: 0.5, resumeAt: 0.6 } },
    { pressure: { checkMs: 0 } },
    { pressure: { maxPauseMs: -1 } },
    { pressure: { source: {} } },
    { workers: 2 }
  ])('refuses options that cannot be: %o', (options) => {
    expect(() => processorOf(() => {}, options as unknown as MessageStreamProcessorOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
    )
  })
})
