import type { BufferSource } from '@pool/core'
import { leaseNow, type NonSharedBuffer } from '@pool/core/kit'
import { connectPooled } from '@pool/net'
import { PooledQueue } from '@pool/queue'
import type { Logger } from 'pino'
import type { GatewayConfig } from '../config.js'
import type { VerdictLine } from '../ingest/ingest-line.js'
import { mostQuarantinedBytes, quarantineHead } from './quarantined-message.js'

/** How long a message waits for Redis, in ms. */
const ADD_TIMEOUT_MS = 5000
/** The least time between two lines of the log about messages that were dropped, in ms. */
const COMPLAIN_MS = 10_000
/** For adds that are under way when the gateway ends, in ms. */
const CLOSE_MS = 1000

/**
 * Where messages lie until they are looked at: a queue that several processes fill and empty.
 * @param bodyLimitBytes - of a message, without its verdict
 */
export function quarantineQueue(url: string, queue: string, pool: BufferSource<NonSharedBuffer>, bodyLimitBytes: number): PooledQueue {
  const connect = (target: Parameters<typeof connectPooled>[0]) => connectPooled({ ...target, pool })
  const maxMessageBytes = mostQuarantinedBytes(bodyLimitBytes)
  const bounds = { whenFull: 'refuse', maxMessageBytes, commandTimeoutMs: ADD_TIMEOUT_MS } as const
  return new PooledQueue({ url, queue, pool, connect, ...bounds })
}

/**
 * Puts messages that are threats onto a queue, with their verdicts. It never holds a stream up: a message that finds no memory, no room in the queue, or
 * no Redis within 5 s is dropped and counted.
 */
export class Quarantine {
  readonly #queue: PooledQueue
  readonly #pool: BufferSource<NonSharedBuffer>
  readonly #logger: Logger
  #closing: Promise<void> | undefined = undefined
  #complainedAt = Number.NEGATIVE_INFINITY
  /** Messages that lie in the queue, or did. */
  kept = 0
  /** Messages that were dropped. */
  dropped = 0

  /**
   * @param queue - from {@link quarantineQueue}; it is closed with the quarantine
   * @param pool - where messages lie until Redis has them; its bound is that of the quarantine
   */
  constructor(queue: PooledQueue, pool: BufferSource<NonSharedBuffer>, logger: Logger) {
    this.#queue = queue
    this.#pool = pool
    this.#logger = logger
  }

  /** Copies a message, which stays the caller's, and sends it on its way. */
  keep(message: Buffer, verdict: VerdictLine): void {
    const head = quarantineHead(verdict)
    const lease = leaseNow(this.#pool, head.length + message.length)
    if (lease === undefined) {
      this.#drop(undefined)
      return
    }
    head.copy(lease.buffer)
    message.copy(lease.buffer, head.length)
    // From here on the lease is the queue's.
    this.#queue.add(lease).then(
      () => {
        this.kept++
      },
      (error: unknown) => this.#drop(error)
    )
  }

  /** Waits a second for adds that are under way. Can be repeated. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#queue.close({ timeoutMs: CLOSE_MS })
    const { kept, dropped } = this
    this.#logger.info({ kept, dropped }, 'quarantine closed')
  }

  #drop(err: unknown): void {
    this.dropped++
    const now = performance.now()
    if (now - this.#complainedAt < COMPLAIN_MS) return
    this.#complainedAt = now
    this.#logger.warn({ err, dropped: this.dropped }, 'a threat did not get into the quarantine')
  }
}

/** The quarantine that the settings name, if any. */
export function openQuarantine(
  config: GatewayConfig,
  pool: BufferSource<NonSharedBuffer> | undefined,
  logger: Logger
): Quarantine | undefined {
  const { queueUrl, queueName, bodyLimitBytes } = config
  if (queueUrl === undefined || pool === undefined) return undefined
  return new Quarantine(quarantineQueue(queueUrl, queueName, pool, bodyLimitBytes), pool, logger)
}
