import type { Socket } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { PooledQueue, type PooledQueueOptions } from '../../../src/index.js'
import { ackScript } from '../../../src/queue/stream-scripts.js'
import { type Answering, handshakeOnly, scriptedRedis } from '../../support/scripted-redis.js'

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`

/** A Redis whose stream has `count` messages, and what it was asked: `read` or the entries that are acknowledged, and on which connection. */
async function streamOf(count: number, onAck?: (socket: Socket) => void, options: Partial<PooledQueueOptions> = {}) {
  const asked: { readonly what: string; readonly entries: number; readonly socket: Socket }[] = []
  let next = 1
  const answer: Answering = (command, socket) => {
    const [name = '', sha = ''] = command
    if (name === 'SCRIPT') return '+OK\r\n'
    if (name === 'XGROUP') return '+OK\r\n'
    if (name === 'EVALSHA' && sha === ackScript.sha) {
      const entries = command.length - 5
      asked.push({ what: 'ack', entries, socket })
      onAck?.(socket)
      return `:${entries}\r\n`
    }
    if (name === 'EVALSHA') return '*1\r\n:0\r\n'
    if (name !== 'XREADGROUP' || socket.destroyed) return undefined
    const entries = Math.min(Number(command[5]), count - next + 1)
    asked.push({ what: 'read', entries, socket })
    // Nothing is left: it waits.
    if (entries === 0) return undefined
    let reply = `%1\r\n${bulk('pool:{q}')}*${entries}\r\n`
    for (let entry = 0; entry < entries; entry++) reply += `*2\r\n${bulk(`${next++}-0`)}*2\r\n${bulk('d')}${bulk('message')}`
    return reply
  }
  const redis = await scriptedRedis((command, socket) => handshakeOnly(command, socket) ?? answer(command, socket))
  const queue = new PooledQueue({ url: redis.url, queue: 'q', reconnectMaxMs: 20, ...options })
  onTestFinished(() => queue.close({ timeoutMs: 100 }))
  return { queue, asked, redis }
}

it('leave with the next request for messages, in front of it and on its connection', async () => {
  const { queue, asked } = await streamOf(129)
  let left = 129
  for await (const job of queue.consume()) {
    void job.ack()
    if (--left === 0) break
  }
  await vi.waitFor(() => expect(queue.stats().acked).toBe(129))
  // One message alone, since none is known yet; then as many as may be in flight.
  const [first, ...rest] = asked.filter(({ entries }) => entries > 0).map(({ what, entries }) => `${what} ${entries}`)
  expect(first).toBe('read 1')
  expect(rest.slice(0, 4)).toEqual(['ack 1', 'read 64', 'ack 64', 'read 64'])
  const [reader] = asked
  for (const { what, entries, socket } of asked.slice(0, 5))
    expect([what, entries, socket === reader?.socket]).toEqual([what, entries, true])
})

it('are sent by themselves where the loop asks for no more', async () => {
  const { queue, asked } = await streamOf(2)
  const consumer = queue.consume({ maxInFlight: 2 })
  onTestFinished(() => consumer.stop())
  const jobs = [(await consumer.next()).value, (await consumer.next()).value]
  await vi.waitFor(() => expect(asked.at(-1)?.what).toBe('read'))
  for (const job of jobs) await job?.ack()
  expect(asked.filter(({ what }) => what === 'ack').map(({ entries }) => entries)).toEqual([1, 1])
})

it('are sent once more when their connection goes, and settle', async () => {
  let cuts = 0
  const { queue, asked } = await streamOf(3, (socket) => {
    if (cuts++ === 0) socket.destroy()
  })
  const acks: Promise<void>[] = []
  for await (const job of queue.consume()) if (acks.push(job.ack()) === 3) break
  await Promise.all(acks)
  expect(queue.stats()).toMatchObject({ acked: 3, lateAcks: 0 })
  expect(asked.filter(({ what }) => what === 'ack').reduce((sum, { entries }) => sum + entries, 0)).toBeGreaterThan(3)
})

it('hold no close up for longer than its time when their connection goes and none comes after it', async () => {
  const { queue, redis } = await streamOf(1, undefined, { commandTimeoutMs: 60_000 })
  const consumer = queue.consume({ maxInFlight: 1 })
  const { value: job } = await consumer.next()
  redis.answer = () => undefined
  const next = consumer.next()
  const acking = job?.ack().catch((error: NodeJS.ErrnoException) => error.code)
  await vi.waitFor(() => expect(redis.commands.slice(-2).map(([name]) => name)).toEqual(['EVALSHA', 'XREADGROUP']))
  const closing = queue.close({ timeoutMs: 100 })
  redis.answer = (_, socket) => void socket.destroy()
  for (const socket of redis.sockets) socket.destroy()
  await closing
  expect(await acking).toBe('ERR_POOL_CLOSED')
  expect((await next).done).toBe(true)
})
