import { PoolError } from '@pool/core'

/** The payload of a reference is not there. */
export function payloadGone(wasTaken: boolean): PoolError {
  return new PoolError(
    'ERR_POOL_PAYLOAD_GONE',
    wasTaken
      ? 'the payload was taken as often as it was put for, and is removed. Put it with more takes, or read() it and drop() it once the job is done.'
      : 'the payload is not in Redis: it expired, was taken a while ago, or went with the memory of Redis. Put it with a longer expireMs, ' +
          'and give Redis a maxmemory-policy that evicts none.'
  )
}

/** The payload under the reference differs from the one that was put. */
export function payloadDiffers(bytes: number, expectedBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_PAYLOAD_DIFFERS',
    `Redis has ${bytes} bytes under the reference, which says ${expectedBytes}. Something else has written to the key, or changed the reference.`
  )
}

/** The payload is larger than this side takes. */
export function payloadTooLarge(bytes: number, maxBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_TOO_LARGE',
    `the reference is of a payload of ${bytes} bytes, and maxMessageBytes of this store is ${maxBytes}. Raise it.`
  )
}
