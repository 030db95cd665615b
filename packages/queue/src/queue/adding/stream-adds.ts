import * as check from '@pool/core/kit'
import type { RedisClient, SendOptions } from '../../client/redis-client.js'
import type { Reply } from '../../resp/reply.js'
import { MessageContent, type PreparedMessage } from '../message-content.js'
import type { Added, AddOptions, Message } from '../message-queue.js'
import { addTimedOut, queueClosed, queueFull } from '../queue-errors.js'
import type { QueueEventSet } from '../queue-events.js'
import type { QueueSettings } from '../queue-options.js'
import { addScript } from '../stream-scripts.js'
import { AddLine } from './add-line.js'
import { type AddSettings, addSettings } from './add-options.js'
import { LargeMessage } from './large-message.js'
import { RoomGate } from './room-gate.js'

/** The adds of one queue to its stream. */
export class StreamAdds {
  readonly #settings: QueueSettings
  readonly #commands: RedisClient
  readonly #events: QueueEventSet
  readonly #gate: RoomGate
  readonly #line: AddLine
  readonly #givenUp = new AbortController()
  /** Adds that have not ended. */
  #underWay = 0
  readonly #finishing: (() => void)[] = []
  #isClosed = false
  /** Messages that were added. */
  added = 0
  /** Bytes of these. */
  addedBytes = 0
  /** Adds of an id that was there before. */
  duplicates = 0
  /** Adds that were refused for want of room. */
  refused = 0
  /** Adds that had to wait. */
  stalls = 0

  constructor(commands: RedisClient, settings: QueueSettings, events: QueueEventSet) {
    this.#commands = commands
    this.#events = events
    this.#settings = settings
    this.#line = new AddLine(commands.settings.maxWaitingBytes)
    this.#gate = new RoomGate(async () => Number(await commands.send(['XLEN', settings.streamKey])), settings.maxLength)
  }

  /** Adds that wait. */
  get waiting(): number {
    return this.#gate.waiting + this.#line.waiting
  }

  /** Bytes of these. */
  get waitingBytes(): number {
    return this.#gate.waitingBytes + this.#line.waitingBytes
  }

