import { expect, it, onTestFinished, vi } from 'vitest'
import { RedisClient } from '../../../src/index.js'
import type { Delivery } from '../../../src/queue/consuming/delivery.js'
import { StreamDeliveries } from '../../../src/queue/consuming/stream-deliveries.js'
import { StreamTally } from '../../../src/queue/consuming/stream-tally.js'
import { QueueEventSet } from '../../../src/queue/queue-events.js'
import { queueSettings } from '../../../src/queue/queue-options.js'
import { handshakeOnly, scriptedRedis } from '../../support/scripted-redis.js'
import { testPool } from '../../support/test-pool.js'

const oneMessage = '%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nd\r\n$1\r\nm\r\n'

/** Deliveries of a queue, and the client by which they come. */
function deliveriesOf(options: Omit<Parameters<typeof queueSettings>[0], 'queue'>) {
  const { settings, clientOptions } = queueSettings({ queue: 'q', ...options })
  const commands = new RedisClient(clientOptions)
  const reader = new RedisClient(clientOptions)
  onTestFinished(() => {
    commands.destroy()
    reader.destroy()
  })
  const tally = new StreamTally(new QueueEventSet('q'))
  return { deliveries: new StreamDeliveries(commands, reader, settings, 'consumer', 1000, tally), reader }
}

it('are asked for behind the acknowledgements that leave with the request, however few bytes may wait', async () => {
  const answers: Record<string, string> = { XGROUP: '+OK\r\n', EVALSHA: ':1\r\n', XREADGROUP: oneMessage }
  const redis = await scriptedRedis((command, socket) => handshakeOnly(command, socket) ?? answers[command[0] ?? ''])
  const { deliveries, reader } = deliveriesOf({ url: redis.url, maxWaitingBytes: 1 })
  const taken: Delivery[] = []
  const receiver = { took: (delivery: Delivery) => void taken.push(delivery), holds: () => undefined }
  await deliveries.take(() => 1, receiver)
  const acked = deliveries.ack(taken[0] as Delivery)
  await deliveries.take(() => 1, receiver)
  await acked
  expect(redis.commands.slice(-2).map(([name]) => name)).toEqual(['EVALSHA', 'XREADGROUP'])
  expect(reader.stats().refused).toBe(0)
  expect(taken.map(({ entryId }) => entryId)).toEqual(['1-0', '1-0'])
  for (const { lease } of taken) lease?.release()
})

it('are given of an answer that is cut off within a message, and the cut one leaves no lease', async () => {
  const pool = testPool()
  let requests = 0
  const redis = await scriptedRedis((command, socket) => {
    if (command[0] === 'XGROUP') return '+OK\r\n'
    if (command[0] !== 'XREADGROUP') return handshakeOnly(command, socket)
    if (++requests > 1) return oneMessage
    const entries = ['1-0', '2-0'].map((entry) => `*2\r\n$3\r\n${entry}\r\n*2\r\n$1\r\nd\r\n$100\r\n${'m'.repeat(100)}\r\n`)
    socket.end(`%1\r\n$1\r\ns\r\n*2\r\n${entries.join('').slice(0, -60)}`)
    return undefined
  })
  const { deliveries } = deliveriesOf({ url: redis.url, pool, reconnectMaxMs: 10 })
  const taken: Delivery[] = []
  await deliveries.take(() => 2, { took: (delivery) => void taken.push(delivery), holds: () => undefined })
  expect(taken.map(({ bytes, lease }) => [bytes, lease?.buffer.toString()])).toEqual([
    [100, 'm'.repeat(100)],
    [1, 'm']
  ])
  for (const { lease } of taken) lease?.release()
  expect([requests, pool.stats().inUse]).toEqual([2, 0])
})

it('wait until their receiver has room, and end with their connection', async () => {
  const pool = testPool()
  const redis = await scriptedRedis((command, socket) => {
    if (command[0] === 'XGROUP') return '+OK\r\n'
    return command[0] === 'XREADGROUP' ? oneMessage : handshakeOnly(command, socket)
  })
  const { deliveries, reader } = deliveriesOf({ url: redis.url, pool })
  let asked = 0
  let isFull = true
  let makeRoom = (): void => {}
  const room = new Promise<void>((resolve) => {
    makeRoom = resolve
  })
  const taken: Delivery[] = []
  const holds = (): Promise<void> | undefined => {
    asked++
    return isFull ? room : undefined
  }
  const taking = deliveries.take(() => 1, { took: (delivery) => void taken.push(delivery), holds })
  await vi.waitFor(() => expect(asked).toBeGreaterThan(0))
  expect([taken.length, pool.stats().inUse]).toEqual([0, 0])
  isFull = false
  makeRoom()
  await taking
  expect(taken.length).toBe(1)
  taken[0]?.lease?.release()
  isFull = true
  deliveries.interrupt()
  asked = 0
  const never = new Promise<void>(() => {})
  const cut = reader.send(['XREADGROUP'], {
    lands: (depth) => depth >= 4,
    taker: { isPart: () => false, take: () => {}, holds: () => (asked++ >= 0 ? never : undefined) }
  })
  await vi.waitFor(() => expect(asked).toBeGreaterThan(0))
  reader.destroy()
  await expect(cut).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
  expect(pool.stats().inUse).toBe(0)
})
