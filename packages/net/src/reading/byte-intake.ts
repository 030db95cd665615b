import type { Lease, NonSharedBuffer, PoolStats, StatsSource } from '@pool/core'
import { can } from '@pool/core/kit'
import { outgrownPool } from '../connection-errors.js'
import type { ConnectionSettings } from '../connection-options.js'
import type { GroupTally } from '../server/group-tally.js'
import { landing, landingBytes, wipeLanding } from './landing.js'
import { leaseAtHand } from './lease-at-hand.js'
import { MemoryWait, type WaitParties } from './memory-wait.js'
import { ReadAhead } from './read-ahead.js'
import { Segment } from './segment.js'

/** Bytes of a read that left room from which on more is expected soon. */
const warmFrom = 8192

/** Memory for a message is taken once a sixteenth of it has come. */
const evidence = 16

/** The two sides of an intake: where its bytes come from, and the reads that wait for them. */
export interface IntakeParties {
  /** Goes on reading from the system. */
  resume(): void
  /** The pool can't serve this connection any more. */
  failed(error: unknown): void
  /** Bytes, or memory, are there that were not before. */
  serve(): void
  /** Memory was granted that a read waits for and can be answered with; takes it over. */
  serveInto(lease: Lease<NonSharedBuffer>): void
}

/**
 * Takes the bytes of one connection in, and keeps them within a bound.
 *
 * Where the next bytes go is decided after each read of the system, by the number of bytes that it brought:
 *
 * ```
 *   it left room                the shared landing: there is no sign of more bytes, and an idle connection holds no memory;
 *                               after a large one the segment once more, where few connections of the pool keep theirs
 *   it filled its memory        a segment of readBytes: the system is asked again at once
 *   a long message is awaited   a lease of exactly that, once a sixteenth of it has come: the system fills it to its end
 * ```
 */
export class ByteIntake implements WaitParties {
  readonly #settings: ConnectionSettings
  readonly #tally: GroupTally
  readonly #parties: IntakeParties
  /** The bytes that were not read yet. */
  readonly ahead: ReadAhead
  #armedSegment: Segment | undefined = undefined
  /** Bytes of it that count as kept warm. */
  #warmBytes = 0
  /** Whether the armed memory ends where a message does, so that a full read is not a sign of more bytes. */
  #isArmedToEnd = false
  #starving: MemoryWait | undefined = undefined
  #isDiscarding = false
  #isClosed = false
  /** Where the system is to put the next bytes. */
  armed: NonSharedBuffer = landing
  /** Whether the system ever asked for memory: a runtime that does not emits bytes of its own. */
  wasAsked = false
  /** Whether reading has stopped, which holds the peer back. */
  isStopped = false
  /** Whether a read waits for bytes. */
  isAwaited = false
  /** The fewest bytes that answer it. */
  wantedBytes = 0
  /** Bytes of the lease that it will give, where that is known; else 0. */
  wholeBytes = 0
  /** Bytes that arrived. */
  bytesRead = 0

  /** Nothing arrived yet. */
  constructor(settings: ConnectionSettings, tally: GroupTally, parties: IntakeParties) {
    this.#settings = settings
    this.#tally = tally
    this.#parties = parties
    this.ahead = new ReadAhead(settings.pool)
  }

  /** Where the system is to put the next bytes, for the system. */
  memory(): NonSharedBuffer {
    this.wasAsked = true
    return this.armed
  }

  /** Bytes that were read, of those that arrived. */
  get consumedBytes(): number {
    return this.bytesRead - this.ahead.length
  }

  /** Whether the pool is waited for. */
  get isStarving(): boolean {
    return this.#starving !== undefined
  }

  get isOpen(): boolean {
    return !this.#isClosed
  }

