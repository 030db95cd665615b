import type { Socket } from 'node:net'
import { outsideRequests } from '@pool/core/kit'
import { timedOut } from './connection-errors.js'

/** The timeouts of a connection, in ms; `Infinity` for none. */
export interface IdleTimeouts {
  readonly idleTimeoutMs: number
  readonly firstByteTimeoutMs: number
}

/** The connection whose socket is watched. */
export interface Watched {
  /** Bytes that came and went. */
  readonly progress: number
  /** Whether a byte has come. */
  readonly hasFirstByte: boolean
  /** Whether the peer can't send, which is not its fault. */
  readonly isHeldBack: boolean
  /** It was quiet for too long. */
  timedOut(error: Error): void
}

/** Reports a connection where no byte comes or goes. It uses the timer of Node's sockets, which costs next to nothing per read. */
export class IdleWatch {
  readonly #socket: Socket
  readonly #timeouts: IdleTimeouts
  readonly #watched: Watched
  #periodMs: number
  #quietMs = 0
  #seen = 0

  constructor(socket: Socket, timeouts: IdleTimeouts, watched: Watched) {
    this.#socket = socket
    this.#timeouts = timeouts
    this.#watched = watched
    this.#periodMs = shorter(timeouts)
    socket.setTimeout(this.#periodMs)
  }

  /** The socket was quiet for the period that was set; called at its `timeout` event. */
  wasQuiet(): void {
    const { progress, hasFirstByte, isHeldBack } = this.#watched
    const { idleTimeoutMs, firstByteTimeoutMs } = this.#timeouts
    this.#quietMs = isHeldBack ? 0 : (progress === this.#seen ? this.#quietMs : 0) + this.#periodMs
    this.#seen = progress
    const limit = hasFirstByte ? idleTimeoutMs : firstByteTimeoutMs
    if (this.#quietMs < limit) {
      this.#periodMs = limit < Number.POSITIVE_INFINITY ? limit - this.#quietMs : shorter(this.#timeouts)
      this.#socket.setTimeout(this.#periodMs)
    } else if (hasFirstByte) this.#watched.timedOut(timedOut('no byte came or went', limit, 'idleTimeoutMs'))
    else this.#watched.timedOut(timedOut('no first byte came', limit, 'firstByteTimeoutMs'))
  }
}

function shorter({ idleTimeoutMs, firstByteTimeoutMs }: IdleTimeouts): number {
  return Math.min(idleTimeoutMs, firstByteTimeoutMs)
}

/** Watches, where there is a timeout at all. The caller hands the socket's `timeout` events on. */
export function watchIdleness(socket: Socket, timeouts: IdleTimeouts, watched: Watched): IdleWatch | undefined {
  return shorter(timeouts) < Number.POSITIVE_INFINITY ? outsideRequests(() => new IdleWatch(socket, timeouts, watched)) : undefined
}
