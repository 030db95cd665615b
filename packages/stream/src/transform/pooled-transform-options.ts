import type { TransformOptions } from 'node:stream'
import { type BufferSource, PoolError } from '@pool/core'
import { invalid, isThenable, type NonSharedBuffer, validChoice, validInteger, validOptions, validSource } from '@pool/core/kit'

/**
 * The output of a transform: a number of bytes at the beginning of the scratch, a view of a part of the scratch, or nothing. Views of
 * any other memory are invalid.
 */
export type TransformOutput = number | Uint8Array | undefined

/** The options of Node's own transforms that keep their meaning. */
type NodeOptions = Pick<
  TransformOptions,
  | 'allowHalfOpen'
  | 'autoDestroy'
  | 'defaultEncoding'
  | 'emitClose'
  | 'encoding'
  | 'highWaterMark'
  | 'readableHighWaterMark'
  | 'signal'
  | 'writableHighWaterMark'
>

/** The options of a {@link PooledTransform}, those of Node's transforms among them. */
export interface PooledTransformOptions extends NodeOptions {
  /** The pool of the scratch memory. Scratch may hold the bytes of its last owner, unless the pool clears. */
  readonly pool: BufferSource<NonSharedBuffer>
  /**
   * Makes output of one chunk. Both buffers are the function's until it returns, or its promise settles.
   * @returns the part of `scratch` that is output
   */
  readonly transform?: (chunk: NonSharedBuffer, scratch: NonSharedBuffer) => TransformOutput | PromiseLike<TransformOutput>
  /** Makes the last output, when all was written. Default: none. */
  readonly flush?: (scratch: NonSharedBuffer) => TransformOutput | PromiseLike<TransformOutput>
  /** Bytes of scratch for a chunk, 1 at least; `chunk => 2 * chunk.length` for output that may double. Default: as many as the chunk has. */
  readonly scratchBytes?: number | ((chunk: NonSharedBuffer) => number)
  /** Bytes of scratch for `flush`. Default 4096. */
  readonly flushBytes?: number
  /**
   * `'copy'`: output is copied, once, into memory of the consumer's own. `'lease'`: the readable side is in object mode and each
   * chunk is a `Lease` that the consumer releases. Default `'copy'`.
   */
  readonly output?: 'copy' | 'lease'
}

const known = [
  ...['pool', 'transform', 'flush', 'scratchBytes', 'flushBytes', 'output'],
  ...['allowHalfOpen', 'autoDestroy', 'defaultEncoding', 'emitClose', 'encoding', 'highWaterMark', 'readableHighWaterMark'],
  ...['signal', 'writableHighWaterMark']
]

/** Whether the options can be. */
export function checkTransformOptions(options: PooledTransformOptions): void {
  validOptions('options', options, known)
  validSource('pool', options.pool)
  for (const name of ['transform', 'flush'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') throw invalid(name, 'a function', options[name])
  }
  const { scratchBytes, flushBytes = 1, output = 'copy' } = options
  if (scratchBytes !== undefined && typeof scratchBytes !== 'function') {
    validInteger('scratchBytes', scratchBytes, 1, Number.MAX_SAFE_INTEGER)
  }
  validInteger('flushBytes', flushBytes, 1, Number.MAX_SAFE_INTEGER)
  validChoice('output', output, ['copy', 'lease'])
  if (output === 'lease' && options.encoding !== undefined) {
    throw new PoolError('ERR_POOL_INVALID_OPTION', "encoding makes strings, which output: 'lease' has none of; leave one of them out.")
  }
}

/** The part of `scratch` that `output` names; `undefined` when it is empty. */
export function outputPart(output: unknown, scratch: NonSharedBuffer): NonSharedBuffer | undefined {
  if (output === undefined || output === 0) return undefined
  if (typeof output === 'number') {
    if (Number.isInteger(output) && output > 0 && output <= scratch.length) return scratch.subarray(0, output)
  } else if (output instanceof Uint8Array && output.buffer === scratch.buffer) {
    const start = output.byteOffset - scratch.byteOffset
    const end = start + output.byteLength
    if (start >= 0 && end <= scratch.length) return start === end ? undefined : scratch.subarray(start, end)
  }
  throw new PoolError(
    'ERR_POOL_INVALID_OUTPUT',
    `A transform must return how many of its ${scratch.length} bytes of scratch are output, or a view of them; ` +
      `it returned ${typeof output === 'number' ? output : isThenable(output) ? 'a promise of a promise' : `a value of type ${typeof output}`}. ` +
      'Ask for more scratch with scratchBytes, and write output there.'
  )
}
