import type { VerdictLine } from '../ingest/ingest-line.js'

/**
 * A message with its verdict, as it lies in the queue.
 *
 * ```
 *   │ bytes of the verdict, u32be │ verdict, JSON │ message, byte for byte │
 * ```
 */
export interface QuarantinedMessage {
  readonly verdict: VerdictLine
  /** The message: a view of the parsed bytes. */
  readonly message: Buffer
}

const PREFIX_BYTES = 4
/** More than a verdict with all of its findings takes. */
const MOST_VERDICT_BYTES = 32 * 1024
/** Redis takes no longer value, as it stands by default. */
const MOST_VALUE_BYTES = 512 * 1024 * 1024

/** Bytes of the longest message with its verdict that Redis takes. */
export function mostQuarantinedBytes(bodyLimitBytes: number): number {
  return Math.min(bodyLimitBytes + MOST_VERDICT_BYTES, MOST_VALUE_BYTES)
}

/** The verdict as it stands in front of its message. */
export function quarantineHead(verdict: VerdictLine): Buffer {
  const json = Buffer.from(JSON.stringify(verdict))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(json.length)
  return Buffer.concat([prefix, json])
}

/** Takes such bytes apart; undefined where another producer put something else into the queue. */
export function parseQuarantined(bytes: Buffer): QuarantinedMessage | undefined {
  if (bytes.length < PREFIX_BYTES) return undefined
  const end = PREFIX_BYTES + bytes.readUInt32BE()
  if (end > bytes.length) return undefined
  try {
    const verdict = JSON.parse(bytes.toString('utf8', PREFIX_BYTES, end))
    return typeof verdict?.verdict === 'string' ? { verdict, message: bytes.subarray(end) } : undefined
  } catch {
    return undefined
  }
}
