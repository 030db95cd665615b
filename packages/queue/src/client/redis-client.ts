import * as check from '@pool/core/kit'
import { type CommandPart, checkCommand } from '../resp/command-encoder.js'
import { type Landing, landsNothing, type Reply } from '../resp/reply.js'
import { RedisReplyError } from '../resp/resp-errors.js'
import { clientClosed, commandLimit, commandTimedOut, connectionLost, connectTimedOut, unsupported } from './client-errors.js'
import { type ClientSettings, clientOptionNames, clientSettings, type RedisClientOptions } from './client-options.js'
import { exchange, isFinal, shakeHands, type Welcome } from './handshake.js'
import { PendingCommand, type ReplyTaker } from './pending-command.js'
import type { RedisClientStats } from './redis-client-stats.js'
import { RedisSession } from './redis-session.js'

/** How a command is sent. */
export interface SendOptions {
  /** Which parts of the reply are payloads, and land in leases that are the caller's. Default: none. */
  readonly lands?: Landing
  /** Whether it may be sent again on a new connection when the old one went before the answer. Default false. */
  readonly idempotent?: boolean
  /** Longest wait for the reply, in ms; `Infinity` for none. Default: `commandTimeoutMs` of the client. */
  readonly timeoutMs?: number
  /** Aborts the wait; the promise then rejects with the signal's reason. A command that was sent may be executed all the same. */
  readonly signal?: AbortSignal
  /** Whether it waits, where others would be refused at `maxWaitingBytes`: for callers that bound their commands themselves. Default false. */
  readonly waits?: boolean
  /**
   * Takes over parts of the reply as they come; the time for the reply then begins anew with each payload.
   * @internal
   */
  readonly taker?: ReplyTaker
}

/** The functions that a client calls when its connection comes or goes. */
export interface ConnectionWatch {
  /** A connection was made: the `connections`th. */
  connected(connections: number): void
  /** A connection went, or could not be made. */
  disconnected(error: unknown): void
}

const firstPauseMs = 50

/**
 * Commands to one Redis over one connection, which is made with the first command and made again when it goes.
 *
 * ```
 *   send() ──► waiting, bounded in bytes ──► unanswered, bounded in bytes ──► reply, payloads in leases
 *                 ▲                              │ the connection goes
 *                 └──── idempotent commands ─────┴──── others: ERR_POOL_CONNECTION_LOST, never sent again
 * ```
 *
 * A lease within a command stays the caller's: the client keeps one of its own until the reply, and the connection one until its bytes have
 * left. So the caller may release at any time, and a command that was called off never shows the memory's next owner to Redis.
 */
export class RedisClient implements AsyncDisposable {
  readonly #settings: ClientSettings
  readonly #scripts: readonly string[]
  readonly #watch: ConnectionWatch | undefined
  #waiting: PendingCommand[] = []
  #waitingBytes = 0
  #session: RedisSession | undefined = undefined
  /** A connection that is being made. */
  #opening: RedisSession | undefined = undefined
  #welcome: Welcome | undefined = undefined
  #isConnecting = false
  #isFlushing = false
  #isClosing = false
  #closedWith: Error | undefined = undefined
  #failures = 0
  #pause: { readonly timer: NodeJS.Timeout; readonly end: () => void } | undefined = undefined
  #idle: (() => void)[] = []
  #connections = 0
  #failedConnections = 0
  /** Why the last attempt to connect failed, until one succeeds. */
  #lastFailure: unknown = undefined
  #timeouts = 0
  #refused = 0
  #resent = 0

  /**
   * A client without a connection yet.
   * @param scripts - Lua that each connection loads before any command, for `EVALSHA`
   * @param watch - called when a connection comes or goes
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option; `ERR_POOL_REDIS_UNSUPPORTED` for URLs of Sentinel and Cluster
   */
  constructor(options: RedisClientOptions = {}, scripts: readonly string[] = [], watch?: ConnectionWatch) {
    check.validOptions('options', options, clientOptionNames)
    this.#settings = clientSettings(options)
    this.#scripts = scripts
    this.#watch = watch
  }

  /**
   * Its options, complete. Behind a getter, so that no inspection of the client shows the password.
   * @internal
   */
  get settings(): ClientSettings {
    return this.#settings
  }

  /** The number that Redis gave the present connection; 0 while there is none. */
  get connectionId(): number {
    return this.#session === undefined ? 0 : (this.#welcome?.connectionId ?? 0)
  }

  /** Whether it was closed, or Redis refused it for good. */
  get closed(): boolean {
    return this.#isClosing || this.#closedWith !== undefined
  }

