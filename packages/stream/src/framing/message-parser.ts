import type { WaitOptions } from '@pool/core'
import { BufferView, type Framing, type NonSharedBuffer, varintWith } from '@pool/core/kit'
import type { ParsingSettings } from './framing-options.js'
import { type MessageError, malformedPrefix, tooLarge, truncated } from './message-error.js'
import { MessageMemory } from './message-memory.js'
import { PooledMessage } from './pooled-message.js'

/** Where in a message the parser stands. */
enum Stage {
  /** At the beginning of a message whose prefix has a fixed length. */
  Start,
  /** Inside a prefix, or at the beginning of one. */
  Prefix,
  Body,
  Line,
  /** In a message that is thrown away. */
  Skip,
  SkipLine,
  /** Nothing more can be found. */
  Over
}

const empty = Buffer.alloc(0)
const newline = 10
/** How many times its own length a message may keep alive beyond `maxPinnedBytes`. */
const pinnedRatio = 16
/** The fewest messages for which one copy of a chunk is cheaper than one copy of each. */
const manyMessages = 4

/**
 * Finds messages in chunks, one at a time: `write(chunk)`, then `next()` until it returns none. Each byte is looked at once, and each
 * byte of a message that spans chunks is copied twice at the most.
 */
export class MessageParser {
  readonly #framing: Framing
  readonly #settings: ParsingSettings
  readonly #maxBytes: number
  #chunk: NonSharedBuffer = empty
  #memory: NonSharedBuffer['buffer'] = empty.buffer
  #base = 0
  #at = 0
  #end = 0
  /** Messages below this length are copied out of the chunk. */
  #copyBelow = 0
  /** Bytes of the stream before the chunk. */
  #chunkOffset = 0
  #stage: Stage
  /** The current message: bytes of the stream before it, bytes of its prefix so far, its length so far. */
  #offset = 0
  #prefixBytes = 0
  #bytes = 0
  #assembly: MessageMemory | undefined = undefined

  /** Stands at the beginning of a stream. */
  constructor(settings: ParsingSettings) {
    this.#settings = settings
    this.#framing = settings.framing
    this.#maxBytes = settings.maxMessageBytes
    this.#stage = this.#first()
  }

  /** Bytes of the stream that are parsed. */
  get offset(): number {
    return this.#chunkOffset + this.#at
  }

  /** Bytes of the stream before the message that {@link MessageParser.next} gave last, its prefix included. */
  get messageOffset(): number {
    return this.#offset
  }

  /** Whether nothing more can be found: the framing is lost, or this was closed. */
  get isOver(): boolean {
    return this.#stage === Stage.Over
  }

