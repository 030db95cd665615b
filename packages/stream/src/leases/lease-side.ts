import { Readable } from 'node:stream'
import type { Lease } from '@pool/core'
import { can } from '@pool/core/kit'

function isLease(value: unknown): value is Lease {
  return can(value, 'retain') && can(value, 'release')
}

/** Releases a lease, or those in an array, that no reader will get. Does nothing with any other value, nor with a released lease. */
export function disposeValue(value: unknown): void {
  if (Array.isArray(value)) value.forEach(disposeValue)
  else if (isLease(value)) value[Symbol.dispose]()
}

const { read } = Readable.prototype

/**
 * `read()` of a stream whose values are leases. Leases that `resume()` throws away for want of a listener are released. Where a listener of
 * `data` throws, which ends the flow in Node, the stream flows on.
 * @throws the error of a listener
 */
export function readOwned(stream: Readable, size: number | undefined): unknown {
  const isUnheard = stream.readableFlowing === true && stream.listenerCount('data') === 0
  let value: unknown
  try {
    value = read.call(stream, size)
  } catch (error) {
    process.nextTick(flow, stream)
    throw error
  }
  if (isUnheard) disposeValue(value)
  return value
}

/** `push()` of such a stream, which may have been destroyed meanwhile, and flows on where a listener of `data` throws. */
export function pushOwned(stream: Readable, value: unknown): void {
  if (stream.destroyed) disposeValue(value)
  else {
    try {
      stream.push(value)
    } catch (error) {
      process.nextTick(flow, stream)
      throw error
    }
  }
}

function flow(stream: Readable): void {
  while (stream.readableFlowing && stream.read() !== null) {
    // Each value read is emitted.
  }
}

/** Releases the queue of a destroyed stream. Listeners to `data` are removed, since reading would hand the values to them. */
export function releaseUnread(stream: Readable): void {
  stream.removeAllListeners('data')
  while (stream.readableLength > 0) {
    const value: unknown = read.call(stream, 1)
    if (value === null) return
    disposeValue(value)
  }
}
