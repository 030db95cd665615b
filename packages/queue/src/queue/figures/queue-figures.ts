import type { PoolHealth } from '@pool/core'
import type { Figure, FigureFamily } from '@pool/core/interfaces'
import { healthOf } from '@pool/core/kit'
import type { QueueDepth, QueueStats } from './queue-stats.js'

const message = { unit: 'message' } as const
const add = { unit: 'add' } as const
const bytes = { unit: 'bytes' } as const
const counter = { type: 'counter' } as const
const gauge = { type: 'gauge' } as const
/** Every process sees the same queue, so its figures are not added up. */
const ofQueue = { ...gauge, combine: 'max' } as const

/** A family, and its figure. */
interface QueueFigure extends FigureFamily {
  /** The figure; undefined while it is unknown. */
  readonly of: (stats: QueueStats, depth: QueueDepth | undefined) => number | undefined
}

/** First the figures of the queue in Redis, then the counts of this process. */
const queueFigures: readonly QueueFigure[] = [
  {
    ...ofQueue,
    ...message,
    name: 'messages',
    help: 'Messages in the queue, those that are out among them.',
    of: (_, depth) => depth?.length
  },
  { ...ofQueue, ...message, name: 'messages_waiting', help: 'Messages that no consumer has taken yet.', of: (_, depth) => depth?.waiting },
  {
    ...ofQueue,
    ...message,
    name: 'messages_pending',
    help: 'Messages that are out with consumers, or were left by them.',
    of: (_, depth) => depth?.pending
  },
  {
    ...ofQueue,
    ...message,
    name: 'dead_letters',
    help: 'Messages that were delivered too often, or were none.',
    of: (_, depth) => depth?.deadLetters
  },
  {
    ...ofQueue,
    unit: 'seconds',
    name: 'oldest_message_age',
    help: 'How long the oldest message has been in the queue; 0 where there is none.',
    of: (_, depth) => depth && depth.oldestMs / 1000
  },
  { ...counter, ...message, name: 'messages_added', help: 'Messages that were added.', of: (stats) => stats.added },
  { ...counter, ...bytes, name: 'added', help: 'Bytes of messages that were added.', of: (stats) => stats.addedBytes },
  { ...counter, ...message, name: 'messages_duplicate', help: 'Adds of an id that was there before.', of: (stats) => stats.duplicates },
  { ...counter, ...add, name: 'adds_refused', help: 'Adds that were refused for want of room.', of: (stats) => stats.refused },
  { ...counter, unit: 'stall', name: 'stalls', help: 'Adds that had to wait for room.', of: (stats) => stats.stalls },
  { ...gauge, ...add, name: 'adds_waiting', help: 'Adds that wait for room, now.', of: (stats) => stats.waitingAdds },
  { ...gauge, ...bytes, name: 'adds_waiting_size', help: 'Bytes of the adds that wait for room, now.', of: (stats) => stats.waitingBytes },
  {
    ...gauge,
    unit: 'consumer',
    name: 'consumers',
    help: 'Consumers that take messages, or whose jobs are still out, now.',
    of: (stats) => stats.consumers
  },
  { ...counter, ...message, name: 'messages_delivered', help: 'Messages that loops got.', of: (stats) => stats.delivered },
  { ...counter, ...bytes, name: 'delivered', help: 'Bytes of messages that loops got.', of: (stats) => stats.deliveredBytes },
  {
    ...counter,
    ...message,
    name: 'messages_redelivered',
    help: 'Messages that loops got and that had been delivered before.',
    of: (stats) => stats.redelivered
  },
  { ...counter, ...message, name: 'messages_acknowledged', help: 'Messages that were acknowledged.', of: (stats) => stats.acked },
  {
    ...counter,
    ...message,
    name: 'messages_acknowledged_late',
    help: 'Acknowledgements of messages that another consumer has handled as well.',
    of: (stats) => stats.lateAcks
  },
  { ...counter, ...message, name: 'messages_retried', help: 'Messages that were handed back.', of: (stats) => stats.retried },
  {
    ...counter,
    ...message,
    name: 'messages_claimed',
    help: 'Messages that were taken over from consumers that gave no sign.',
    of: (stats) => stats.claimed
  },
  {
    ...counter,
    ...message,
    name: 'messages_buried',
    help: 'Messages that this process put to the dead letters.',
    of: (stats) => stats.buried
  },
  {
    ...gauge,
    ...message,
    name: 'messages_in_flight',
    help: 'Messages that are taken and not settled, now.',
    of: (stats) => stats.inFlight
  },
  {
    ...gauge,
    ...bytes,
    name: 'in_flight',
    help: 'Bytes of messages that are taken and not settled, now.',
    of: (stats) => stats.inFlightBytes
  }
]

/** The families of a queue's figures, for exporters. */
export const queueFamilies: readonly FigureFamily[] = queueFigures.map(({ of, ...family }) => family)

/** The figures of a queue; those of its depth are left out while that is unknown. */
export function figuresOfQueue(stats: QueueStats, depth: QueueDepth | undefined): Figure[] {
  return queueFigures.flatMap(({ name: family, of }) => {
    const value = of(stats, depth)
    return value === undefined ? [] : [{ family, value }]
  })
}

/**
 * The health of a queue. Warnings: states that deserve a look. Errors: states that keep messages from being handled.
 * @param answers - whether Redis answers; true for a queue within the process
 */
export function healthOfQueue(stats: QueueStats, depth: QueueDepth | undefined, answers: boolean): PoolHealth {
  const { name, waitingAdds } = stats
  const warnings: string[] = []
  if (waitingAdds > 0) warnings.push(`queue '${name}': ${waitingAdds} adds wait for room. Consume faster, or raise maxLength.`)
  const deadLetters = depth?.deadLetters ?? 0
  if (deadLetters > 0) warnings.push(`queue '${name}': ${deadLetters} dead letters lie there. Look at them, and remove them.`)
  return healthOf(warnings, answers ? [] : [`queue '${name}': Redis does not answer. Nothing is added or delivered until it does.`])
}
