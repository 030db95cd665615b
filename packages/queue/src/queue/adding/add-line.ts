import { onAbort } from '@pool/core/kit'

/** Bytes that an add counts beside those of its message, so that empty messages are bounded, too. */
const overheadBytes = 256

/** An add that waits for its turn. */
interface WaitingAdd {
  readonly bytes: number
  readonly enter: () => void
}

/**
 * Bounds the bytes of the adds that are under way. Further adds wait in the order in which they came, and hold only the messages of their
 * callers: bytes are copied when the turn of their add has come.
 */
export class AddLine {
  readonly #maxBytes: number
  readonly #waiting = new Set<WaitingAdd>()
  #bytes = 0
  /** Bytes of the adds that wait. */
  waitingBytes = 0

  /** @param maxBytes - of the adds under way; one that is larger goes alone */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Adds that wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Begins an add where its turn is now. Each that has begun ends with {@link AddLine.leave}. */
  tryEnter(bytes: number): boolean {
    if (this.#waiting.size > 0 || !this.#hasRoom(bytes)) return false
    this.#bytes += bytes + overheadBytes
    return true
  }

  /**
   * Waits for the turn of an add.
   * @throws (rejects) the signal's reason; the add has not begun then
   */
  enter(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        unwatch()
        this.#waiting.delete(waiting)
        this.waitingBytes -= bytes
      }
      const waiting: WaitingAdd = {
        bytes,
        enter: () => {
          end()
          this.#bytes += bytes + overheadBytes
          resolve()
        }
      }
      signal.throwIfAborted()
      const unwatch = onAbort(signal, (reason) => {
        end()
        reject(reason)
        // The add behind it may be smaller.
        this.#serve()
      })
      this.#waiting.add(waiting)
      this.waitingBytes += bytes
    })
  }

  /** Ends an add. */
  leave(bytes: number): void {
    this.#bytes -= bytes + overheadBytes
    this.#serve()
  }

  #serve(): void {
    for (const waiting of this.#waiting) {
      if (!this.#hasRoom(waiting.bytes)) return
      waiting.enter()
    }
  }

  #hasRoom(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes + overheadBytes <= this.#maxBytes
  }
}