  /** `count` bytes lie in {@link ByteIntake.armed}. Returns whether to go on reading. */
  arrived(count: number): boolean {
    this.#count(count)
    const segment = this.#armedSegment
    if (this.#isDiscarding) {
      if (segment === undefined) wipeLanding(count)
      return true
    }
    const isFull = count === this.armed.length && !this.#isArmedToEnd
    let isKept = true
    if (segment === undefined) {
      isKept = this.ahead.append(landing, count, this.#capacityFor(count, isFull))
    } else if (segment === this.ahead.last) {
      this.ahead.extend(count)
    } else {
      // All that came before in it was read meanwhile, or moved.
      segment.start = segment.end
      segment.end += count
      segment.refer()
      this.ahead.push(segment)
    }
    // A segment is kept until it is known where the next bytes go: there once more, if all of it was read and released by then.
    const spare = this.#isArmedToEnd ? undefined : segment
    if (spare === undefined) segment?.release()
    this.#armLanding()
    this.#parties.serve()
    // Not before: an answer may be on its way by now.
    if (segment === undefined) wipeLanding(count)
    if (!isKept) this.starve(this.#settings.segmentBytes)
    const goesOn = this.#goesOn(isFull, count, spare)
    spare?.release()
    return goesOn
  }

  /** Copies a chunk in that belongs to Node. Returns whether to go on reading. */
  takeIn(chunk: Buffer): boolean {
    this.#count(chunk.length)
    if (this.#isDiscarding) return true
    const isKept = this.ahead.append(chunk, chunk.length, this.#capacityFor(chunk.length, false))
    this.#parties.serve()
    if (!isKept) this.starve(this.#settings.segmentBytes)
    this.isStopped = this.#starving !== undefined || !this.#hasRoom()
    return !this.isStopped
  }

  /** Bytes were read, or a read waits: goes on reading where that was stopped and need not be any more. */
  relieve(): void {
    if (!this.isStopped || this.#isClosed) return
    if (this.#starving !== undefined) {
      if (!this.#failOutgrown(this.#starving.bytes) && this.isAwaited) this.#starving.need()
      return
    }
    if (!this.isAwaited && !this.#isDiscarding && this.ahead.length > this.#settings.maxReadAheadBytes / 2) return
    this.isStopped = false
    this.#parties.resume()
  }

  /** Stops reading until the pool can serve `bytes` again; fails at once where it never will, or once a read has waited for `waitMs`. */
  starve(bytes: number): void {
    if (this.#isDiscarding) return
    if (this.#starving !== undefined) {
      if (this.isAwaited) this.#starving.need()
      return
    }
    if (this.#failOutgrown(bytes)) return
    const { pool, waitMs } = this.#settings
    const starving = new MemoryWait(bytes, pool, waitMs, this)
    this.#starving = starving
    this.isStopped = true
    this.#tally.stalled(bytes)
    starving.begin()
  }

  granted(lease: Lease<NonSharedBuffer>): void {
    this.#fed()
    const { ahead, wholeBytes } = this
    const isWanted = lease.buffer.length === wholeBytes && !ahead.fitsLast(wholeBytes)
    // Reading has stopped, so that nothing arrives in memory that is moved.
    if (isWanted && ahead.length >= wholeBytes) this.#parties.serveInto(lease)
    else if (isWanted && !this.#isClosed) ahead.gather(new Segment(lease.buffer, lease))
    else lease[Symbol.dispose]()
    this.#parties.serve()
    this.relieve()
  }

  refused(error: unknown): void {
    this.#fed()
    if (error !== undefined) this.#parties.failed(error)
  }

  /** Throws away all unread bytes, and all that still come. */
  discard(): void {
    this.#isDiscarding = true
    this.ahead.clear()
    this.#endWait()
    this.relieve()
  }

  /** No more bytes come; the unread ones stay. */
  close(): void {
    this.#isClosed = true
    if (!this.isAwaited) this.#endWait()
    this.#disarm()
  }

  /**
   * Fails, and returns true, where a read waits for `bytes` that the pool can't have, since it is full of the unread bytes of this very
   * connection, which that read alone could take out.
   */
  #failOutgrown(bytes: number): boolean {
    const { pool } = this.#settings
    if (!this.isAwaited || !can(pool, 'stats')) return false
    const held = this.ahead.leased
    const stats = statsAtHand(pool as unknown as StatsSource)
    if (stats === undefined) return false
    const { closed, inUse, maxLiveBytes, memoryPressure, waiting } = stats
    const ownWaits = this.#starving?.isQueued ? 1 : 0
    // Those that wait before, and a shortage of the whole process, pass by.
    const isAlone = inUse <= held.leases && waiting <= ownWaits && memoryPressure !== 'critical'
    const isFull = isAlone || held.bytes + bytes > maxLiveBytes
    if (held.leases === 0 || closed || !isFull) return false
    // Memory may have come back since the pool refused.
    const lease = leaseAtHand(pool, bytes)
    lease?.[Symbol.dispose]()
    if (lease !== undefined) return false
    // The wait may be one for less, which began before the read did.
    this.#parties.failed(outgrownPool(Math.max(bytes, this.wantedBytes), this.ahead.length, pool.name))
    return true
  }

  #endWait(): void {
    if (this.#starving === undefined) return
    this.#starving.end()
    this.#fed()
  }

  #fed(): void {
    this.#starving = undefined
    this.#tally.resumed()
  }

  /** Decides where the next bytes go; false to stop reading. */
  #goesOn(isFull: boolean, count: number, spare: Segment | undefined): boolean {
    // A reader may have closed the connection when it got these bytes.
    if (this.#isDiscarding || this.#isClosed) return true
    const hasRoom = this.#hasRoom()
    if (hasRoom && this.#starving === undefined) {
      if (this.wholeBytes > this.ahead.length) this.#armForWhole(isFull, spare)
      else if (isFull) this.#armForMore(spare)
      else if (count >= warmFrom) this.#keepWarm(spare)
    }
    this.isStopped = !hasRoom || this.#starving !== undefined
    return !this.isStopped
  }

  /** Whether more may arrive: a read that waits gets the bytes that it needs, whatever the bound. */
  #hasRoom(): boolean {
    return this.isAwaited || this.ahead.length < this.#settings.maxReadAheadBytes
  }

  #armForWhole(isFull: boolean, spare: Segment | undefined): void {
    const { ahead, wholeBytes } = this
    const missing = wholeBytes - ahead.length
    if (ahead.fitsLast(wholeBytes)) {
      const last = ahead.last as Segment
      if (isFull || missing > landingBytes) this.#arm(last, last.room === missing)
    } else if (missing > this.#settings.segmentBytes / 2 && ahead.length * evidence >= wholeBytes) {
      const segment = this.#newSegment(wholeBytes)
      if (segment === undefined) return
      ahead.gather(segment)
      this.#arm(segment, true)
    } else if (isFull) this.#armForMore(spare)
  }

  #armForMore(spare: Segment | undefined): void {
    const { wideBytes, segmentBytes, warm } = this.#settings
    const isWide = spare !== undefined && spare.end === spare.capacity && spare.capacity < wideBytes && warm.take(wideBytes)
    if (!isWide && this.#armAgain(spare)) return
    if (isWide) this.#warmBytes = wideBytes
    const segment = this.#newSegment(isWide ? wideBytes : segmentBytes)
    if (segment === undefined) return
    this.#arm(segment, false)
    // The armed one alone refers to it, until bytes arrive in it.
    segment.release()
  }

  /** Arms memory that is at hand; false where none is. */
  #armAgain(spare: Segment | undefined): boolean {
    const { last } = this.ahead
    const { segmentBytes } = this.#settings
    if (last !== undefined && last.room >= segmentBytes / 4) this.#arm(last, false)
    else if (spare?.isFree && spare.capacity >= segmentBytes) {
      spare.rewind()
      this.#arm(spare, false)
    } else return false
    return true
  }

  #keepWarm(spare: Segment | undefined): void {
    const { warm, segmentBytes } = this.#settings
    if (!warm.take(segmentBytes)) return
    if (this.#armAgain(spare)) this.#warmBytes = segmentBytes
    else warm.giveBack(segmentBytes)
  }

  #newSegment(bytes: number): Segment | undefined {
    const lease = leaseAtHand(this.#settings.pool, bytes)
    if (lease !== undefined) return new Segment(lease.buffer, lease)
    this.starve(bytes)
    return undefined
  }

  #arm(segment: Segment, isToEnd: boolean): void {
    segment.refer()
    this.#isArmedToEnd = isToEnd
    this.#armedSegment = segment
    this.armed = segment.end === 0 ? segment.bytes : segment.view(segment.end, segment.room)
  }

  #disarm(): void {
    this.#armedSegment?.release()
    this.#armLanding()
  }

  #armLanding(): void {
    if (this.#warmBytes > 0) {
      this.#settings.warm.giveBack(this.#warmBytes)
      this.#warmBytes = 0
    }
    this.#armedSegment = undefined
    this.#isArmedToEnd = false
    this.armed = landing
  }

  /** Bytes of the memory to take for `count` that came. */
  #capacityFor(count: number, isFull: boolean): number {
    const { wholeBytes } = this
    const { segmentBytes } = this.#settings
    const isBegun = this.ahead.length === 0 && wholeBytes > count && count * evidence >= wholeBytes
    if (isBegun && (!isFull || wholeBytes > segmentBytes / 2)) return wholeBytes
    return isFull ? segmentBytes : count
  }

  #count(bytes: number): void {
    this.bytesRead += bytes
    this.#tally.bytesRead += bytes
    this.#tally.reads++
  }
}

/** The figures of a pool, or `undefined` where it gives none: the socket's callbacks must not throw. */
function statsAtHand(pool: StatsSource): PoolStats | undefined {
  try {
    return pool.stats()
  } catch {
    return undefined
  }
}
