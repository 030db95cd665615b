import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { BufferSource, Lease, NonSharedBuffer, Writing } from '@pool/core'
import { connectionLost, connectTimedOut } from './client-errors.js'
import type { Connect, Wire, WireTarget } from './wire.js'

/** Bytes that may have arrived without being read; beyond, the peer is held back. */
const maxReadAheadBytes = 256 * 1024
/** Bytes that may be written and not sent. */
const maxUnsentBytes = 1024 * 1024

/**
 * A connection on a socket of Node's own. Node allocates the memory of arriving bytes, and each payload is copied into its lease once;
 * `connectPooled` of `@pool/net` spares both.
 */
export class PlainConnection implements Wire {
  readonly #socket: Socket
  readonly #pool: BufferSource<NonSharedBuffer>
  #chunks: Buffer[] = []
  #filling: Filling | undefined = undefined
  #awaited: Awaited | undefined = undefined
  #hasEnded = false
  #unsentBytes = 0
  readAheadBytes = 0
  error: unknown = undefined
  destroyed = false
  readonly closed: Promise<void>

  private constructor(socket: Socket, pool: BufferSource<NonSharedBuffer>) {
    this.#socket = socket
    this.#pool = pool
    socket.on('data', (chunk: Buffer) => this.#arrived(chunk))
    socket.on('end', () => {
      this.#hasEnded = true
      this.#serve()
    })
    socket.on('error', (error) => {
      this.error ??= error
    })
    this.closed = new Promise((resolve) =>
      socket.on('close', () => {
        this.destroyed = true
        this.#fail()
        resolve()
      })
    )
  }

  /** A function that makes such connections; payloads land in leases of `pool`. */
  static connecting(pool: BufferSource<NonSharedBuffer>): Connect {
    return async (target) => new PlainConnection(await openSocket(target), pool)
  }

  tryPeek(bytes: number): Buffer | undefined {
    if (bytes > this.readAheadBytes) return undefined
    const first = this.#chunks[0] as Buffer
    if (first.length >= bytes) return first.length === bytes ? first : first.subarray(0, bytes)
    const gathered = Buffer.allocUnsafe(bytes)
    this.#copyTo(gathered, 0)
    return gathered
  }

  async peek(bytes: number): Promise<Buffer | undefined> {
    await this.#until(bytes)
    return this.tryPeek(bytes)
  }

  trySkip(bytes: number): number {
    let left = Math.min(bytes, this.readAheadBytes)
    const skipped = left
    this.readAheadBytes -= left
    while (left > 0) {
      const first = this.#chunks[0] as Buffer
      if (first.length > left) {
        this.#chunks[0] = first.subarray(left)
        break
      }
      left -= first.length
      this.#chunks.shift()
    }
    this.#relieve()
    return skipped
  }

  tryRead(bytes: number): Lease<NonSharedBuffer> | undefined {
    if (bytes > this.readAheadBytes) return undefined
    const lease = this.#pool.lease(bytes)
    this.#copyTo(lease.buffer, 0)
    this.trySkip(bytes)
    return lease
  }

  async read(bytes: number): Promise<Lease<NonSharedBuffer> | undefined> {
    const lease = await this.#pool.leaseAsync(bytes)
    const filling = { buffer: lease.buffer, at: Math.min(bytes, this.readAheadBytes) }
    this.#copyTo(lease.buffer.subarray(0, filling.at), 0)
    this.trySkip(filling.at)
    if (filling.at < bytes) {
      this.#filling = filling
      try {
        await this.#until(Number.POSITIVE_INFINITY)
      } catch (error) {
        lease.release()
        throw error
      } finally {
        this.#filling = undefined
      }
    }
    if (filling.at === bytes) return lease
    lease.release()
    return undefined
  }

  tryWrite(data: Writing<Lease<Buffer>>, callback?: (error?: unknown) => void): boolean {
    const pieces = (Array.isArray(data) ? data : [data]) as readonly (Uint8Array | Lease<Buffer>)[]
    let bytes = 0
    for (const piece of pieces) bytes += contentOf(piece).length
    if (this.#unsentBytes > 0 && this.#unsentBytes + bytes > maxUnsentBytes) return false
    this.#unsentBytes += bytes
    const wasOpen = !this.destroyed
    const sent = (error?: Error | null): void => {
      this.#unsentBytes -= bytes
      for (const piece of pieces) if (!(piece instanceof Uint8Array)) settle(piece, !error || !wasOpen)
      callback?.(error ?? undefined)
    }
    this.#socket.cork()
    pieces.forEach((piece, index) => {
      if (index < pieces.length - 1) this.#socket.write(contentOf(piece))
      else this.#socket.write(contentOf(piece), sent)
    })
    this.#socket.uncork()
    return true
  }

  destroy(error?: unknown): void {
    if (this.destroyed) return
    this.error ??= error
    this.destroyed = true
    this.#socket.destroy()
    this.#fail()
  }

  #arrived(chunk: Buffer): void {
    const filling = this.#filling
    let from = 0
    if (filling !== undefined && filling.at < filling.buffer.length) {
      from = chunk.copy(filling.buffer, filling.at)
      filling.at += from
    }
    if (from < chunk.length) {
      this.#chunks.push(from === 0 ? chunk : chunk.subarray(from))
      this.readAheadBytes += chunk.length - from
      if (this.readAheadBytes > maxReadAheadBytes && this.#awaited === undefined) this.#socket.pause()
    }
    this.#serve()
  }

  /** Waits until `bytes` are there, or the peer has ended, or the lease that is being filled is full. */
  #until(bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#awaited = { bytes, resolve, reject }
      if (this.destroyed) this.#fail()
      else this.#serve()
      if (this.#awaited !== undefined) this.#socket.resume()
    })
  }

  #serve(): void {
    const awaited = this.#awaited
    if (awaited === undefined) return
    const isFull = this.#filling !== undefined && this.#filling.at === this.#filling.buffer.length
    if (!isFull && this.readAheadBytes < awaited.bytes && !this.#hasEnded) return
    this.#awaited = undefined
    awaited.resolve()
  }

  #fail(): void {
    const awaited = this.#awaited
    this.#awaited = undefined
    awaited?.reject(this.error ?? connectionLost())
  }

  #relieve(): void {
    if (this.readAheadBytes <= maxReadAheadBytes / 2 && this.#socket.isPaused()) this.#socket.resume()
  }

  #copyTo(target: Buffer, from: number): void {
    let at = from
    for (const chunk of this.#chunks) {
      if (at >= target.length) return
      at += chunk.copy(target, at)
    }
  }
}

interface Filling {
  readonly buffer: Buffer
  at: number
}

interface Awaited {
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function contentOf(piece: Uint8Array | Lease<Buffer>): Uint8Array {
  return piece instanceof Uint8Array ? piece : piece.buffer
}

/** Where the write failed, the system may still be reading: the memory is withdrawn. */
function settle(lease: Lease<Buffer>, isFree: boolean): void {
  if (isFree) lease[Symbol.dispose]()
  else if (!lease.released) lease.discard()
}

function openSocket(target: WireTarget): Promise<Socket> {
  const { port, host, path, tls, connectTimeoutMs } = target
  const where = path === undefined ? { port: port as number, ...(host === undefined ? {} : { host }) } : { path }
  const socket = tls === undefined ? connectTcp({ ...where, noDelay: true }) : connectTls({ ...where, ...tls })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(connectTimedOut(connectTimeoutMs)), connectTimeoutMs)
    const failed = (error: unknown): void => {
      clearTimeout(timer)
      reject(error)
    }
    socket.once('error', failed)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', failed)
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}
