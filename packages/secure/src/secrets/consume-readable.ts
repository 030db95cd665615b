import type { Readable } from 'node:stream'

/** The treatment of a Readable that is not read to its end. */
export interface ConsumeOptions {
  /** Whether the chunks that are left are zeroed. */
  readonly wipesRest: boolean
  /** Whether it is destroyed then. */
  readonly destroyOnError: boolean
}

/**
 * Reads a Readable to its end, and hands each chunk to `take` as it was pushed.
 *
 * It reads by `data`, since an iterator and `read()` join the buffered chunks into a copy, and leave the chunks unwiped. When `take`
 * throws, the buffered chunks are still read and zeroed before the stream is destroyed; where it is not destroyed, all later chunks too.
 * @throws (rejects) the error of `take`, or of the stream; `ERR_STREAM_PREMATURE_CLOSE` when the stream ends early without an error
 */
export function consumeReadable(source: Readable, take: (chunk: unknown) => void, options: ConsumeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let failed = false
    const fail = (error: unknown) => {
      if (failed) return
      failed = true
      if (!options.destroyOnError) return reject(error)
      // The buffered chunks are read before the stream is destroyed.
      queueMicrotask(() => {
        source.destroy()
        reject(error)
      })
    }
    const onData = (chunk: unknown) => {
      if (failed) {
        if (options.wipesRest && chunk instanceof Uint8Array) chunk.fill(0)
        return
      }
      try {
        take(chunk)
      } catch (error) {
        fail(error)
      }
    }
    const onEnd = () => {
      if (!failed) resolve()
      leave()
    }
    const onClose = () => {
      if (!failed) fail(source.errored ?? prematureClose())
      leave()
    }
    const leave = () => {
      source.off('data', onData).off('end', onEnd).off('close', onClose).off('error', fail)
    }
    if (source.readableEnded) return resolve()
    // Its error may be on its way still, and must find a listener.
    source.on('error', fail)
    if (source.destroyed) return fail(source.errored ?? prematureClose())
    source.on('end', onEnd).on('close', onClose).on('data', onData)
    // A stream that was paused stays so with a listener alone.
    source.resume()
  })
}

function prematureClose(): Error {
  return Object.assign(new Error('the stream was closed before its end'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
}
