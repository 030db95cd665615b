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

/** What exporters show of a queue: first what Redis has of it, then what this process did with it. */
export const queueFamilies: readonly FigureFamily[] = [
  { ...ofQueue, ...message, name: 'messages', help: 'Messages in the queue, those that are out among them.' },
  { ...ofQueue, ...message, name: 'messages_waiting', help: 'Messages that no consumer has taken yet.' },
  { ...ofQueue, ...message, name: 'messages_pending', help: 'Messages that are out with consumers, or were left by them.' },
  { ...ofQueue, ...message, name: 'dead_letters', help: 'Messages that were delivered too often, or were none.' },
  {
    ...ofQueue,
    unit: 'seconds',
    name: 'oldest_message_age',
    help: 'How long the oldest message has been in the queue; 0 where there is none.'
  },
  { ...counter, ...message, name: 'messages_added', help: 'Messages that were added.' },
  { ...counter, ...bytes, name: 'added', help: 'Bytes of messages that were added.' },
  { ...counter, ...message, name: 'messages_duplicate', help: 'Adds of an id that was there before.' },
  { ...counter, ...add, name: 'adds_refused', help: 'Adds that were refused for want of room.' },
  { ...counter, unit: 'stall', name: 'stalls', help: 'Adds that had to wait for room.' },
  { ...gauge, ...add, name: 'adds_waiting', help: 'Adds that wait for room, now.' },
  { ...gauge, ...bytes, name: 'adds_waiting_size', help: 'Bytes of the adds that wait for room, now.' },
  { ...gauge, unit: 'consumer', name: 'consumers', help: 'Consumers that take messages, now.' },
  { ...counter, ...message, name: 'messages_delivered', help: 'Messages that loops got.' },
  { ...counter, ...bytes, name: 'delivered', help: 'Bytes of messages that loops got.' },
  { ...counter, ...message, name: 'messages_redelivered', help: 'Messages that loops got and that had been delivered before.' },
  { ...counter, ...message, name: 'messages_acknowledged', help: 'Messages that were acknowledged.' },
  {
    ...counter,
    ...message,
    name: 'messages_acknowledged_late',
    help: 'Acknowledgements of messages that another consumer has handled as well.'
  },
  { ...counter, ...message, name: 'messages_retried', help: 'Messages that were handed back.' },
  { ...counter, ...message, name: 'messages_claimed', help: 'Messages that were taken over from consumers that gave no sign.' },
  { ...counter, ...message, name: 'messages_buried', help: 'Messages that this process put to the dead letters.' },
  { ...gauge, ...message, name: 'messages_in_flight', help: 'Messages that are taken and not settled, now.' },
  { ...gauge, ...bytes, name: 'in_flight', help: 'Bytes of messages that are taken and not settled, now.' }
]

/** The figures of a queue; those of its depth are left out while that is unknown. */
export function figuresOfQueue(stats: QueueStats, depth: QueueDepth | undefined): Figure[] {
  const done: Record<string, number> = {
    messages_added: stats.added,
    added: stats.addedBytes,
    messages_duplicate: stats.duplicates,
    adds_refused: stats.refused,
    stalls: stats.stalls,
    adds_waiting: stats.waitingAdds,
    adds_waiting_size: stats.waitingBytes,
    consumers: stats.consumers,
    messages_delivered: stats.delivered,
    delivered: stats.deliveredBytes,
    messages_redelivered: stats.redelivered,
    messages_acknowledged: stats.acked,
    messages_acknowledged_late: stats.lateAcks,
    messages_retried: stats.retried,
    messages_claimed: stats.claimed,
    messages_buried: stats.buried,
    messages_in_flight: stats.inFlight,
    in_flight: stats.inFlightBytes
  }
  const there: Record<string, number> =
    depth === undefined
      ? {}
      : {
          messages: depth.length,
          messages_waiting: depth.waiting,
          messages_pending: depth.pending,
          dead_letters: depth.deadLetters,
          oldest_message_age: depth.oldestMs / 1000
        }
  return Object.entries({ ...there, ...done }).map(([family, value]) => ({ family, value }))
}

/**
 * What should be looked at: warnings. What keeps messages from being handled: errors.
 * @param answers - whether what the queue is kept in answers
 */
export function healthOfQueue(stats: QueueStats, depth: QueueDepth | undefined, answers: boolean): PoolHealth {
  const { name, waitingAdds } = stats
  const warnings: string[] = []
  if (waitingAdds > 0) warnings.push(`queue '${name}': ${waitingAdds} adds wait for room. Consume faster, or raise maxLength.`)
  const deadLetters = depth?.deadLetters ?? 0
  if (deadLetters > 0) warnings.push(`queue '${name}': ${deadLetters} dead letters lie there. Look at them, and remove them.`)
  return healthOf(warnings, answers ? [] : [`queue '${name}': Redis does not answer. Nothing is added or delivered until it does.`])
}
