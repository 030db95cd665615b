import type { Lease } from '@pool/core'
import { type NonSharedBuffer, plainLease } from '@pool/core/kit'
import { landsNothing, type Reply, type ReplyTarget, releaseReply } from './reply.js'
import { payloadTooLarge, protocolError, RedisReplyError } from './resp-errors.js'

/** The bounds of one reply. */
export interface ReplyBounds {
  /** Bytes of one payload. */
  readonly maxPayloadBytes: number
  /** Bytes of all texts of one reply together, and of one line. Default 1 MiB. */
  readonly maxTextBytes?: number
  /** Parts of one reply, those of arrays within arrays among them. Default 100 000. */
  readonly maxParts?: number
  /** Arrays within arrays. Default 16. */
  readonly maxDepth?: number
}

/** Bytes of the longest line with a type and a length, a number or an error: longer ones are refused. */
const maxLineBytes = 16 * 1024
const CR = 13
const LF = 10

/** V8 gives an array that grows room for 17 items; those within a stream have two. A length of Redis reserves no more than that. */
const mostReserved = 16
/** Arrays of one length that were taken over, and are used again. */
const mostSpares = 4
const none: Reply[] = []
const noTarget: ReplyTarget = { lands: landsNothing }

/** An array that is not complete. Each is used again for the next array at its depth. */
class Frame {
  items: Reply[] = none
  /** Parts in all. */
  length = 0
  /** Parts that are not complete. */
  left = 0
  /** Whether it stands beside the reply: an attribute, or a push, for which there was no command. */
  aside = false
}

/**
 * Parses replies of RESP2 and RESP3 as their bytes come. It keeps no byte: texts become strings, payloads are left to the caller, which
 * reads them into leases.
 *
 * ```
 *   *2␍␊ $15␍␊1526569495631-0␍␊ *2␍␊ $1␍␊d␍␊ $1024␍␊ ▒▒▒▒▒▒▒▒▒▒ ␍␊
 *   └──────────────── push(window) ────────────────┘ └─ land ─┘ └─ push(window)
 * ```
 *
 * After `push`, one of these holds. `done`: `take()` gives the reply. `payloadBytes` is above 0: the caller gives a lease of as many
 * bytes to `land()`. Else the parser needs more, `wantedBytes` of them from where it stopped.
 * Source: https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md
 */
export class ReplyParser {
  readonly #maxPayloadBytes: number
  readonly #maxTextBytes: number
  readonly #maxParts: number
  readonly #maxDepth: number
  readonly #frames: Frame[] = []
  /** Arrays that are not complete. */
  #depth = 0
  /** Of these, those that stand beside the reply. */
  #asides = 0
  /** Arrays that were taken over, by their length. */
  readonly #spares: Reply[][][] = []
  #target: ReplyTarget = noTarget
  #reply: Reply = null
  #parts = 0
  #textBytes = 0
  #isBehindPayload = false
  #at = 0
  /** Whether a whole reply is there. */
  done = false
  /** Bytes of the payload that comes next; 0 where none does. */
  payloadBytes = 0
  /** Bytes that it needs from where it stopped, to get on. */
  wantedBytes = 1

  constructor(bounds: ReplyBounds) {
    this.#maxPayloadBytes = bounds.maxPayloadBytes
    this.#maxTextBytes = bounds.maxTextBytes ?? 1024 * 1024
    this.#maxParts = bounds.maxParts ?? 100_000
    this.#maxDepth = bounds.maxDepth ?? 16
  }

  /** Sets where the parts of the next reply go. Call it before the first byte of the reply. */
  expect(target: ReplyTarget): void {
    this.#target = target
  }

