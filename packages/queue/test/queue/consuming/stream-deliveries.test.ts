import { expect, it, onTestFinished } from 'vitest'
import { RedisClient } from '../../../src/index.js'
import type { Delivery } from '../../../src/queue/consuming/delivery.js'
import { StreamDeliveries } from '../../../src/queue/consuming/stream-deliveries.js'
import { StreamTally } from '../../../src/queue/consuming/stream-tally.js'
import { QueueEventSet } from '../../../src/queue/queue-events.js'
import { queueSettings } from '../../../src/queue/queue-options.js'
import { handshakeOnly, scriptedRedis } from '../../support/scripted-redis.js'

const oneMessage = '%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nd\r\n$1\r\nm\r\n'

it('are asked for behind the acknowledgements that leave with the request, however few bytes may wait', async () => {
  const answers: Record<string, string> = { XGROUP: '+OK\r\n', EVALSHA: ':1\r\n', XREADGROUP: oneMessage }
  const redis = await scriptedRedis((command, socket) => handshakeOnly(command, socket) ?? answers[command[0] ?? ''])
  const { settings, clientOptions } = queueSettings({ url: redis.url, queue: 'q', maxWaitingBytes: 1 })
  const commands = new RedisClient(clientOptions)
  const reader = new RedisClient(clientOptions)
  onTestFinished(() => {
    commands.destroy()
    reader.destroy()
  })
  const deliveries = new StreamDeliveries(commands, reader, settings, 'consumer', 1000, new StreamTally(new QueueEventSet('q')))
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
