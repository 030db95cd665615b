import type { Lease } from '@pool/core'
import { type NonSharedBuffer, onAbort } from '@pool/core/kit'
import { bytesOf, type CommandPart, leasesOf } from '../resp/command-encoder.js'
import { type Landing, type Reply, type ReplyTarget, releaseReply } from '../resp/reply.js'

/** Bytes that a command counts beside its payloads: for its words, and for its objects. */
const overheadBytes = 128

/** Takes parts of a reply over as they come, before the reply as a whole is there. */
export interface ReplyTaker {
  /** Whether an array is such a part. `depth`: arrays that are open around it. */
  isPart(items: readonly Reply[], depth: number): boolean
  /** Takes over the values of a part. The array is used again. */
  take(items: readonly Reply[]): void
  /** A promise that settles when it can take one more payload; `undefined` where it can now. The command does not time out meanwhile. */
  holds?(): Promise<void> | undefined
}

/** The settings of one command, complete. */
export interface CommandSettings {
  /** The parts of the reply that land in leases. */
  readonly lands: Landing
  /** Takes parts of the reply over. A command that has ended gives them back instead. */
  readonly taker: ReplyTaker | undefined
  /** Whether it may be sent again after it was perhaps executed. */
  readonly idempotent: boolean
  /** Longest wait for the reply, in ms; `Infinity` for none. */
  readonly timeoutMs: number
  /** Calls the wait off. */
  readonly signal: AbortSignal | undefined
}

/** The functions that a command calls when its wait ends early. */
export interface CommandWatch {
  /** The time of `command` is over. */
  timedOut(command: PendingCommand): void
  /** The signal of `command` has aborted. */
  aborted(command: PendingCommand, reason: unknown): void
}

/**
 * One command that is not answered. It keeps a lease of each payload until then, so that it can be sent, and sent again. A command that has
 * ended is never sent; where it was sent before, its reply is thrown away when that comes.
 */
export class PendingCommand implements CommandSettings, ReplyTarget {
  readonly lands: Landing
  readonly taker: ReplyTaker | undefined
  readonly idempotent: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (error: unknown) => void
  #unwatch: (() => void) | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  /** The words and payloads. */
  parts: readonly CommandPart[]
  /** The bytes that it counts against bounds. */
  readonly bytes: number
  /** Whether its caller has an answer, or an error. */
  ended = false

  constructor(
    parts: readonly CommandPart[],
    settings: CommandSettings,
    watch: CommandWatch | undefined,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void
  ) {
    let bytes = overheadBytes
    // Counted first: a lease that was released throws here, before any other is retained.
    for (const part of parts) bytes += bytesOf(part)
    this.bytes = bytes
    this.parts = parts.map(kept)
    this.lands = settings.lands
    this.taker = settings.taker
    this.idempotent = settings.idempotent
    this.timeoutMs = settings.timeoutMs
    this.signal = settings.signal
    this.#resolve = resolve
    this.#reject = reject
    if (watch === undefined) return
    if (this.signal !== undefined) this.#unwatch = onAbort(this.signal, (reason) => watch.aborted(this, reason))
    if (this.timeoutMs < Number.POSITIVE_INFINITY) this.#timer = setTimeout(timeOut, this.timeoutMs, watch, this)
  }

  takePart(items: readonly Reply[], depth: number): boolean {
    if (!this.taker?.isPart(items, depth)) return false
    if (this.ended) for (const item of items) releaseReply(item)
    else this.taker.take(items)
    return true
  }

  holds(): Promise<void> | undefined {
    return this.ended ? undefined : this.taker?.holds?.()
  }

  /** Parts that are taken over may make room for the next ones as slowly as their taker likes: the time counts from the last one on. */
  progressed(): void {
    if (this.taker !== undefined && !this.ended) this.#timer?.refresh()
  }

  /** Ends it with its reply. */
  resolve(reply: Reply): void {
    if (this.#end()) this.#resolve(reply)
  }

  /** Ends it with an error. */
  reject(error: unknown): void {
    if (this.#end()) this.#reject(error)
  }

  #end(): boolean {
    if (this.ended) return false
    this.ended = true
    clearTimeout(this.#timer)
    this.#unwatch?.()
    const { parts } = this
    this.parts = []
    // The connection has its own leases of the memory that it still sends.
    for (const part of parts) for (const lease of leasesOf(part)) lease.release()
    return true
  }
}

/** With leases of its own. */
function kept(part: CommandPart): CommandPart {
  const leases = leasesOf(part)
  if (leases.length === 1) return (leases[0] as Lease<NonSharedBuffer>).retain()
  return leases.length === 0 ? part : leases.map((lease) => lease.retain())
}

function timeOut(watch: CommandWatch, command: PendingCommand): void {
  if (command.holds() === undefined) watch.timedOut(command)
  else command.progressed()
}
