import type { BufferSource, Lease } from '@pool/core'
import { can, invalid, partOfLease, plainLease } from '@pool/core/kit'

/** A part of a command. A long lease is sent from where it lies, and so are several that make up one part; all else is copied. */
export type CommandPart = string | number | Uint8Array | Lease<Buffer> | readonly Lease<Buffer>[]

/** @throws `ERR_POOL_INVALID_OPTION` where it is not a command */
export function checkCommand(parts: readonly CommandPart[]): void {
  if (Array.isArray(parts) && parts.length > 0 && parts.every(isPart)) return
  throw invalid('parts', 'a non-empty array of strings, numbers, bytes and leases', parts)
}

function isPart(part: unknown): boolean {
  if (typeof part === 'string' || typeof part === 'number' || part instanceof Uint8Array || Array.isArray(part)) return true
  return can(part, 'retain')
}

/** The leases that a part lies in; none where it is to be copied. */
export function leasesOf(part: CommandPart): readonly Lease<Buffer>[] {
  if (typeof part !== 'object' || part instanceof Uint8Array) return noLeases
  return isList(part) ? part : [part]
}

/** Bytes of a part; 0 for numbers, which are short. */
export function bytesOf(part: CommandPart): number {
  if (typeof part === 'number') return 0
  if (typeof part === 'string' || part instanceof Uint8Array) return part.length
  if (!isList(part)) return part.buffer.length
  let bytes = 0
  for (const { buffer } of part) bytes += buffer.length
  return bytes
}

/** Payloads up to here are copied beside the words around them: that costs less than one more piece to send, up to some 8 KiB, measured. */
export const copiedBytes = 4096

/** Bytes of the memory that words are collected in. */
const roomBytes = 16 * 1024
const nothing = Buffer.alloc(0)
const noLeases: readonly Lease<Buffer>[] = []
/** Bytes of `$`, a length and two line ends. */
const framingBytes = 16

/**
 * Writes commands as arrays of bulk strings, many into one piece of pooled memory. Long payloads stay where they are.
 *
 * ```
 *   [ *4␍␊$4␍␊XADD␍␊ … $65536␍␊ ] [ ▒▒ the payload's lease ▒▒ ] [ ␍␊*3␍␊$4␍␊XACK … ]
 *            part of the room              retained                part of the room
 * ```
 */
export class CommandEncoder {
  readonly #pool: BufferSource<Buffer>
  #pieces: Lease<Buffer>[] = []
  #room: Lease<Buffer> | undefined = undefined
  #bytes: Buffer = nothing
  #from = 0
  #at = 0

  /** @param pool - where the words are collected */
  constructor(pool: BufferSource<Buffer>) {
    this.#pool = pool
  }

  /** Encodes one command behind those before. Of each long lease it keeps a lease of its own. */
  add(parts: readonly CommandPart[]): void {
    this.#reserve(framingBytes)
    this.#word('*', parts.length)
    for (const part of parts) {
      if (typeof part === 'string') this.#text(part)
      else if (typeof part === 'number') this.#text(String(part))
      else if (part instanceof Uint8Array) this.#copy(part)
      else if (isList(part)) this.#list(part)
      else if (part.buffer.length <= copiedBytes) this.#copy(part.buffer)
      else this.#keep(part.buffer.length, part)
    }
  }

  /** Gives the encoded pieces, to be written in this order. */
  take(): Lease<Buffer>[] {
    const pieces = this.#pieces
    this.#pieces = []
    const room = this.#room
    this.#room = undefined
    if (room !== undefined) {
      if (this.#at > this.#from) pieces.push(partOfLease(room, this.#from, this.#at))
      else room.release()
    }
    this.#bytes = nothing
    this.#from = 0
    this.#at = 0
    return pieces
  }

  #text(text: string): void {
    this.#reserve(text.length * 3 + framingBytes)
    // Most words are short and of ASCII: a loop that allocates nothing, and calls nothing of Node, is the fastest for them.
    if (text.length <= 100 && this.#ascii(text)) return
    const length = Buffer.byteLength(text)
    this.#word('$', length)
    this.#at += this.#bytes.write(text, this.#at, length, 'utf8')
    this.#lineEnd()
  }

  /** Writes a text of ASCII; false where the text is not, and nothing was written. */
  #ascii(text: string): boolean {
    const { length } = text
    const before = this.#at
    this.#word('$', length)
    const bytes = this.#bytes
    let at = this.#at
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) {
        this.#at = before
        return false
      }
      bytes[at++] = code
    }
    this.#at = at
    this.#lineEnd()
    return true
  }

  #copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length + framingBytes)
    this.#word('$', bytes.length)
    // Bytes that were transferred since are none, and `set` refuses them: a throw here would leave half a command.
    if (bytes.length > 0) this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
    this.#lineEnd()
  }

  #list(leases: readonly Lease<Buffer>[]): void {
    const bytes = bytesOf(leases)
    if (bytes > copiedBytes) {
      this.#keep(bytes, ...leases)
      return
    }
    this.#reserve(bytes + framingBytes)
    this.#word('$', bytes)
    for (const { buffer } of leases) {
      this.#bytes.set(buffer, this.#at)
      this.#at += buffer.length
    }
    this.#lineEnd()
  }

  #keep(bytes: number, ...leases: readonly Lease<Buffer>[]): void {
    this.#reserve(framingBytes)
    this.#word('$', bytes)
    this.#cut()
    for (const lease of leases) this.#pieces.push(lease.retain())
    this.#reserve(framingBytes)
    this.#lineEnd()
  }

  /** Puts the bytes written since the last cut into a piece, and leaves the rest of the room for more. */
  #cut(): void {
    if (this.#room === undefined || this.#at === this.#from) return
    this.#pieces.push(partOfLease(this.#room.retain(), this.#from, this.#at))
    this.#from = this.#at
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    this.#cut()
    this.#room?.release()
    this.#room = leaseOrPlain(this.#pool, Math.max(roomBytes, bytes))
    this.#bytes = this.#room.buffer
    this.#from = 0
    this.#at = 0
  }

  #word(type: '*' | '$', length: number): void {
    this.#bytes[this.#at++] = type === '*' ? 42 : 36
    let power = 1
    while (power * 10 <= length) power *= 10
    for (let rest = length; power >= 1; power /= 10) {
      const digit = Math.floor(rest / power)
      this.#bytes[this.#at++] = 48 + digit
      rest -= digit * power
    }
    this.#lineEnd()
  }

  #lineEnd(): void {
    this.#bytes[this.#at++] = 13
    this.#bytes[this.#at++] = 10
  }
}

function isList(part: Lease<Buffer> | readonly Lease<Buffer>[]): part is readonly Lease<Buffer>[] {
  return Array.isArray(part)
}

/** The words have to be sent even while the pool is out, is destroyed, or is too small for them. */
function leaseOrPlain(pool: BufferSource<Buffer>, bytes: number): Lease<Buffer> {
  try {
    return pool.lease(bytes)
  } catch {
    return plainLease(Buffer.allocUnsafeSlow(bytes))
  }
}
