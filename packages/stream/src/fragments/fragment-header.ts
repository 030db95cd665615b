import { type NonSharedBuffer, PoolError } from '@pool/core'
import { crc32 } from './crc32.js'

/** Bytes of a fragment's header. */
export const fragmentHeaderBytes = 28

/** The most bytes that a message may have for its length to fit the header. */
export const longestMessageBytes: number = 2 ** 32 - 1

const version = 2
/** The checksum of the header is in the bytes behind the version. */
const checkMask = 0xffffff

/**
 * The header before the piece in each fragment. All but `index` is the same in every fragment of a message, so that any fragment that
 * arrives first describes the whole message.
 *
 * ```
 *  byte 0    1              4                        12           16           20        24        28
 *       ┌────┬──────────────┬────────────────────────┬────────────┬────────────┬─────────┬─────────┬──────────────┐
 *       │ v2 │ CRC of this  │ message id             │ total      │ piece      │ index   │ CRC-32  │ piece …      │
 *       │    │ header       │                        │ bytes      │ bytes      │         │ of all  │              │
 *       └────┴──────────────┴────────────────────────┴────────────┴────────────┴─────────┴─────────┴──────────────┘
 *         integers without sign, most significant byte first
 * ```
 *
 * The header has a checksum of its own, the low 24 bits of the CRC-32 of its other bytes with zeros in the checksum's place: else a bit that
 * was flipped in the id would begin another message.
 *
 * Every piece but the last has `pieceBytes`, so piece `index` begins at `index × pieceBytes` and there are
 * `⌈totalBytes / pieceBytes⌉`: neither an offset nor a count is sent that could contradict them, and no two pieces overlap.
 *
 * ```
 *   message  [ piece 0         | piece 1         | piece 2    ]
 *            0             pieceBytes      2 × pieceBytes   totalBytes
 * ```
 */
export interface FragmentHeader {
  /** Tells the message from others of its sender. */
  readonly messageId: bigint
  /** Bytes of the whole message. */
  readonly totalBytes: number
  /** Bytes of each piece but the last; never more than `totalBytes`. */
  readonly pieceBytes: number
  /** Which piece this is, from 0. */
  readonly index: number
  /** CRC-32 of the whole message. */
  readonly checksum: number
}

/** How many fragments the message has: 1 at least, for an empty message has one, too. */
export function fragmentCount({ totalBytes, pieceBytes }: FragmentHeader): number {
  return totalBytes === 0 ? 1 : Math.ceil(totalBytes / pieceBytes)
}

/** Whether two fragments say the same of their message. */
export function sameMessage(one: FragmentHeader, other: FragmentHeader): boolean {
  return one.totalBytes === other.totalBytes && one.pieceBytes === other.pieceBytes && one.checksum === other.checksum
}

/** The header in its 28 bytes. */
export function encodeHeader(header: FragmentHeader): NonSharedBuffer {
  const bytes = Buffer.allocUnsafe(fragmentHeaderBytes)
  bytes.writeUInt32BE(version * 2 ** 24, 0)
  bytes.writeBigUInt64BE(header.messageId, 4)
  bytes.writeUInt32BE(header.totalBytes, 12)
  bytes.writeUInt32BE(header.pieceBytes, 16)
  bytes.writeUInt32BE(header.index, 20)
  bytes.writeUInt32BE(header.checksum, 24)
  bytes.writeUIntBE(crc32(bytes) & checkMask, 1, 3)
  return bytes
}

/** The checksum of a header of these bytes; the bytes in the checksum's place do not count. */
function checkOf(fragment: Uint8Array): number {
  scratch.set(fragment.subarray(0, fragmentHeaderBytes))
  scratch.fill(0, 1, 4)
  return crc32(scratch) & checkMask
}

const scratch = Buffer.alloc(fragmentHeaderBytes)

/**
 * Reads the header of a whole fragment, and checks the fragment against it.
 * @throws `ERR_POOL_FRAGMENT_INVALID`
 */
export function decodeHeader(fragment: Uint8Array): FragmentHeader {
  if (fragment.length < fragmentHeaderBytes) throw malformed(`it has ${fragment.length} bytes, a header has ${fragmentHeaderBytes}`)
  const view = new DataView(fragment.buffer, fragment.byteOffset, fragmentHeaderBytes)
  if (view.getUint8(0) !== version) throw malformed(`it does not begin as version ${version} does`)
  if ((view.getUint32(0) & checkMask) !== checkOf(fragment)) throw malformed('its header is damaged, by its checksum')
  const header: FragmentHeader = {
    messageId: view.getBigUint64(4),
    totalBytes: view.getUint32(12),
    pieceBytes: view.getUint32(16),
    index: view.getUint32(20),
    checksum: view.getUint32(24)
  }
  const { totalBytes, pieceBytes, index } = header
  if (pieceBytes > totalBytes || (pieceBytes === 0 && totalBytes > 0)) {
    throw malformed(`its message of ${totalBytes} bytes can not be in pieces of ${pieceBytes}`)
  }
  const count = fragmentCount(header)
  if (index >= count) throw malformed(`its index is ${index}, its message has ${count} fragments`)
  const expected = Math.min(pieceBytes, totalBytes - index * pieceBytes)
  const bytes = fragment.length - fragmentHeaderBytes
  if (bytes !== expected) throw malformed(`${bytes} bytes follow its header, which says ${expected}`)
  return header
}

/** The error for bytes that are not a fragment. */
export function malformed(reason: string): PoolError {
  return new PoolError(
    'ERR_POOL_FRAGMENT_INVALID',
    `This is no fragment of a message: ${reason}. Add each fragment whole, as it was split.`
  )
}