  /**
   * Parses as much as it can of `bytes`, which begin where the last call stopped.
   * @returns how many bytes it consumed
   * @throws `ERR_POOL_REDIS_PROTOCOL`, `ERR_POOL_TOO_LARGE`; call {@link ReplyParser.dispose} then
   */
  push(bytes: Buffer): number {
    this.#at = 0
    this.wantedBytes = 0
    while (!this.done && this.payloadBytes === 0 && this.#step(bytes)) this.wantedBytes = 0
    return this.#at
  }

  /** Takes over the payload that {@link ReplyParser.payloadBytes} announced. */
  land(lease: Lease<NonSharedBuffer>): void {
    this.payloadBytes = 0
    this.#isBehindPayload = true
    this.wantedBytes = 2
    this.#add(lease)
  }

  /** Gives the reply that is done, and begins the next. */
  take(): Reply {
    const reply = this.#reply
    this.#reply = null
    this.done = false
    this.#forgetSizes()
    this.wantedBytes = 1
    this.#target = noTarget
    return reply
  }

  /** Releases the parsed parts of an unfinished reply. */
  dispose(): void {
    for (let depth = 0; depth < this.#depth; depth++) releaseReply((this.#frames[depth] as Frame).items)
    this.#depth = 0
    this.#asides = 0
    releaseReply(this.#reply)
    this.#reply = null
  }

  /** One token; false where its bytes are not all there. */
  #step(bytes: Buffer): boolean {
    if (this.#isBehindPayload) {
      if (!this.#has(bytes, 2)) return false
      this.#skipLineEnd(bytes)
      this.#isBehindPayload = false
      this.#close()
      return true
    }
    const end = this.#lineEnd(bytes)
    if (end < 0) return false
    const start = this.#at
    const type = bytes[start] as number
    switch (type) {
      case 0x24: // $ bulk string
      case 0x3d: // = verbatim string
      case 0x21: // ! bulk error
        return this.#bulk(bytes, type, start, end)
      case 0x2a: // * array
      case 0x7e: // ~ set
        this.#open(this.#length(bytes, start, end), 1, false, end)
        return true
      case 0x25: // % map
        this.#open(this.#length(bytes, start, end), 2, false, end)
        return true
      case 0x7c: // | attribute
        this.#open(this.#length(bytes, start, end), 2, true, end)
        return true
      case 0x3e: // > push
        if (this.#depth > 0) throw protocolError('Redis sent a push within a reply')
        this.#open(this.#length(bytes, start, end), 1, true, end)
        return true
    }
    this.#at = end + 2
    this.#add(this.#scalar(type, this.#text(bytes, start + 1, end)))
    this.#close()
    return true
  }

  #bulk(bytes: Buffer, type: number, start: number, end: number): boolean {
    const length = this.#length(bytes, start, end)
    const lands = type === 0x24 && this.#landsHere()
    if (lands && length > 0) {
      if (length > this.#maxPayloadBytes) throw payloadTooLarge(length, this.#maxPayloadBytes)
      this.#at = end + 2
      this.payloadBytes = length
      return true
    }
    if (length < 0) {
      this.#at = end + 2
      this.#add(null)
      this.#close()
      return true
    }
    if (length > this.#maxTextBytes) throw protocolError(`Redis sent a text of ${length} bytes where ${this.#maxTextBytes} are the most`)
    const from = end + 2
    if (!this.#has(bytes, from - start + length + 2)) return false
    this.#at = from + length
    this.#skipLineEnd(bytes)
    if (lands) this.#add(plainLease(Buffer.alloc(0)))
    else {
      const text = this.#text(bytes, from, from + length)
      this.#add(type === 0x21 ? new RedisReplyError(text) : type === 0x3d ? text.slice(4) : text)
    }
    this.#close()
    return true
  }

  /** Whether the bulk string at this place is a payload. A string in an attribute or a push never is. */
  #landsHere(): boolean {
    const depth = this.#depth
    return this.#asides === 0 && this.#target.lands(depth, depth === 0 ? 0 : nextIndex(this.#frames[depth - 1] as Frame))
  }

  #scalar(type: number, text: string): Reply {
    switch (type) {
      case 0x2b: // + simple string
        return text
      case 0x2d: // - error
        return new RedisReplyError(text)
      case 0x3a: // : number
      case 0x28: {
        // ( big number
        if (!/^[+-]?\d+$/.test(text)) throw protocolError('Redis sent a number that is none')
        const number = Number(text)
        return Number.isSafeInteger(number) ? number : BigInt(text.replace('+', ''))
      }
      case 0x2c: // , double
        return text === 'inf' ? Number.POSITIVE_INFINITY : text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text)
      case 0x23: // # boolean
        if (text !== 't' && text !== 'f') throw protocolError('Redis sent a boolean that is none')
        return text === 't'
      case 0x5f: // _ null
        return null
      default:
        throw protocolError(`a reply begins with the byte ${type}, which is no type of RESP`)
    }
  }

  #forgetSizes(): void {
    this.#parts = 0
    this.#textBytes = 0
  }

  /** A reply, or a part of one, which {@link ReplyParser.#close} then counts. */
  #add(value: Reply): void {
    if (this.#depth === 0) {
      this.#reply = value
      return
    }
    const frame = this.#frames[this.#depth - 1] as Frame
    frame.items[nextIndex(frame)] = value
  }

  /** The part just added is complete, and with it perhaps the arrays around it. */
  #close(): void {
    for (;;) {
      if (this.#depth === 0) {
        this.done = true
        return
      }
      const frame = this.#frames[this.#depth - 1] as Frame
      if (--frame.left > 0) return
      this.#depth--
      const { items } = frame
      frame.items = none
      if (frame.aside) {
        this.#asides--
        // The reply that it stood before is still to come.
        if (this.#depth === 0) this.#forgetSizes()
        return
      }
      if (this.#asides === 0 && this.#target.takePart?.(items, this.#depth)) {
        this.#useAgain(items)
        this.#add(null)
      } else this.#add(items)
    }
  }

  /** Keeps an array that was taken over, and those within it, for arrays of the same length. */
  #useAgain(items: Reply[]): void {
    const { length } = items
    for (let index = 0; index < length; index++) {
      const item = items[index] as Reply
      items[index] = null
      if (Array.isArray(item)) this.#useAgain(item)
    }
    if (length > mostReserved) return
    const spares = this.#spares[length]
    if (spares === undefined) this.#spares[length] = [items]
    else if (spares.length < mostSpares) spares.push(items)
  }

