import { PoolError } from '@pool/core'
import { invalid, validInteger, validOptions } from '@pool/core/kit'
import { crc32 } from './crc32.js'
import { encodeHeader, type FragmentHeader, fragmentCount, fragmentHeaderBytes, longestMessageBytes } from './fragment-header.js'

/**
 * One fragment of a message, in two parts so that nothing is copied: a header of its own and a view of the message. Write both, one
 * after the other, or copy them into one piece of memory with {@link MessageFragment.copyTo}.
 */
export class MessageFragment {
  /** The header, 28 bytes of the fragment's own. */
  readonly header: Buffer
  /** The piece: the very bytes of the message. They may not change, nor be released, until they were written or copied. */
  readonly piece: Buffer
  /** Which fragment of the message this is, from 0. */
  readonly index: number

  /** @internal */
  constructor(header: FragmentHeader, piece: Buffer) {
    this.header = encodeHeader(header)
    this.piece = piece
    this.index = header.index
  }

  /** Bytes of header and piece together. */
  get byteLength(): number {
    return fragmentHeaderBytes + this.piece.length
  }

  /**
   * Copies header and piece to the beginning of `target`, such as a lease of `byteLength` bytes. The message is no longer needed for
   * this fragment afterwards.
   * @returns the bytes copied, `byteLength`
   * @throws `ERR_POOL_INVALID_OPTION` when `target` is not a Uint8Array, or has fewer bytes
   */
  copyTo(target: Uint8Array): number {
    if (!(target instanceof Uint8Array)) throw invalid('target', 'a Uint8Array', target)
    if (target.length < this.byteLength) throw invalid('target.length', `${this.byteLength} at least`, target.length)
    target.set(this.header)
    target.set(this.piece, fragmentHeaderBytes)
    return this.byteLength
  }
}

/** How {@link splitMessage} splits. */
export interface SplitMessageOptions {
  /** The most bytes of a fragment with its header, 29 at least. Default 16 384. */
  readonly maxFragmentBytes?: number
  /**
   * Tells the message from the sender's others, 0n..2⁶⁴ - 1. Default: the next number of the process, from a random one on, so that
   * senders that share a reassembler hardly ever meet.
   */
  readonly messageId?: bigint
}

const greatestId = 2n ** 64n - 1n
let lastId: bigint | undefined

/**
 * Splits a message into fragments that a {@link MessageReassembler} makes whole again. They are made one by one, as they are asked
 * for, and nothing is copied: each is a header and a view of the message, 28 bytes and some objects in all. Before the first comes one
 * pass over the message for its checksum.
 * @param message - yours; it may not change, nor be released, until the last fragment was written or copied. An empty one is one fragment
 * @returns the fragments in order, once
 * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_FRAGMENT_TOO_LARGE` for a message of 4 GiB and more
 * @example
 * ```ts
 * for (const { header, piece } of splitMessage(message)) {
 *   socket.write(header)
 *   socket.write(piece)
 * }
 * ```
 */
export function splitMessage(message: Uint8Array, options: SplitMessageOptions = {}): IterableIterator<MessageFragment> {
  if (!(message instanceof Uint8Array)) throw invalid('message', 'a Uint8Array', message)
  validOptions('options', options, ['maxFragmentBytes', 'messageId'])
  const { maxFragmentBytes = 16_384, messageId } = options
  validInteger('maxFragmentBytes', maxFragmentBytes, fragmentHeaderBytes + 1, Number.MAX_SAFE_INTEGER)
  if (messageId !== undefined && (typeof messageId !== 'bigint' || messageId < 0n || messageId > greatestId)) {
    throw invalid('messageId', 'a BigInt in 0n..2n ** 64n - 1n', messageId)
  }
  if (message.length > longestMessageBytes) {
    throw new PoolError(
      'ERR_POOL_FRAGMENT_TOO_LARGE',
      `A message may have ${longestMessageBytes} bytes at most; this one has ${message.length}. Send it as several messages.`
    )
  }
  return fragmentsOf(message, maxFragmentBytes - fragmentHeaderBytes, messageId ?? nextId())
}

function* fragmentsOf(message: Uint8Array, maxPieceBytes: number, messageId: bigint): IterableIterator<MessageFragment> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const totalBytes = bytes.length
  const pieceBytes = Math.min(maxPieceBytes, totalBytes)
  const header = { messageId, totalBytes, pieceBytes, index: 0, checksum: crc32(bytes) }
  const count = fragmentCount(header)
  for (let index = 0; index < count; index++) {
    yield new MessageFragment({ ...header, index }, bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes))
  }
}

function nextId(): bigint {
  lastId = lastId === undefined ? (crypto.getRandomValues(new BigUint64Array(1))[0] as bigint) : BigInt.asUintN(64, lastId + 1n)
  return lastId
}
