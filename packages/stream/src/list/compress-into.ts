import type { Transform } from 'node:stream'
import { type BrotliOptions, createBrotliCompress, createGzip, type ZlibOptions } from 'node:zlib'
import { invalid, onAbort, optionalSignal, optionsObject } from '@pool/core/kit'
import { isList, type PooledBufferList } from './pooled-buffer-list.js'

/** The options of `node:zlib` for one compression, and the signal that aborts it. */
export type CompressIntoOptions<O> = O & {
  /** Calls the compression off; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Writes `JSON.stringify(value)` to the end of a list, as UTF-8.
 * @returns the bytes written; `undefined`, and nothing written, where `JSON.stringify` gives that: for `undefined`, functions and symbols
 * @throws any error of `JSON.stringify` and of {@link PooledBufferList.write}
 */
export function jsonInto(list: PooledBufferList, value: unknown): number | undefined {
  validList('list', list)
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return undefined
  const before = list.length
  return list.write(text).length - before
}

/**
 * Compresses bytes, or the bytes of a list, to the end of another list, by gzip. The result is appended at once, when it is complete.
 * @param data - plain bytes must not change until the promise settles; a list is the caller's again at once
 * @param options - as of `zlib.createGzip`, and a `signal`
 * @returns the bytes appended
 * @throws `ERR_POOL_INVALID_OPTION`. (rejects) The signal's reason, zlib's errors, and those of {@link PooledBufferList.write}; `list` is
 * then as before. Memory that zlib may still read from is withdrawn from its pool.
 */
export function gzipInto(
  list: PooledBufferList,
  data: Uint8Array | PooledBufferList,
  options: CompressIntoOptions<ZlibOptions> = {}
): Promise<number> {
  return compress(list, data, createGzip, options)
}

/**
 * Compresses bytes, or the bytes of a list, to the end of another list, by Brotli, as {@link gzipInto} does.
 * @param options - as of `zlib.createBrotliCompress`, and a `signal`
 * @returns (resolves) the bytes appended
 */
export function brotliInto(
  list: PooledBufferList,
  data: Uint8Array | PooledBufferList,
  options: CompressIntoOptions<BrotliOptions> = {}
): Promise<number> {
  return compress(list, data, createBrotliCompress, options)
}

async function compress<O>(
  list: PooledBufferList,
  data: Uint8Array | PooledBufferList,
  create: (options: O) => Transform,
  options: CompressIntoOptions<O>
): Promise<number> {
  validList('list', list)
  if (!(data instanceof Uint8Array)) validList('data', data)
  optionsObject('options', options)
  const { signal, ...zlibOptions } = options
  optionalSignal(signal)?.throwIfAborted()
  // Apart, so that an error leaves the list as it was, and no other write comes in between.
  const output = list.shallowSlice(0, 0)
  let unlisten: (() => void) | undefined
  try {
    const compressor = create(zlibOptions as O)
    unlisten = signal && onAbort(signal, () => compressor.destroy())
    if (data instanceof Uint8Array) compressor.end(data)
    else {
      void data.shallowSlice().writeTo(compressor)
      compressor.end()
    }
    for await (const chunk of compressor) output.write(chunk as Buffer)
    const { length } = output
    list.append(output)
    return length
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    unlisten?.()
    output.close()
  }
}

function validList(name: string, value: PooledBufferList): void {
  if (!isList(value)) throw invalid(name, 'a PooledBufferList', value)
}