  /** Takes the next chunk; the one before must be used up. Its memory must not change until all of its messages are released. */
  write(chunk: Buffer): void {
    this.#chunkOffset += this.#at
    this.#chunk = chunk as NonSharedBuffer
    this.#memory = this.#chunk.buffer
    this.#base = chunk.byteOffset
    this.#at = 0
    this.#end = chunk.length
    const pinned = this.#memory.byteLength
    if (this.#settings.copyMessages) this.#copyBelow = Number.POSITIVE_INFINITY
    else this.#copyBelow = pinned > this.#settings.maxPinnedBytes ? Math.ceil(pinned / pinnedRatio) : 0
  }

  /**
   * The next message, which the caller then owns; none when the chunk is used up.
   * @throws {@link MessageError}: the next call goes on behind that message, unless {@link MessageParser.isOver}. Errors of the pool's
   * `lease`: the next call tries again
   */
  next(): PooledMessage | undefined {
    const at = this.#at
    const body = at + 4
    if (this.#stage === Stage.Start && body <= this.#end) {
      const chunk = this.#chunk
      const bytes =
        (chunk[at] as number) * 0x1000000 +
        (((chunk[at + 1] as number) << 16) | ((chunk[at + 2] as number) << 8) | (chunk[at + 3] as number))
      const next = body + bytes
      if (next <= this.#end && bytes <= this.#maxBytes && bytes >= this.#copyBelow) {
        this.#at = next
        this.#offset = this.#chunkOffset + at
        return new PooledMessage(new BufferView(this.#memory, this.#base + body, bytes), undefined)
      }
    }
    return this.#nextSlowly()
  }

  /** Waits for the memory that the pool refused; `next()` then goes on with it. */
  async wait(options: WaitOptions): Promise<void> {
    const assembly = this.#assembly
    await assembly?.wait(options)
    // Closed meanwhile: no call of next() will take it.
    if (this.#stage === Stage.Over) assembly?.release()
  }

  /** The stream ended: the error, when it ended inside a message. */
  end(): MessageError | undefined {
    if (this.isOver) return undefined
    const came = this.#assembly?.length ?? 0
    const isInside = this.#stage === Stage.Body || this.#prefixBytes > 0 || (this.#stage === Stage.Line && came > 0)
    const claimed = this.#stage === Stage.Body ? this.#bytes : undefined
    const error = isInside ? truncated(this.#offset, came, claimed) : undefined
    this.close()
    return error
  }

  /** Gives back the memory of an unfinished message. Messages that were handed out are not touched. */
  close(): void {
    this.#stage = Stage.Over
    this.#assembly?.release()
    this.#useUp()
  }

  #first(): Stage {
    if (this.#framing === 'u32be') return Stage.Start
    return this.#framing === 'varint' ? Stage.Prefix : Stage.Line
  }

  #nextSlowly(): PooledMessage | undefined {
    for (;;) {
      switch (this.#stage) {
        case Stage.Start:
        case Stage.Prefix:
          if (this.#readPrefix()) continue
          return undefined
        case Stage.Body:
          return this.#readBody()
        case Stage.Line:
          return this.#readLine()
        case Stage.Skip:
        case Stage.SkipLine:
          if (this.#skip()) continue
          return undefined
        case Stage.Over:
          return undefined
      }
    }
  }

  /** Reads as much of a prefix as the chunk has; false when it has no more. */
  #readPrefix(): boolean {
    const isVarint = this.#framing === 'varint'
    let isComplete = false
    while (!isComplete) {
      if (this.#at === this.#end) return this.#useUp()
      if (this.#prefixBytes === 0) {
        this.#offset = this.offset
        this.#bytes = 0
        this.#stage = Stage.Prefix
      }
      const byte = this.#chunk[this.#at++] as number
      if (isVarint) this.#bytes = varintWith(this.#bytes, this.#prefixBytes, byte)
      else this.#bytes = this.#bytes * 256 + byte
      this.#prefixBytes++
      isComplete = isVarint ? byte < 128 : this.#prefixBytes === 4
      if (Number.isNaN(this.#bytes)) {
        this.close()
        throw malformedPrefix(this.#offset)
      }
    }
    this.#prefixBytes = 0
    this.#stage = Stage.Body
    if (this.#bytes <= this.#maxBytes) return true
    this.#stage = Stage.Skip
    throw tooLarge(this.#offset, this.#bytes, this.#maxBytes)
  }

  #readBody(): PooledMessage | undefined {
    const bytes = this.#bytes
    const came = this.#assembly?.length ?? 0
    if (came === 0) this.#copyChunkFor(bytes)
    const from = this.#at
    const to = Math.min(this.#end, from + bytes - came)
    const isWhole = came + to - from === bytes
    if (isWhole && came === 0 && (bytes === 0 || bytes >= this.#copyBelow)) return this.#hand(from, to, to)
    if (from === to) {
      this.#useUp()
      return undefined
    }
    this.#keep(from, to, bytes)
    this.#at = to
    if (isWhole) return this.#handAssembly()
    this.#useUp()
    return undefined
  }

  #readLine(): PooledMessage | undefined {
    if (this.#at === 0 && this.#copyBelow > 0) this.#copyChunkFor(this.#chunk.indexOf(newline) + 1)
    const from = this.#at
    const found = this.#chunk.indexOf(newline, from)
    const to = found < 0 ? this.#end : found
    const came = this.#assembly?.length ?? 0
    const bytes = came + to - from
    if (came === 0) this.#offset = this.offset
    if (bytes > this.#maxBytes) {
      this.#assembly?.release()
      this.#at = found < 0 ? to : to + 1
      this.#stage = found < 0 ? Stage.SkipLine : Stage.Line
      throw tooLarge(this.#offset, bytes, this.#maxBytes)
    }
    if (found >= 0 && came === 0 && (bytes === 0 || bytes >= this.#copyBelow)) return this.#hand(from, to, to + 1)
    if (from < to) this.#keep(from, to, found < 0 ? this.#maxBytes : bytes)
    this.#at = found < 0 ? to : to + 1
    if (found >= 0) return this.#handAssembly()
    this.#useUp()
    return undefined
  }

  /** Throws away the chunk's part of a message; false when the chunk has no more. */
  #skip(): boolean {
    if (this.#stage === Stage.SkipLine) {
      const found = this.#chunk.indexOf(newline, this.#at)
      this.#at = found < 0 ? this.#end : found + 1
      if (found < 0) return this.#useUp()
    } else {
      const skipped = Math.min(this.#bytes, this.#end - this.#at)
      this.#at += skipped
      this.#bytes -= skipped
      if (this.#bytes > 0) return this.#useUp()
    }
    this.#stage = this.#first()
    return true
  }

  #hand(from: number, to: number, next: number): PooledMessage {
    this.#at = next
    this.#stage = this.#first()
    return new PooledMessage(new BufferView(this.#memory, this.#base + from, to - from), undefined)
  }

  #handAssembly(): PooledMessage {
    this.#stage = this.#first()
    return (this.#assembly as MessageMemory).take()
  }

  /**
   * Copies the rest of the chunk, where it holds many messages as short as this one and all of them would be copied: once is cheaper
   * than each for itself. The copy keeps no more alive than any chunk may.
   */
  #copyChunkFor(bytes: number): void {
    const rest = this.#end - this.#at
    if (bytes === 0 || bytes >= this.#copyBelow || bytes * manyMessages > rest) return
    if (this.#settings.copyMessages || rest > this.#settings.maxPinnedBytes) return
    const copy = Buffer.allocUnsafeSlow(rest)
    this.#chunk.copy(copy, 0, this.#at, this.#end)
    this.write(copy)
  }

  /** Copies into pooled memory. */
  #keep(from: number, to: number, mostBytes: number): void {
    this.#assembly ??= new MessageMemory(this.#settings.pool)
    this.#assembly.append(this.#chunk, from, to, mostBytes)
  }

  /** Drops the reference to the chunk, which may be much larger than the rest of it. */
  #useUp(): false {
    this.#chunkOffset += this.#at
    this.#chunk = empty
    this.#memory = empty.buffer
    this.#base = 0
    this.#at = 0
    this.#end = 0
    return false
  }
}
