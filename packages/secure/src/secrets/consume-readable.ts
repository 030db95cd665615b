import type { Readable } from 'node:stream'

/** What becomes of a Readable that is not read to its end. */
export interface ConsumeOptions {
  /** Whether the chunks that are left are zeroed. */
  readonly wipesRest: boolean
  /** Whether it is destroyed then. */
  readonly destroyOnError: boolean
}

/**
 * Reads a Readable to its end, and hands each chunk to `take` as it was pushed.
 *
 * By `data`, since an iterator and `read()` join the chunks that are buffered into a copy, and let go of them as they are. When `take`
 * throws, what is buffered is still read and zeroed before the stream is destroyed; or all that comes, where it is not destroyed.
 * @throws (rejects) what `take` throws; what the stream is destroyed with; `ERR_STREAM_PREMATURE_CLOSE` when it ends early without an error
 */
export function consumeReadable(source: Readable, take: (chunk: unknown) => void, options: ConsumeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let failed = false
    const fail = (error: unknown) => {
      if (failed) return
      failed = true
      if (!options.destroyOnError) return reject(error)
      // Chunks that are buffered come before that.
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
