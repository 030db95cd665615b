/** The figures of a {@link MessageReassembler}: a snapshot. Counts since it was made. */
export interface ReassemblerStats {
  /** Whether it was closed. */
  readonly closed: boolean
  /** Messages that are incomplete now. */
  readonly partialMessages: number
  /** Bytes that they hold of the pool now. */
  readonly partialBytes: number
  /** Messages that became whole and are remembered now. */
  readonly recentMessages: number
  /** Messages handed on. */
  readonly messages: number
  /** Bytes of them. */
  readonly messageBytes: number
  /** Fragments taken in. */
  readonly fragments: number
  /** Fragments ignored because they had arrived before. */
  readonly duplicates: number
  /** Fragments ignored because their message had been handed on before. */
  readonly late: number
  /** Messages given up because they did not become whole in time. */
  readonly expired: number
  /** Messages given up by `forget`. */
  readonly forgotten: number
  /** What was refused with `ERR_POOL_FRAGMENT_INVALID`. */
  readonly malformed: number
  /** Fragments refused with `ERR_POOL_FRAGMENT_TOO_LARGE`. */
  readonly oversized: number
  /** Fragments refused with `ERR_POOL_FRAGMENT_CONFLICT`. */
  readonly conflicts: number
  /** Fragments refused with `ERR_POOL_FRAGMENT_LIMIT`. */
  readonly limited: number
  /** Messages given up with `ERR_POOL_FRAGMENT_CHECKSUM`. */
  readonly corrupt: number
}
