import { isPoolError } from '@pool/core'
import type { Wire } from '../client/wire.js'
import type { Reply, ReplyTarget } from './reply.js'
import { ReplyParser } from './reply-parser.js'
import { protocolError } from './resp-errors.js'

/**
 * Bytes that are looked at together. Between two messages of a stream stand fewer, so that few bytes are looked at that belong to a payload.
 * Where they cross from one buffer of the connection to the next, these bytes are copied.
 */
const windowBytes = 256

/** The replies of one connection, one after the other. One read at a time. */
export class ReplyReader {
  readonly #wire: Wire
  readonly #parser: ReplyParser

  /** @param maxPayloadBytes - the most bytes of one payload */
  constructor(wire: Wire, maxPayloadBytes: number) {
    this.#wire = wire
    this.#parser = new ReplyParser({ maxPayloadBytes })
  }

  /**
   * The next reply, or `undefined` while it is not all there.
   * @param target - asked when its first bytes are there: the command that it answers may be sent while it is waited for
   * @throws as {@link ReplyParser.push}, and as the connection
   */
  tryNext(target: () => ReplyTarget): Reply | undefined {
    try {
      return this.#tryNext(target)
    } catch (error) {
      // While the pool is out, nothing; the read that waits then waits for memory, too.
      if (isPoolError(error, 'ERR_POOL_EXHAUSTED')) return undefined
      throw error
    }
  }

  #tryNext(target: () => ReplyTarget): Reply | undefined {
    const wire = this.#wire
    const parser = this.#parser
    // No command is sent until this returns.
    parser.expect(target())
    for (;;) {
      if (parser.payloadBytes > 0) {
        if (wire.readAheadBytes < parser.payloadBytes || target().holds?.() !== undefined) return undefined
        const lease = wire.tryRead(parser.payloadBytes)
        if (lease === undefined) return undefined
        parser.land(lease)
      }
      const there = wire.readAheadBytes
      if (there < parser.wantedBytes) return undefined
      const bytes = wire.tryPeek(Math.min(there, Math.max(windowBytes, parser.wantedBytes)))
      if (bytes === undefined) return undefined
      wire.trySkip(parser.push(asBuffer(bytes)))
      if (parser.done) return parser.take()
    }
  }

  /** The next reply, waiting for its bytes and for memory; `undefined` where the peer has ended between two replies. */
  async next(target: () => ReplyTarget): Promise<Reply | undefined> {
    for (;;) {
      const reply = this.tryNext(target)
      if (reply !== undefined) return reply
      const { payloadBytes, wantedBytes } = this.#parser
      if (payloadBytes > 0) {
        for (let holding = target().holds?.(); holding !== undefined; holding = target().holds?.()) {
          await Promise.race([holding, this.#wire.closed])
          if (this.#wire.destroyed) break
        }
        const lease = await this.#wire.read(payloadBytes)
        if (lease === undefined) throw protocolError('Redis ended the connection within a reply')
        this.#parser.land(lease)
        target().progressed?.()
        continue
      }
      // As many as `tryNext` looks at: where it lacked the memory to move them together, a peek at fewer would not wait.
      const bytes = Math.max(wantedBytes, Math.min(this.#wire.readAheadBytes, windowBytes))
      if ((await this.#wire.peek(bytes)) === undefined) return undefined
    }
  }

  /** Releases the parsed parts of an unfinished reply. */
  dispose(): void {
    this.#parser.dispose()
  }
}

/** The connection hands out buffers; another copy of core may type them as plain arrays. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
