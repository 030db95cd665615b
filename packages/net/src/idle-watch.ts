import { outsideRequests } from '@pool/core/kit'
import { timedOut } from './connection-errors.js'

/** The timeouts of a connection, in ms; `Infinity` for none. */
export interface IdleTimeouts {
  readonly idleTimeoutMs: number
  readonly firstByteTimeoutMs: number
}

/** A connection that is watched. */
export interface Watched {
  readonly timeouts: IdleTimeouts
  /** Changes whenever bytes come or go. */
  readonly progress: number
  /** Whether a byte has come. */
  readonly hasFirstByte: boolean
  /** Whether the peer can't send, which is not its fault. */
  readonly isHeldBack: boolean
  /** The progress at the last look; kept by the watch. */
  seenProgress: number
  /** For how long it has been that, in ms; kept by the watch. */
  quietMs: number
  /** It was quiet for too long. */
  timedOut(error: Error): void
}

/** Looks during one timeout, at the least: it ends up to an eighth late. */
const looks = 16

/**
 * Looks at all connections of like timeouts, again and again. A timer for each of them would have to be set anew by each read and write, which
 * takes 3 % of a small answer.
 */
class IdleRound {
  readonly #periodMs: number
  readonly #watched = new Set<Watched>()
  #timer: NodeJS.Timeout | undefined = undefined

  constructor(periodMs: number) {
    this.#periodMs = periodMs
  }

  add(connection: Watched): void {
    this.#watched.add(connection)
    this.#timer ??= outsideRequests(() => setInterval(() => this.#lookAtAll(), this.#periodMs)).unref()
  }

  delete(connection: Watched): void {
    this.#watched.delete(connection)
    if (this.#watched.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #lookAtAll(): void {
    for (const connection of this.#watched) this.#look(connection)
  }

  #look(connection: Watched): void {
    const { progress, seenProgress, quietMs, hasFirstByte, isHeldBack } = connection
    connection.seenProgress = progress
    connection.quietMs = isHeldBack || progress !== seenProgress ? 0 : quietMs + this.#periodMs
    const { idleTimeoutMs, firstByteTimeoutMs } = connection.timeouts
    const limit = hasFirstByte ? idleTimeoutMs : firstByteTimeoutMs
    if (connection.quietMs < limit) return
    this.delete(connection)
    connection.timedOut(
      hasFirstByte ? timedOut('no byte came or went', limit, 'idleTimeoutMs') : timedOut('no first byte came', limit, 'firstByteTimeoutMs')
    )
  }
}

/** By the time between two looks, a power of two: there are some thirty at the most. */
const rounds = new Map<number, IdleRound>()

function periodOf({ idleTimeoutMs, firstByteTimeoutMs }: IdleTimeouts): number {
  const shorter = Math.min(idleTimeoutMs, firstByteTimeoutMs)
  return shorter === Number.POSITIVE_INFINITY ? shorter : Math.max(1, 2 ** Math.floor(Math.log2(shorter / looks)))
}

/** Reports a connection where no byte comes or goes, once it has a timeout at all; until {@link unwatchIdleness}. */
export function watchIdleness(connection: Watched): void {
  const periodMs = periodOf(connection.timeouts)
  if (periodMs === Number.POSITIVE_INFINITY) return
  let round = rounds.get(periodMs)
  if (round === undefined) {
    round = new IdleRound(periodMs)
    rounds.set(periodMs, round)
  }
  round.add(connection)
}

/** Ends the watch. */
export function unwatchIdleness(connection: Watched): void {
  rounds.get(periodOf(connection.timeouts))?.delete(connection)
}