  /** Adds a message at the end; as `MessageQueue.add` says. In few functions that wait, since each costs several promises. */
  async add(message: Message, options: AddOptions): Promise<Added> {
    // From here on the message is the queue's, also when the add fails.
    const content = new MessageContent(message)
    const { bytes } = content
    let isInLine = false
    this.#underWay++
    try {
      const { maxMessageBytes, commandTimeoutMs, pool } = this.#commands.settings
      const { queue, whenFull, largeMessageBytes } = this.#settings
      const settings = addSettings(options, commandTimeoutMs)
      if (this.#isClosed) throw this.#closedError()
      content.refuseBeyond(maxMessageBytes, queue)
      const deadline = performance.now() + settings.timeoutMs
      if (whenFull === 'wait') {
        if (!this.#line.tryEnter(bytes)) {
          this.#stall(bytes)
          await this.#within(deadline, settings, (signal) => this.#line.enter(bytes, signal))
        }
        isInLine = true
      }
      const prepared = content.ready ?? (await content.prepared(pool, { ...settings.wait, timeoutMs: msUntil(deadline) }))
      if (bytes < largeMessageBytes) return await this.#addWhenRoom(prepared, undefined, bytes, settings, deadline)
      return await this.#addLarge(prepared, bytes, settings, deadline)
    } finally {
      if (isInLine) this.#line.leave(bytes)
      content.release()
      this.#underWay--
      if (this.#underWay === 0) for (const resolve of this.#finishing.splice(0)) resolve()
    }
  }

  /** Takes no more adds. */
  close(): void {
    this.#isClosed = true
  }

  /** Waits for the adds that are under way. Never rejects. */
  async finish(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#finishing.push(resolve))
  }

  /** Lets no add wait any longer. */
  giveUp(): void {
    this.#givenUp.abort(this.#closedError())
  }

  async #addLarge(message: PreparedMessage, bytes: number, settings: AddSettings, deadline: number): Promise<Added> {
    const large = new LargeMessage(this.#commands, this.#settings.streamKey, message, bytes)
    try {
      return await this.#addWhenRoom(message, large, bytes, settings, deadline)
    } finally {
      large.discard()
    }
  }

  async #addWhenRoom(
    message: PreparedMessage,
    large: LargeMessage | undefined,
    bytes: number,
    settings: AddSettings,
    deadline: number
  ): Promise<Added> {
    const { maxLength, whenFull, queue } = this.#settings
    let waited = false
    for (;;) {
      const added = outcomeOf(await this.#send(message, large?.reference, settings, deadline))
      if (added === 'payload missing') {
        // Asked first, so that no large payload is sent to a queue that is full, or has the message.
        await large?.put(this.#sendOptions(settings, deadline))
        continue
      }
      if (added !== 'full') return this.#count(added, bytes)
      if (whenFull !== 'wait' || this.#isClosed) {
        if (this.#isClosed) throw this.#closedError()
        this.refused++
        const { refuse } = this.#events.lines
        if (refuse.heard) refuse.emit({ queue, bytes })
        throw queueFull(queue, maxLength)
      }
      if (!waited) this.#stall(bytes)
      waited = true
      await this.#within(deadline, settings, (signal) => this.#gate.opened(bytes, signal))
    }
  }

  #send(message: PreparedMessage, reference: string | undefined, settings: AddSettings, deadline: number): Promise<Reply> {
    const { streamKey, idPrefix, maxLength, whenFull, dedupeMs } = this.#settings
    const { id = '' } = settings
    const content: [PreparedMessage, string] = reference === undefined ? [message, 'd'] : [reference, 'p']
    const words = [
      'EVALSHA',
      addScript.sha,
      2,
      streamKey,
      idPrefix + id,
      content[0],
      maxLength,
      whenFull === 'trim' ? 1 : 0,
      id,
      dedupeMs,
      content[1]
    ]
    return this.#commands.send(words, this.#sendOptions(settings, deadline))
  }

  #sendOptions({ id, signal }: AddSettings, deadline: number): SendOptions {
    return {
      idempotent: id !== undefined,
      timeoutMs: msUntil(deadline),
      // The line of adds bounds the adds under way.
      waits: this.#settings.whenFull === 'wait',
      ...(signal === undefined ? {} : { signal })
    }
  }

  #stall(bytes: number): void {
    this.stalls++
    const { queue, lines } = this.#events
    if (lines.stall.heard) lines.stall.emit({ queue, bytes, waiting: this.waiting + 1 })
  }

  #count(added: Added, bytes: number): Added {
    if (added.duplicate) this.duplicates++
    else {
      this.added++
      this.addedBytes += bytes
    }
    return added
  }

  /**
   * Waits for room as long as an add may.
   * @throws (rejects) `ERR_POOL_COMMAND_TIMEOUT`, `ERR_POOL_CLOSED`, the signal's reason
   */
  async #within(deadline: number, { signal, timeoutMs }: AddSettings, wait: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const leftMs = msUntil(deadline)
    // Not `AbortSignal.any`: its signals stay with the queue's own for as long as that lives.
    const waiting = new AbortController()
    const abort = (reason: unknown): void => waiting.abort(reason)
    const timer = leftMs < check.longestTimerMs ? setTimeout(abort, leftMs, addTimedOut(this.#settings.queue, timeoutMs)) : undefined
    const unwatchGivenUp = check.onAbort(this.#givenUp.signal, abort)
    const unwatchSignal = check.onAbort(signal, abort)
    try {
      await wait(waiting.signal)
    } finally {
      clearTimeout(timer)
      unwatchGivenUp()
      unwatchSignal()
    }
  }

  #closedError(): Error {
    return queueClosed(this.#settings.queue)
  }
}

/** The outcome that {@link addScript} replies. */
function outcomeOf(reply: Reply): Added | 'full' | 'payload missing' {
  if (reply === null) return 'full'
  const [entryId, state] = reply as [string, number]
  return state === 2 ? 'payload missing' : Object.freeze({ entryId, duplicate: state === 1 })
}

/** Whole milliseconds, 1 at least. */
function msUntil(deadline: number): number {
  return Math.max(1, Math.ceil(deadline - performance.now()))
}