  #open(length: number, width: number, aside: boolean, end: number): void {
    this.#at = end + 2
    this.#parts += Math.max(0, length) * width
    if (this.#parts > this.#maxParts) throw protocolError(`Redis sent a reply of ${this.#parts} parts, and ${this.#maxParts} are the most`)
    if (length > 0) {
      if (this.#depth >= this.#maxDepth) throw protocolError(`Redis sent arrays nested deeper than ${this.#maxDepth}`)
      this.#begin(length * width, aside)
      return
    }
    if (aside) return
    this.#add(length < 0 ? null : [])
    this.#close()
  }

  #begin(parts: number, aside: boolean): void {
    let frame = this.#frames[this.#depth]
    if (frame === undefined) {
      frame = new Frame()
      this.#frames.push(frame)
    }
    frame.items = parts <= mostReserved ? (this.#spares[parts]?.pop() ?? new Array(parts)) : []
    frame.length = parts
    frame.left = parts
    frame.aside = aside
    this.#depth++
    if (aside) this.#asides++
  }

  /** The length behind a type: `-1` for null, else digits alone. */
  #length(bytes: Buffer, start: number, end: number): number {
    const digits = end - start - 1
    if (digits === 2 && bytes[start + 1] === 0x2d && bytes[start + 2] === 0x31) return -1
    if (digits < 1 || digits > 10) throw protocolError('Redis sent a length that is none')
    let length = 0
    for (let at = start + 1; at < end; at++) {
      const digit = (bytes[at] as number) - 48
      if (digit < 0 || digit > 9) throw protocolError('Redis sent a length that is none')
      length = length * 10 + digit
    }
    return length
  }

  #text(bytes: Buffer, start: number, end: number): string {
    this.#textBytes += end - start
    if (this.#textBytes > this.#maxTextBytes) throw protocolError(`the texts of a reply are over ${this.#maxTextBytes} bytes`)
    const first = bytes[start] as number
    // Names of fields, of one letter each, come with every message.
    if (end - start === 1 && first < 128) return String.fromCharCode(first)
    return bytes.toString('utf8', start, end)
  }

  /** Where the line ends that begins here; -1 where that is not there yet. */
  #lineEnd(bytes: Buffer): number {
    const start = this.#at
    let at = start
    const limit = Math.min(bytes.length, start + maxLineBytes)
    while (at < limit && bytes[at] !== CR) at++
    if (at < limit) {
      if (at + 1 === bytes.length) return this.#wait(at + 2 - start)
      if (bytes[at + 1] !== LF) throw protocolError('a line of a reply does not end with CR and LF')
      return at
    }
    if (limit - start === maxLineBytes) throw protocolError(`a line of a reply is longer than ${maxLineBytes} bytes`)
    return this.#wait(at + 1 - start)
  }

  #has(bytes: Buffer, count: number): boolean {
    return this.#at + count <= bytes.length || this.#wait(count) > 0
  }

  #wait(wantedBytes: number): -1 {
    this.wantedBytes = wantedBytes
    return -1
  }

  #skipLineEnd(bytes: Buffer): void {
    if (bytes[this.#at] !== CR || bytes[this.#at + 1] !== LF) throw protocolError('a string of a reply does not end where its length says')
    this.#at += 2
  }
}

/** The place of the part that is added next. */
function nextIndex(frame: Frame): number {
  return frame.length - frame.left
}
