import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Lease, NonSharedBuffer } from '@pool/core'
import type { ByteRoom } from '@pool/core/kit/universal'
import type { LeaseGiver } from './admission.js'
import { BodyMemory } from './body-memory.js'
import * as failure from './http-failure.js'

/** The purpose of a lease. */
enum Purpose {
  /** Bytes of known length, before any of them is read. */
  Whole,
  /** Bytes of known length whose chunks were kept: those chunks, and the later bytes. */
  Collected,
  /** The rest of a chunk, and bytes that may follow. */
  Segment,
  /** All that was read into segments. */
  Gathering
}

/** The settings of an {@link Intake}. */
export interface IntakeSettings {
  /** Leases memory. */
  readonly admission: LeaseGiver
  /** Keeps chunks until all have come. */
  readonly collecting: ByteRoom
  /** The most bytes that are taken. */
  readonly limit: number
}

/** The reader of a stream, which hands its chunks to an {@link Intake}. */
export interface IntakeOwner {
  /** The stream: paused while its bytes wait for memory. */
  readonly source: Readable
  /** The memory is there, or comes later: the owner listens to its stream from now on. */
  listen(): void
  /** All bytes are in memory, to be taken with {@link Intake.take}. */
  complete(): void
  /** Nothing more is read, and the memory went back. */
  failed(error: unknown): void
}

/**
 * Reads the bytes of one stream into leased memory. Where nothing is free it waits, with the stream paused.
 *
 * ```
 *   start ─► lease ─► receive … receive ─► end ─► complete()
 *     └────────────► receive … receive ─► lease, end
 *              └ too long, 503, fail() ─► memory back ─► failed()
 * ```
 */
export class Intake {
  readonly #settings: IntakeSettings
  readonly #length: number | null
  readonly #response: ServerResponse
  readonly #owner: IntakeOwner
  readonly #memory: BodyMemory
  #isReading = true
  #waiting: AbortController | undefined = undefined
  #rest: Buffer | undefined = undefined

  /** Memory for `length` bytes at most, `null` where that is not known. */
  constructor(settings: IntakeSettings, length: number | null, response: ServerResponse, owner: IntakeOwner) {
    this.#settings = settings
    this.#length = length
    this.#response = response
    this.#owner = owner
    this.#memory = new BodyMemory(Math.floor(settings.limit), length)
  }

  /** Bytes that came so far, those that found no room among them. */
  get received(): number {
    return this.#memory.received
  }

  /** Whether bytes are still awaited; false after the end, and after a failure. */
  get isReading(): boolean {
    return this.#isReading
  }

  /** Has the owner listen, at once or when there is memory. */
  start(): void {
    const length = this.#length
    if (this.#collects() || length === null || length === 0) this.#owner.listen()
    else this.#obtain(length, Purpose.Whole)
  }

  /** Whether chunks are kept until the end. Where others wait for memory, these bytes wait too, before they are read. */
  #collects(): boolean {
    const { admission, collecting } = this.#settings
    return admission.waiting === 0 && this.#memory.collect(collecting)
  }

  /** Takes the next chunk. */
  receive(chunk: Buffer | string): void {
    if (!this.#isReading) return
    // An earlier middleware called setEncoding() meanwhile.
    if (typeof chunk === 'string') {
      this.fail(failure.encodingSet())
      return
    }
    const { limit } = this.#settings
    const memory = this.#memory
    const received = memory.received + chunk.length
    if (received > limit) this.fail(failure.tooLarge(limit, { received }))
    else if (!memory.write(chunk)) this.#makeRoom(chunk)
  }

  #makeRoom(chunk: Buffer): void {
    const before = this.#memory.received
    const wanted = this.#memory.fill(chunk)
    if (wanted === 0) return
    this.#rest = chunk.subarray(this.#memory.received - before)
    this.#obtain(wanted, this.#memory.isCollected ? Purpose.Collected : Purpose.Segment)
  }

  /** Leases now, or with the source paused until there is memory, or fails with 503. */
  #obtain(bytes: number, purpose: Purpose): void {
    let lease: Lease<NonSharedBuffer> | undefined
    try {
      lease = this.#settings.admission.now(bytes, this.#response)
    } catch (error) {
      this.fail(error)
      return
    }
    if (lease === undefined) void this.#wait(bytes, purpose)
    else this.#use(lease, purpose)
  }

  async #wait(bytes: number, purpose: Purpose): Promise<void> {
    const { source } = this.#owner
    if (purpose !== Purpose.Whole) source.pause()
    this.#waiting = new AbortController()
    let lease: Lease<NonSharedBuffer>
    try {
      lease = await this.#settings.admission.wait(bytes, this.#waiting.signal, this.#response)
    } catch (error) {
      this.fail(error)
      return
    }
    this.#waiting = undefined
    if (this.#isReading) {
      this.#use(lease, purpose)
      source.resume()
    } else lease.release()
  }

  #use(lease: Lease<NonSharedBuffer>, purpose: Purpose): void {
    const memory = this.#memory
    const rest = this.#rest
    this.#rest = undefined
    try {
      if (purpose === Purpose.Gathering) memory.gatherInto(lease)
      else memory.add(lease)
    } catch (error) {
      // A pool that is not of this family may lease wrong memory; here, an exception would end the process.
      this.fail(error)
      return
    }
    if (purpose === Purpose.Whole) this.#owner.listen()
    else if (rest !== undefined) memory.fill(rest)
    else this.#complete()
  }

  /** All bytes have come: completes, at once or when there is memory for them. */
  end(): void {
    if (!this.#isReading) return
    const { received, isCollected, isScattered } = this.#memory
    if (isCollected && received > 0) this.#obtain(received, Purpose.Collected)
    else if (isScattered) this.#obtain(received, Purpose.Gathering)
    else this.#complete()
  }

  #complete(): void {
    this.#isReading = false
    this.#owner.complete()
  }

  /** The bytes, as a lease of exactly those received, which the caller takes over. To be called once. */
  take(): Lease<NonSharedBuffer> {
    return this.#memory.take()
  }

  /** Gives the memory back and calls a wait off; does nothing after the end or another failure. */
  fail(error: unknown): void {
    if (!this.#isReading) return
    this.#isReading = false
    this.#memory.release()
    this.#waiting?.abort()
    this.#owner.failed(error)
  }
}
