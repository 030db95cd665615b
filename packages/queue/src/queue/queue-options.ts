import { hostname } from 'node:os'
import * as check from '@pool/core/kit'
import { clientOptionNames, clientOptionsOf, type RedisClientOptions } from '../client/client-options.js'

/** How an add behaves when the queue holds `maxLength` messages: it waits for room, rejects, or removes the oldest messages. */
export type WhenFull = 'wait' | 'refuse' | 'trim'

/** The options of a {@link PooledQueue}. */
export interface PooledQueueOptions extends RedisClientOptions {
  /** The queue, 1 to 200 characters: its stream is `<prefix>:{<queue>}`. */
  readonly queue: string
  /** The prefix of its keys in Redis. Default `pool`. */
  readonly prefix?: string
  /** The consumer group. Messages are removed when it has acknowledged them, so a queue has one. Default `workers`. */
  readonly group?: string
  /** The most messages in the queue, those that are out among them. Default 100 000. */
  readonly maxLength?: number
  /** How an add behaves at `maxLength`. Default `wait`. */
  readonly whenFull?: WhenFull
  /** For how long an id keeps a second message of it out, in ms. Default 3 600 000, an hour. */
  readonly dedupeMs?: number
  /**
   * From how many bytes on a message lies under a key of its own, beside the stream, whose entry refers to it. Default 10 485 760, 10 MiB.
   * Consumers take messages of both kinds, whatever their own setting.
   */
  readonly largeMessageBytes?: number
  /** How often a message is delivered at most; then it goes to the dead letters. Default 5. */
  readonly maxDeliveries?: number
  /** The most dead letters; the oldest give way, about. Default 1000. */
  readonly maxDeadLetters?: number
  /** How long a consumer may give no sign, in ms, before its messages are delivered to others. It gives one three times in that. Default 60 000. */
  readonly claimIdleMs?: number
  /** How often a consumer looks for messages that were given up, in ms. Default 1000. */
  readonly claimIntervalMs?: number
  /** How long one request for messages waits in Redis, in ms. Default 5000. */
  readonly blockMs?: number
}

const ownNames = [
  'queue',
  'prefix',
  'group',
  'maxLength',
  'whenFull',
  'dedupeMs',
  'largeMessageBytes',
  'maxDeliveries',
  'maxDeadLetters',
  'claimIdleMs',
  'claimIntervalMs',
  'blockMs'
] as const

/** The settings of a queue, validated and complete. */
export interface QueueSettings {
  readonly queue: string
  readonly group: string
  readonly streamKey: string
  readonly deadKey: string
  readonly idPrefix: string
  readonly maxLength: number
  readonly whenFull: WhenFull
  readonly dedupeMs: number
  readonly largeMessageBytes: number
  readonly maxDeliveries: number
  readonly maxDeadLetters: number
  readonly claimIdleMs: number
  readonly claimIntervalMs: number
  readonly blockMs: number
}

/**
 * Completes and validates.
 * @returns the queue's own settings, and the options of its clients
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 */
export function queueSettings(options: PooledQueueOptions): { settings: QueueSettings; clientOptions: RedisClientOptions } {
  check.validOptions('options', options, [...ownNames, ...clientOptionNames])
  const { prefix = 'pool', group = 'workers', maxLength = 100_000, whenFull = 'wait', dedupeMs = 3_600_000 } = options
  const { largeMessageBytes = 10 * 1024 * 1024 } = options
  const { maxDeliveries = 5, maxDeadLetters = 1000, claimIdleMs = 60_000, claimIntervalMs = 1000, blockMs = 5000 } = options
  const queue = check.validName('queue', options.queue)
  const streamKey = `${check.validName('prefix', prefix)}:{${queue}}`
  const most = Number.MAX_SAFE_INTEGER
  const settings: QueueSettings = {
    queue,
    group: check.validName('group', group),
    streamKey,
    deadKey: `${streamKey}:dead`,
    idPrefix: `${streamKey}:id:`,
    maxLength: check.validInteger('maxLength', maxLength, 1, most),
    whenFull: check.validChoice('whenFull', whenFull, ['wait', 'refuse', 'trim']),
    dedupeMs: check.validInteger('dedupeMs', dedupeMs, 1, most),
    largeMessageBytes: check.validInteger('largeMessageBytes', largeMessageBytes, 1, most),
    maxDeliveries: check.validInteger('maxDeliveries', maxDeliveries, 1, most),
    maxDeadLetters: check.validInteger('maxDeadLetters', maxDeadLetters, 1, most),
    claimIdleMs: check.validInteger('claimIdleMs', claimIdleMs, 30, check.longestTimerMs),
    claimIntervalMs: check.validInteger('claimIntervalMs', claimIntervalMs, 10, check.longestTimerMs),
    blockMs: check.validInteger('blockMs', blockMs, 1, 600_000)
  }
  return { settings, clientOptions: clientOptionsOf(options) }
}

let made = 0

/** A name that no other consumer has: of the machine, the process, and the consumer in it. */
export function consumerName(): string {
  return `${hostname()}-${process.pid}-${++made}-${Math.random().toString(36).slice(2, 8)}`
}
