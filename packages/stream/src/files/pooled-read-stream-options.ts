import type { FileHandle } from 'node:fs/promises'
import type { BufferSource, NonSharedBuffer } from '@pool/core'

/** The options of `fs.createReadStream`, the pool of the memory, and the owner of a chunk. */
export interface PooledReadStreamOptions {
  /** Where memory comes from. Default: one pool of the package, `stream-files`. */
  readonly pool?: BufferSource<NonSharedBuffer>
  /**
   * The owner of a chunk. `'own'`: its reader, for ever, as with `fs`. `'release'`: its reader, until the reader hands it to the stream's
   * `release()`. `'copy'`: its reader, for ever, since the chunk is a copy. Default `'own'`.
   */
  readonly chunks?: 'own' | 'release' | 'copy'
  /** As in `fs`: how to open. Default `'r'`. */
  readonly flags?: string
  /** As in `fs`: turns bytes into strings; memory is then scratch. Default: buffers. */
  readonly encoding?: BufferEncoding
  /** As in `fs`: an open file instead of the path. */
  readonly fd?: number | FileHandle
  /** As in `fs`: permissions where the flags create the file. Default `0o666`. */
  readonly mode?: number
  /** As in `fs`: whether the file is closed at the end and on errors. Default true. */
  readonly autoClose?: boolean
  /** As in `fs`: whether `close` is emitted. Default true. */
  readonly emitClose?: boolean
  /** As in `fs`: offset of the first byte. Default: where the file stands. */
  readonly start?: number
  /** As in `fs`: offset of the last byte, inclusive. Default `Infinity`. */
  readonly end?: number
  /** As in `fs`: bytes of a chunk. Default 65 536. */
  readonly highWaterMark?: number
  /** As in `fs`: destroys the stream. */
  readonly signal?: AbortSignal
  /** As in `fs`: other functions to open, read and close. */
  readonly fs?: object
}
