import type { AddressInfo } from 'node:net'
import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'
import { ConnectionGroup, createPooledServer, type PooledConnection, type PooledServer } from '@pool/net'
import type { Logger } from 'pino'
import type { GatewayConfig } from '../config.js'
import { acceptWaiting, type DrainBounds } from '../http/connections.js'
import type { UnderWay } from '../http/under-way.js'
import { type IngestParts, MessageStream, type StreamClient } from './message-stream.js'

/** How often the connections of a port that drains are looked at. */
const CHECK_MS = 20

/** A TCP port for streams of messages: each connection is one, and gets the lines that `POST /ingest` answers with. */
export class IngestPort {
  readonly #server: PooledServer
  readonly #streams = new Map<PooledConnection, MessageStream>()
  readonly #parts: IngestParts
  readonly #config: GatewayConfig
  readonly #logger: Logger

  /**
   * @param parts - stay their maker's
   * @param pool - where the bytes of connections arrive
   * @param underWay - follows each stream until it is read no more
   */
  constructor(config: GatewayConfig, parts: IngestParts, pool: BufferSource<NonSharedBuffer>, underWay: UnderWay, logger: Logger) {
    this.#config = config
    this.#parts = parts
    this.#logger = logger
    const { maxConnections, idleTimeoutMs } = config
    this.#server = createPooledServer(
      {
        pool,
        group: new ConnectionGroup({ name: 'ingest', maxConnections }),
        // The client may end its side and read the lines that are left.
        allowHalfOpen: true,
        maxReadAheadBytes: 128 * 1024,
        maxUnsentBytes: 64 * 1024,
        idleTimeoutMs,
        firstByteTimeoutMs: idleTimeoutMs,
        waitMs: idleTimeoutMs,
        onHandlerError: (err) => logger.error({ err }, 'a stream of messages failed')
      },
      (connection) => underWay.follow(this.#serve(connection))
    )
  }

  /**
   * Listens.
   * @returns the port
   * @throws (rejects) the system's error when it can't
   */
  async listen(port: number): Promise<number> {
    const { host } = this.#config
    await this.#server.listen({ port, ...(host === undefined ? {} : { host }) })
    return (this.#server.address() as AddressInfo).port
  }

  /**
   * Accepts the connections that wait, then stops listening; ends streams that bring nothing for `idleMs`, and waits for the others.
   * @returns how many streams were cut off after `timeoutMs`
   */
  async drain({ idleMs, timeoutMs }: DrainBounds): Promise<number> {
    let cutOff = 0
    const deadline = setTimeout(() => {
      cutOff = this.#streams.size
    }, timeoutMs)
    const seen = new Map<PooledConnection, { readonly bytes: number; readonly at: number }>()
    const check = setInterval(() => {
      const now = performance.now()
      for (const [connection, stream] of this.#streams) {
        const bytes = connection.stats().bytesRead
        const last = seen.get(connection)
        if (last?.bytes !== bytes) seen.set(connection, { bytes, at: now })
        else if (now - last.at >= idleMs) stream.stop()
      }
    }, CHECK_MS)
    await acceptWaiting()
    await this.#server.close(timeoutMs)
    clearInterval(check)
    clearTimeout(deadline)
    return cutOff
  }

  async #serve(connection: PooledConnection): Promise<void> {
    const began = performance.now()
    const stream = new MessageStream(clientOf(connection), { framing: this.#config.ingestFraming, messageType: undefined }, this.#parts)
    this.#streams.set(connection, stream)
    await stream.run()
    this.#streams.delete(connection)
    const { messages, threats, err } = stream
    const elapsedMs = Math.round(performance.now() - began)
    const { bytesRead: bytes } = connection.stats()
    this.#logger[err === undefined ? 'info' : 'error']({ route: 'ingest port', bytes, messages, threats, elapsedMs, err }, 'stream')
  }
}

/** A connection as the client of a stream: each lease is judged where it arrived, and the next one waits for that. */
function clientOf(connection: PooledConnection): StreamClient {
  return {
    feed: async (processor, stop) => {
      const take = (lease: Lease<NonSharedBuffer>): Promise<void> =>
        new Promise((resolve, reject) => {
          processor.write(lease.buffer, (error) => {
            lease.release()
            if (error) reject(error)
            else resolve()
          })
        })
      await connection.consume(take, { signal: stop }).catch((error: unknown) => {
        if (!stop.aborted) throw error
      })
    },
    send: (line) => connection.send(Buffer.from(line)),
    get isGone() {
      return connection.destroyed
    },
    isRefusable: false
  }
}
