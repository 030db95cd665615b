import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'
import { CommandEncoder } from '../resp/command-encoder.js'
import { landsNothing, type Reply, type ReplyTarget, releaseReply } from '../resp/reply.js'
import { ReplyReader } from '../resp/reply-reader.js'
import { protocolError, RedisReplyError } from '../resp/resp-errors.js'
import { connectionLost } from './client-errors.js'
import type { PendingCommand } from './pending-command.js'
import type { Wire } from './wire.js'

/** The owner of a session, which the session calls at each change. */
export interface SessionOwner {
  /** A command was answered: there is room for more. */
  answered(): void
  /** Commands have left, so that others can. */
  written(): void
  /** Redis refused a command; true where the owner takes the command back and sends it again. */
  refused(command: PendingCommand, error: RedisReplyError): boolean
  /**
   * The connection went.
   * @param unsent - commands that never left
   * @param unanswered - commands that may have been executed, in the order in which they were sent
   */
  lost(error: unknown, unsent: readonly PendingCommand[], unanswered: readonly PendingCommand[]): void
}

const noTarget: ReplyTarget = { lands: landsNothing }

/** One connection to Redis: sends commands in a row, and gives each its reply. */
export class RedisSession {
  readonly #wire: Wire
  readonly #owner: SessionOwner
  readonly #encoder: CommandEncoder
  readonly #reader: ReplyReader
  #sent: PendingCommand[] = []
  #head = 0
  /** Encoded commands that the connection refused, until it has sent earlier ones. */
  #held: { readonly pieces: Lease<Buffer>[]; readonly commands: readonly PendingCommand[] } | undefined = undefined
  /** Refused by a replica, so that they were not executed: for the next connection. */
  readonly #returned: PendingCommand[] = []
  #refusal: RedisReplyError | undefined = undefined
  #isLost = false
  readonly #onWritten = (): void => this.#writeHeld()
  readonly #target = (): ReplyTarget => this.#sent[this.#head] ?? noTarget
  /** Bytes of the commands sent and not answered. */
  unansweredBytes = 0
  /** When replies came last. */
  repliedAt = performance.now()

  constructor(wire: Wire, pool: BufferSource<NonSharedBuffer>, maxPayloadBytes: number, owner: SessionOwner) {
    this.#wire = wire
    this.#owner = owner
    this.#encoder = new CommandEncoder(pool)
    this.#reader = new ReplyReader(wire, maxPayloadBytes)
    void this.#receive()
    void wire.closed.then(() => this.#lose(wire.error ?? connectionLost()))
  }

  /** Whether commands can be sent now. */
  get isWritable(): boolean {
    return !this.#isLost && this.#held === undefined && this.#refusal === undefined
  }

  /** Commands that were sent and not answered, those among them that nothing waits for any more. */
  get unanswered(): number {
    return this.#sent.length - this.#head
  }

  /** Sends commands, while {@link RedisSession.isWritable}. */
  send(commands: readonly PendingCommand[]): void {
    for (const command of commands) {
      this.#encoder.add(command.parts)
      this.unansweredBytes += command.bytes
    }
    this.#held = { pieces: this.#encoder.take(), commands }
    this.#writeHeld()
  }

  /** Closes the connection at once. */
  destroy(error?: unknown): void {
    this.#wire.destroy(error)
    this.#lose(error)
  }

  #writeHeld(): void {
    const held = this.#held
    if (held === undefined || this.#isLost) return
    if (!this.#wire.tryWrite(held.pieces, this.#onWritten)) return
    this.#held = undefined
    for (const command of held.commands) this.#sent.push(command)
    this.#owner.written()
  }

  async #receive(): Promise<void> {
    try {
      for (;;) {
        let reply = this.#reader.tryNext(this.#target)
        if (reply === undefined) {
          reply = await this.#reader.next(this.#target)
          // Once for all that came with it.
          this.repliedAt = performance.now()
        }
        if (reply === undefined) throw connectionLost()
        this.#answer(reply)
        if (this.#isLost) return
      }
    } catch (error) {
      this.#reader.dispose()
      this.destroy(error)
    }
  }

  #answer(reply: Reply): void {
    const command = this.#sent[this.#head]
    if (command === undefined) {
      releaseReply(reply)
      throw protocolError('Redis sent a reply that no command waits for')
    }
    this.#sent[this.#head++] = undefined as unknown as PendingCommand
    if (this.#head === this.#sent.length) {
      this.#sent.length = 0
      this.#head = 0
    } else if (this.#head > 1024) {
      this.#sent = this.#sent.slice(this.#head)
      this.#head = 0
    }
    this.unansweredBytes -= command.bytes
    if (command.ended) releaseReply(reply)
    else if (!(reply instanceof RedisReplyError)) command.resolve(reply)
    else if (reply.redisCode === 'READONLY') {
      // The master has become a replica. The name may lead to the new master, so that this connection ends as one that was lost.
      this.#returned.push(command)
      this.#refusal = reply
    } else if (!this.#owner.refused(command, reply)) command.reject(reply)
    if (this.#refusal === undefined) this.#owner.answered()
    // Not before: the commands that were sent behind it are answered, too.
    else if (this.unanswered === 0) this.destroy(this.#refusal)
  }

  #lose(error: unknown): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#wire.destroy(error)
    const held = this.#held
    const unanswered = this.#sent.slice(this.#head)
    this.#held = undefined
    this.#sent = []
    this.#head = 0
    this.unansweredBytes = 0
    for (const piece of held?.pieces ?? []) piece.release()
    this.#owner.lost(error, [...this.#returned, ...(held?.commands ?? [])], unanswered)
  }
}
