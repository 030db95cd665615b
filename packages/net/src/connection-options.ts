import { type BufferSource, type NonSharedBuffer, PoolError } from '@pool/core'
import * as check from '@pool/core/kit'
import { connectionPool } from './default-pool.js'
import { warmMemoryOf } from './reading/warm-memory.js'
import { ConnectionGroup, defaultGroup } from './server/connection-group.js'

/** How a connection behaves, whichever side opened it. */
export interface ConnectionOptions {
  /** Where the bytes arrive. Default: a `SizeClassPool` that the process shares, `net`, within a quarter of its memory. */
  readonly pool?: BufferSource<NonSharedBuffer>
  /** The group that bounds and counts connections together. Default: one that the process shares, `net`. */
  readonly group?: ConnectionGroup
  /** Destroys the connection once it aborts; of a server, stops listening and destroys every connection. */
  readonly signal?: AbortSignal
  /** The most bytes that one read may give. At most the `maxBytes` of the pool. Default 10 MiB, or that. */
  readonly maxMessageBytes?: number
  /**
   * Bytes that may have arrived without being read; beyond, and the bytes of one system read more, the peer is held back. A read that waits
   * for more gets it. Default 256 KiB.
   */
  readonly maxReadAheadBytes?: number
  /** Bytes that may be written and not sent. A write while nothing is unsent may be larger. Default 1 MiB. */
  readonly maxUnsentBytes?: number
  /**
   * Destroys the connection when no byte came or went for this time, in ms, while it was ready to read, at most an eighth later; `Infinity`: never.
   * Default: 300 000 of a server's, else never.
   */
  readonly idleTimeoutMs?: number
  /** The same until the first byte has come. Default: 30 000 of a server's, else never. */
  readonly firstByteTimeoutMs?: number
  /**
   * How long a read waits for an exhausted pool, in ms; then the connection is destroyed. A connection without a read that waits is held back
   * for as long as the pool is exhausted. Default 30 000.
   */
  readonly waitMs?: number
  /** How long `close()` waits for the peer's end, in ms. Default 2000. */
  readonly closeTimeoutMs?: number
  /** Whether this side stays open when a read has met the peer's end. Default false. */
  readonly allowHalfOpen?: boolean
  /**
   * Bytes that the system is asked for at once while the peer sends fast, 16 KiB..4 MiB; up to eight times that while the peer is ahead, within
   * twice `maxReadAheadBytes`. Default 64 KiB.
   */
  readonly readBytes?: number
}

/** The names of {@link ConnectionOptions}. */
export const connectionOptionNames = [
  'pool',
  'group',
  'signal',
  'maxMessageBytes',
  'maxReadAheadBytes',
  'maxUnsentBytes',
  'idleTimeoutMs',
  'firstByteTimeoutMs',
  'waitMs',
  'closeTimeoutMs',
  'allowHalfOpen',
  'readBytes'
] as const

/** The settings of a connection, validated and complete. */
export interface ConnectionSettings {
  readonly pool: BufferSource<NonSharedBuffer>
  readonly group: ConnectionGroup
  readonly signal: AbortSignal | undefined
  readonly maxMessageBytes: number
  readonly maxReadAheadBytes: number
  readonly maxUnsentBytes: number
  readonly idleTimeoutMs: number
  readonly firstByteTimeoutMs: number
  readonly waitMs: number
  readonly closeTimeoutMs: number
  readonly allowHalfOpen: boolean
  /** The bytes that the connections of the pool may keep armed. */
  readonly warm: check.ByteRoom
  /** Bytes of the memory for a peer that sends fast. */
  readonly segmentBytes: number
  /** Bytes of the memory for a peer that fills even that; 0 for none. */
  readonly wideBytes: number
}

/** The timeouts of a connection whose peer this side chose: none. */
export const noTimeouts = { idleTimeoutMs: Number.POSITIVE_INFINITY, firstByteTimeoutMs: Number.POSITIVE_INFINITY } as const

/** Bytes of a segment beyond a round size. A message of a round size does not fill it, so that the connection then gives the segment up. */
const spareBytes = 64

/** Multiples of `readBytes` that a connection reads at once while its peer is ahead: the largest that fits. Decision 0370. */
const wideFactors = [8, 4, 2]

/**
 * Completes and validates.
 * @param timeouts - the defaults of this kind of connection, in ms
 */
export function connectionSettings(
  options: ConnectionOptions,
  timeouts: { readonly idleTimeoutMs: number; readonly firstByteTimeoutMs: number }
): ConnectionSettings {
  const { maxReadAheadBytes = 256 * 1024, maxUnsentBytes = 1024 * 1024 } = options
  const { readBytes = 64 * 1024, allowHalfOpen = false, group = defaultGroup() } = options
  const pool = connectionPool(options.pool)
  const { maxMessageBytes = Math.min(10 * 1024 * 1024, pool.maxBytes) } = options
  if (!(group instanceof ConnectionGroup)) throw check.invalid('group', 'a ConnectionGroup', group)
  check.validInteger('maxMessageBytes', maxMessageBytes, 1, 2 ** 32)
  check.validInteger('readBytes', readBytes, 16 * 1024, 4 * 1024 * 1024)
  checkFits('maxMessageBytes', maxMessageBytes, pool)
  checkFits('readBytes', readBytes, pool)
  check.validInteger('maxReadAheadBytes', maxReadAheadBytes, 1, 2 ** 32)
  const mostWide = Math.min(2 * maxReadAheadBytes, pool.maxBytes)
  const wideBytes = wideFactors.map((factor) => factor * readBytes).find((bytes) => bytes <= mostWide)
  return {
    pool,
    group,
    signal: check.optionalSignal(options.signal),
    maxMessageBytes,
    maxReadAheadBytes,
    maxUnsentBytes: check.validInteger('maxUnsentBytes', maxUnsentBytes, 1, Number.MAX_SAFE_INTEGER),
    idleTimeoutMs: check.validTimeout('idleTimeoutMs', options.idleTimeoutMs, timeouts.idleTimeoutMs),
    firstByteTimeoutMs: check.validTimeout('firstByteTimeoutMs', options.firstByteTimeoutMs, timeouts.firstByteTimeoutMs),
    waitMs: check.validTimeout('waitMs', options.waitMs, 30_000),
    closeTimeoutMs: check.validTimeout('closeTimeoutMs', options.closeTimeoutMs, 2000),
    allowHalfOpen: check.validBoolean('allowHalfOpen', allowHalfOpen),
    warm: warmMemoryOf(pool),
    segmentBytes: readBytes - spareBytes,
    wideBytes: wideBytes === undefined ? 0 : wideBytes - spareBytes
  }
}

function checkFits(name: string, bytes: number, pool: BufferSource<NonSharedBuffer>): void {
  if (bytes <= pool.maxBytes) return
  throw new PoolError(
    'ERR_POOL_INVALID_OPTION',
    `${name} is ${bytes} bytes, and pool '${pool.name}' serves ${pool.maxBytes} at most. Lower it, or take a larger pool.`
  )
}
