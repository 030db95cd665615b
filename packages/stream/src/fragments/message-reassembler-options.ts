import type { BufferSource } from '@pool/core'
import { longestTimerMs, type NonSharedBuffer, validFunction, validInteger, validOptions, validSource } from '@pool/core/kit'
import { longestMessageBytes } from './fragment-header.js'

/** A message that did not become whole in time. */
export interface ExpiredMessage {
  /** Its sender, as it was given to `add`. */
  readonly source: unknown
  /** Its id. */
  readonly messageId: bigint
  /** Bytes that it should have had. */
  readonly totalBytes: number
  /** Bytes of it that had arrived. */
  readonly receivedBytes: number
  /** Fragments that it should have had. */
  readonly fragments: number
  /** Fragments of it that had arrived. */
  readonly receivedFragments: number
}

/** The bounds of a {@link MessageReassembler}: on memory, messages and time. */
export interface MessageReassemblerOptions {
  /** The pool of the memory, for the pieces of a message and for the whole message. */
  readonly pool: BufferSource<NonSharedBuffer>
  /** The most bytes of a message, 1..2³² - 1. Default 10 MiB. A message above the pool's `maxBytes` is refused, too. */
  readonly maxMessageBytes?: number
  /** The most messages that may be incomplete at once, of all senders together. Default 1024. */
  readonly maxPartialMessages?: number
  /**
   * The most bytes that incomplete messages may hold together, `maxMessageBytes` at least. While a message moves into memory of its own,
   * its former memory comes on top for a moment: less than half of that message. Default 64 MiB, or `maxMessageBytes` where that is more.
   */
  readonly maxPartialBytes?: number
  /** How long a message may take from the first fragment that arrives to the last, in ms, 1..2³¹ - 1. Default 30 000. */
  readonly maxAgeMs?: number
  /**
   * The fewest bytes of message that a fragment may carry unless it is the last. The bound keeps the memory for a fragment's objects below the
   * bytes that it brings. Default 256.
   */
  readonly minPieceBytes?: number
  /** How many messages that became whole are remembered for `maxAgeMs`, so that late duplicates are known. Default 1024; 0: none. */
  readonly maxRecentMessages?: number
  /** Called for each message that did not become whole in time, after its memory was given back. Its errors are uncaught exceptions. */
  readonly onExpire?: (expired: ExpiredMessage) => void
}

const names: (keyof MessageReassemblerOptions)[] = [
  ...(['pool', 'maxMessageBytes', 'maxPartialMessages', 'maxPartialBytes', 'maxAgeMs', 'minPieceBytes'] as const),
  ...(['maxRecentMessages', 'onExpire'] as const)
]
const mebibyte = 1024 * 1024

/** The options with their defaults. */
export type ReassemblerSettings = Required<Omit<MessageReassemblerOptions, 'onExpire'>> & {
  readonly onExpire: MessageReassemblerOptions['onExpire'] | undefined
}

/** The options checked, and completed by their defaults. */
export function reassemblerSettings(options: MessageReassemblerOptions): ReassemblerSettings {
  validOptions('options', options, names)
  const pool = validSource('pool', options.pool)
  const { maxMessageBytes = 10 * mebibyte, maxPartialMessages = 1024, maxAgeMs = 30_000 } = options
  const { minPieceBytes = 256, maxRecentMessages = 1024, onExpire } = options
  const { maxPartialBytes = Math.max(64 * mebibyte, maxMessageBytes) } = options
  validInteger('maxMessageBytes', maxMessageBytes, 1, longestMessageBytes)
  validInteger('maxPartialMessages', maxPartialMessages, 1, 2 ** 20)
  validInteger('maxPartialBytes', maxPartialBytes, maxMessageBytes, Number.MAX_SAFE_INTEGER)
  validInteger('maxAgeMs', maxAgeMs, 1, longestTimerMs)
  validInteger('minPieceBytes', minPieceBytes, 1, longestMessageBytes)
  validInteger('maxRecentMessages', maxRecentMessages, 0, 2 ** 20)
  if (onExpire !== undefined) validFunction('onExpire', onExpire)
  return { pool, maxMessageBytes, maxPartialMessages, maxPartialBytes, maxAgeMs, minPieceBytes, maxRecentMessages, onExpire }
}
