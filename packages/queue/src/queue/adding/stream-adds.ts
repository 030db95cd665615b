import * as check from '@pool/core/kit'
import type { RedisClient, SendOptions } from '../../client/redis-client.js'
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
  readonly #adding = new Set<Promise<unknown>>()
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

  /** Adds a message at the end; as `MessageQueue.add` says. */
  add(message: Message, options: AddOptions): Promise<Added> {
    const adding = this.#add(message, options)
    this.#adding.add(adding)
    const done = (): void => void this.#adding.delete(adding)
    adding.then(done, done)
    return adding
  }

  /** Takes no more adds. */
  close(): void {
    this.#isClosed = true
  }

  /** Waits for the adds that are under way. Never rejects. */
  async finish(): Promise<void> {
    await Promise.allSettled(this.#adding)
  }

  /** Lets no add wait any longer. */
  giveUp(): void {
    this.#givenUp.abort(this.#closedError())
  }

  async #add(message: Message, options: AddOptions): Promise<Added> {
    // From here on the message is the queue's, also when the add fails.
    const content = new MessageContent(message)
    try {
      return await this.#addInLine(content, options)
    } finally {
      content.release()
    }
  }

  async #addInLine(content: MessageContent, options: AddOptions): Promise<Added> {
    const { maxMessageBytes, commandTimeoutMs } = this.#commands.settings
    const { queue, whenFull } = this.#settings
    const settings = addSettings(options, commandTimeoutMs)
    if (this.#isClosed) throw this.#closedError()
    content.refuseBeyond(maxMessageBytes, queue)
    const deadline = performance.now() + settings.timeoutMs
    if (whenFull !== 'wait') return this.#addNow(content, settings, deadline)
    if (!this.#line.tryEnter(content.bytes)) {
      this.#stall(content.bytes)
      await this.#within(deadline, settings, (signal) => this.#line.enter(content.bytes, signal))
    }
    try {
      return await this.#addNow(content, settings, deadline)
    } finally {
      this.#line.leave(content.bytes)
    }
  }

  async #addNow(content: MessageContent, settings: AddSettings, deadline: number): Promise<Added> {
    const { streamKey, largeMessageBytes } = this.#settings
    const { bytes } = content
    const message = await content.prepared(this.#commands.settings.pool, { ...settings.wait, timeoutMs: msUntil(deadline) })
    if (bytes < largeMessageBytes) return this.#addWhenRoom(message, undefined, bytes, settings, deadline)
    const large = new LargeMessage(this.#commands, streamKey, message, bytes)
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
      const added = await this.#send(message, large?.reference, settings, deadline)
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

  async #send(
    message: PreparedMessage,
    reference: string | undefined,
    settings: AddSettings,
    deadline: number
  ): Promise<Added | 'full' | 'payload missing'> {
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
    const reply = await this.#commands.send(words, this.#sendOptions(settings, deadline))
    if (reply === null) return 'full'
    const [entryId, state] = reply as [string, number]
    return state === 2 ? 'payload missing' : Object.freeze({ entryId, duplicate: state === 1 })
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

/** Whole milliseconds, 1 at least. */
function msUntil(deadline: number): number {
  return Math.max(1, Math.ceil(deadline - performance.now()))
}
