import type { DuplexOptions } from 'node:stream'
import { type BufferSource, PoolError } from '@pool/core'
import {
  type Framing,
  framings,
  type NonSharedBuffer,
  validBoolean,
  validChoice,
  validInteger,
  validOptions,
  validWait
} from '@pool/core/kit'
import { messagePool } from '../leases/default-pools.js'

/** The options of Node's own that framing streams take. */
export type FramingStreamOptions = Pick<
  DuplexOptions,
  'highWaterMark' | 'readableHighWaterMark' | 'writableHighWaterMark' | 'signal' | 'emitClose' | 'autoDestroy'
>

/** How messages are found in a stream of bytes. */
export interface MessageParsingOptions {
  /** Where messages begin and end. Default `'u32be'`. */
  readonly framing?: Framing
  /** The longest message, in bytes, without its prefix or newline. At most the `maxBytes` of the pool. Default 10 MiB. */
  readonly maxMessageBytes?: number
  /**
   * Where messages that span chunks are put together. Default: a `SizeClassPool` that the process shares, bounded by a quarter of the
   * memory that it may use, which does not clear.
   */
  readonly pool?: BufferSource<NonSharedBuffer>
  /**
   * How long a message waits for memory when the pool has none, in ms, while nothing more is read; 0: not at all. Then the stream
   * ends with the pool's error. Default 30 000.
   */
  readonly waitMs?: number
  /**
   * The most bytes of a chunk's memory that any message in it may keep alive. A message in a larger chunk may keep all of its memory alive
   * where that is at most 16 times the message. Any other message is copied: by itself into pooled memory, or with the rest of its chunk
   * where that holds many such. Default 131 072: twice the bytes that Node reads from a socket at a time, and well above the slab that Node
   * cuts small Buffers from, which has 8192 to 65 600 bytes by version.
   */
  readonly maxPinnedBytes?: number
  /** Copies every message, for senders that write to a chunk's memory again: `onread` of `net.connect`, pooled chunks. Default false. */
  readonly copyMessages?: boolean
}

/** The names of {@link MessageParsingOptions}. */
export const parsingOptionNames = ['framing', 'maxMessageBytes', 'pool', 'waitMs', 'maxPinnedBytes', 'copyMessages'] as const

/** The names of {@link FramingStreamOptions}. */
export const streamOptionNames = [
  'highWaterMark',
  'readableHighWaterMark',
  'writableHighWaterMark',
  'signal',
  'emitClose',
  'autoDestroy'
] as const

/** The settings of a parser, validated and complete. */
export interface ParsingSettings {
  readonly framing: Framing
  readonly maxMessageBytes: number
  readonly pool: BufferSource<NonSharedBuffer>
  readonly waitMs: number
  readonly maxPinnedBytes: number
  readonly copyMessages: boolean
}

/** The longest message whose length fits a prefix of 32 bits. */
const longestU32 = 2 ** 32 - 1
/** The longest that a message may be without a prefix, and in one Buffer. */
const longest = 2 ** 32

/** Completes and validates; takes nothing from the pool. */
export function parsingSettings(options: MessageParsingOptions, otherNames: readonly string[]): ParsingSettings {
  validOptions('options', options, [...parsingOptionNames, ...otherNames])
  const { waitMs = 30_000, maxPinnedBytes = 131_072, copyMessages = false } = options
  const { framing, maxMessageBytes } = framingSettings(options)
  validWait('waitMs', waitMs)
  validInteger('maxPinnedBytes', maxPinnedBytes, 0, Number.MAX_SAFE_INTEGER)
  validBoolean('copyMessages', copyMessages)
  const pool = messagePool(options.pool)
  if (maxMessageBytes > pool.maxBytes) {
    throw new PoolError(
      'ERR_POOL_INVALID_OPTION',
      `maxMessageBytes is ${maxMessageBytes} bytes, and pool '${pool.name}' serves ${pool.maxBytes} at most. Lower it, or take a larger pool.`
    )
  }
  return { framing, maxMessageBytes, pool, waitMs, maxPinnedBytes, copyMessages }
}

/** Completes and validates the options that encoders and decoders share. */
export function framingSettings(options: Pick<MessageParsingOptions, 'framing' | 'maxMessageBytes'>): {
  readonly framing: Framing
  readonly maxMessageBytes: number
} {
  const { framing = 'u32be', maxMessageBytes = 10 * 1024 * 1024 } = options
  validChoice('framing', framing, framings)
  validInteger('maxMessageBytes', maxMessageBytes, 1, framing === 'u32be' ? longestU32 : longest)
  return { framing, maxMessageBytes }
}

/** The options of Node among those given. */
export function streamOptions(options: FramingStreamOptions): FramingStreamOptions {
  const given: FramingStreamOptions = {}
  for (const name of streamOptionNames) if (options[name] !== undefined) Object.assign(given, { [name]: options[name] })
  return given
}