  /**
   * Sends one command.
   * @param parts - its words; payloads as leases, which are sent from where they lie, or as bytes, which must not change until the reply
   * @returns the reply, whose leases are the caller's
   * @throws (rejects) `ERR_POOL_REDIS_REPLY` when Redis refuses the command; `ERR_POOL_COMMAND_TIMEOUT`; `ERR_POOL_CONNECTION_LOST`;
   * `ERR_POOL_COMMAND_LIMIT`; `ERR_POOL_CLOSED`; `ERR_POOL_REDIS_REFUSED`; `ERR_POOL_REDIS_UNSUPPORTED`; the signal's reason
   */
  send(parts: readonly CommandPart[], options: SendOptions = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { lands = landsNothing, idempotent = false, waits = false, signal, taker } = options
      const timeoutMs = check.validTimeout('timeoutMs', options.timeoutMs, this.#settings.commandTimeoutMs)
      if (check.optionalSignal(signal)?.aborted) throw (signal as AbortSignal).reason
      checkCommand(parts)
      if (this.closed) throw this.#closedWith ?? clientClosed()
      const command = new PendingCommand(parts, { lands, taker, idempotent, timeoutMs, signal }, this, resolve, reject)
      const { maxWaitingBytes } = this.#settings
      if (!waits && this.#waitingBytes > 0 && this.#waitingBytes + command.bytes > maxWaitingBytes) {
        this.#refused++
        command.reject(commandLimit(command.bytes, this.#waitingBytes, maxWaitingBytes))
        return
      }
      this.#wait(command)
      this.#flushSoon()
    })
  }

  /** A snapshot. */
  stats(): RedisClientStats {
    return Object.freeze({
      connected: this.#session !== undefined,
      closed: this.closed,
      waiting: this.#waiting.length,
      waitingBytes: this.#waitingBytes,
      unanswered: this.#session?.unanswered ?? 0,
      unansweredBytes: this.#session?.unansweredBytes ?? 0,
      connections: this.#connections,
      failedConnections: this.#failedConnections,
      timeouts: this.#timeouts,
      refused: this.#refused,
      resent: this.#resent
    })
  }

  /** Takes no more commands, waits for the replies to those that were given, then closes the connection. Never rejects. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#waiting.length > 0 || (this.#session?.unanswered ?? 0) > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    this.destroy()
  }

  /** Closes at once. Commands that were not answered reject. */
  destroy(error?: unknown): void {
    this.#closedWith ??= error instanceof Error ? error : clientClosed(error)
    this.#pause?.end()
    for (const command of this.#takeWaiting()) command.reject(this.#closedWith)
    this.#session?.destroy(this.#closedWith)
    this.#opening?.destroy(this.#closedWith)
    this.#nowIdle()
  }

  /** Closes in order. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal */
  timedOut(command: PendingCommand): void {
    this.#timeouts++
    const wasSent = !this.#unwait(command)
    const session = this.#session
    command.reject(commandTimedOut(command.timeoutMs, wasSent, this.#lastFailure))
    // Something was sent, and nothing has come for half of that time: the connection is dead, though no side has closed it.
    if (session !== undefined && session.unansweredBytes > 0 && performance.now() - session.repliedAt > command.timeoutMs / 2) {
      session.destroy(connectionLost())
    }
    this.#nowIdle()
  }

  /** @internal */
  aborted(command: PendingCommand, reason: unknown): void {
    this.#unwait(command)
    command.reject(reason)
    this.#nowIdle()
  }

  /** @internal */
  answered(): void {
    if (this.#waiting.length > 0) this.#flushSoon()
    else this.#nowIdle()
  }

  /** @internal */
  refused(command: PendingCommand, error: RedisReplyError): boolean {
    if (/^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN)$/.test(error.redisCode)) {
      const final = unsupported('cluster')
      command.reject(final)
      this.destroy(final)
      return true
    }
    // Redis has forgotten its scripts, as after `SCRIPT FLUSH`. The command was not executed.
    if (error.redisCode !== 'NOSCRIPT' || this.#scripts.length === 0 || this.#session === undefined) return false
    const again = this.#scripts.map(
      (script) =>
        new PendingCommand(['SCRIPT', 'LOAD', script], { ...command, lands: landsNothing, taker: undefined }, undefined, ignore, ignore)
    )
    for (const one of [command, ...again.reverse()]) this.#wait(one, true)
    return true
  }

  /** @internal */
  lost(error: unknown, unsent: readonly PendingCommand[], unanswered: readonly PendingCommand[]): void {
    this.#session = undefined
    this.#welcome = undefined
    if (this.#closedWith === undefined) this.#watch?.disconnected(error ?? connectionLost())
    // A replica takes no command until it is the master again: the next connections wait for it longer and longer.
    if (error instanceof RedisReplyError) this.#lastFailure = error
    for (const command of [...unanswered, ...unsent].reverse()) {
      if (command.ended) continue
      if (this.#closedWith !== undefined) command.reject(this.#closedWith)
      else if (unsent.includes(command)) this.#wait(command, true)
      else if (command.idempotent) {
        this.#resent++
        this.#wait(command, true)
      } else command.reject(connectionLost(error))
    }
    if (this.#waiting.length > 0) this.#flushSoon()
    else this.#nowIdle()
  }

  #wait(command: PendingCommand, isFirst = false): void {
    if (isFirst) this.#waiting.unshift(command)
    else this.#waiting.push(command)
    this.#waitingBytes += command.bytes
  }

  #unwait(command: PendingCommand): boolean {
    const index = this.#waiting.indexOf(command)
    if (index < 0) return false
    this.#waiting.splice(index, 1)
    this.#waitingBytes -= command.bytes
    return true
  }

  #takeWaiting(): PendingCommand[] {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    return waiting
  }

  /** Commands of one turn leave together. */
  #flushSoon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    queueMicrotask(() => {
      this.#isFlushing = false
      this.#flush()
    })
  }

  #flush(): void {
    const session = this.#session
    if (session === undefined) {
      // The connection outlives the command, and must not keep the async context of its request.
      if (this.#waiting.length > 0 && !this.#isConnecting && this.#closedWith === undefined) {
        void check.outsideRequests(() => this.#connect())
      }
      return
    }
    if (!session.isWritable || this.#waiting.length === 0) return
    let bytes = session.unansweredBytes
    let count = 0
    for (const command of this.#waiting) {
      if (bytes > 0 && bytes + command.bytes > this.#settings.maxUnansweredBytes) break
      bytes += command.bytes
      this.#waitingBytes -= command.bytes
      count++
    }
    if (count > 0) session.send(this.#waiting.splice(0, count))
  }

  async #connect(): Promise<void> {
    this.#isConnecting = true
    try {
      while (this.#waiting.length > 0 && this.#closedWith === undefined) {
        if (this.#failures > 0) await this.#pauseBefore(this.#failures)
        if (this.#closedWith !== undefined || this.#waiting.length === 0) break
        this.#failures++
        try {
          await this.#open()
          break
        } catch (error) {
          this.#failedConnections++
          this.#lastFailure = error
          if (this.#closedWith === undefined) this.#watch?.disconnected(error)
          if (isFinal(error)) this.destroy(error)
        }
      }
    } finally {
      this.#isConnecting = false
    }
    this.#flush()
  }

  async #open(): Promise<void> {
    const { connect, target, pool, maxMessageBytes } = this.#settings
    const wire = await connect(target)
    if (this.#closedWith !== undefined) {
      wire.destroy()
      throw this.#closedWith
    }
    let isReady = false
    let failed: unknown
    const session: RedisSession = new RedisSession(wire, pool, maxMessageBytes, {
      answered: () => {
        if (!isReady) return
        // It serves, so that the next loss is followed by a connection at once.
        this.#failures = 0
        this.#lastFailure = undefined
        this.answered()
      },
      written: () => isReady && this.answered(),
      refused: (command, error) => isReady && this.refused(command, error),
      lost: (error, unsent, unanswered) => {
        if (isReady) return this.lost(error, unsent, unanswered)
        failed = error ?? connectionLost()
        for (const command of [...unsent, ...unanswered]) command.reject(failed)
      }
    })
    this.#opening = session
    const timer = setTimeout(
      () => session.destroy(connectTimedOut(target.connectTimeoutMs)),
      Math.min(target.connectTimeoutMs, check.longestTimerMs)
    )
    try {
      const welcome = await shakeHands(session, this.#settings)
      // Refused while Redis still loads its data.
      await exchange(session, ['PING'])
      for (const script of this.#scripts) await exchange(session, ['SCRIPT', 'LOAD', script])
      if (failed !== undefined) throw failed
      if (this.#closedWith !== undefined) throw this.#closedWith
      this.#welcome = welcome
      this.#session = session
      this.#connections++
      isReady = true
      this.#watch?.connected(this.#connections)
    } catch (error) {
      session.destroy(error)
      throw error
    } finally {
      this.#opening = undefined
      clearTimeout(timer)
    }
  }

  /** Waits longer each time, and for a part of that by chance, so that many clients do not come back at once. */
  #pauseBefore(failures: number): Promise<void> {
    const most = Math.min(this.#settings.reconnectMaxMs, firstPauseMs * 2 ** Math.min(failures - 1, 20))
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#pause = undefined
        resolve()
      }
      const timer = setTimeout(end, most * (0.5 + Math.random() / 2))
      this.#pause = { timer, end }
    })
  }

  #nowIdle(): void {
    if (this.#idle.length === 0) return
    if (this.#closedWith === undefined && (this.#waiting.length > 0 || (this.#session?.unanswered ?? 0) > 0)) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}

const ignore = (): void => {}
