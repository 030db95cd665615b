import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BufferSource, NonSharedBuffer } from '@pool/core'
import type { AdmissionOptions } from './admission.js'

/** The kind of value that `request.body` becomes: a Buffer, a parsed JSON value, or a string. */
export type BodyKind = 'buffer' | 'json' | 'text'

/**
 * Looks at the whole body, inflated, before it is parsed; to refuse it, throw. The buffer belongs to the request: it may be kept
 * no longer than that, and with `as: 'json'` and `'text'` only during the call. `encoding` is the charset, `null` for `as: 'buffer'`.
 */
export type BodyVerifier = (request: IncomingMessage, response: ServerResponse, body: NonSharedBuffer, encoding: string | null) => void

/** The options of {@link pooledBody}: those of `express.raw()`, `express.json()` and `express.text()`, and those about pools. */
export interface PooledBodyOptions extends AdmissionOptions {
  /**
   * Where bodies live; any implementation of core's interface. Default: a `SizeClassPool` of its own, bounded by
   * a quarter of the memory that the process may use, which does not clear: each body fills its memory before a handler sees it.
   */
  readonly pool?: BufferSource<NonSharedBuffer>
  /** The kind of value that `request.body` becomes. Default `'buffer'`. */
  readonly as?: BodyKind
  /**
   * The longest body, after inflation: bytes, or a text such as `'1mb'`. At most the `maxBytes` of the pool, which `Infinity` stands for;
   * a negative number refuses every body. Default `'100kb'`, 102 400 bytes.
   */
  readonly limit?: number | string
  /**
   * Which content types are read, as `type-is` has them; others pass untouched. An empty list stands for every type. Default `application/octet-stream`,
   * `application/json` or `text/plain`, by `as`.
   */
  readonly type?: string | readonly string[] | ((request: IncomingMessage) => unknown)
  /** Whether compressed bodies are inflated: gzip, deflate, br, and zstd where Node has it. False: 415 for them. Default true. */
  readonly inflate?: boolean
  /** Looks at each body, and refuses it with 403 by throwing. Default: none. */
  readonly verify?: BodyVerifier
  /** With `as: 'json'`: takes objects and arrays only. Default true. */
  readonly strict?: boolean
  /** With `as: 'json'`: handed to `JSON.parse`. Default: none. */
  readonly reviver?: (this: unknown, key: string, value: unknown) => unknown
  /** With `as: 'json'` and `'text'`: the charset where the content type names none. Default `'utf-8'`. */
  readonly defaultCharset?: string
  /**
   * How many bytes of bodies may lie in the chunks that Node read or inflated them into, outside the pool and over all requests, until
   * each is whole and copied into its lease: cheaper than filling many leases side by side. This is for bodies above 64 KiB and those of
   * unknown length; others are copied as they come. 0: all. Default 8 388 608, 8 MiB.
   */
  readonly collectBytes?: number
  /**
   * Makes a read of `request.body` after its memory went back throw `ERR_POOL_LEASE_RELEASED`. Otherwise it gives `undefined`. Default: true
   * where the environment's `POOL_DEBUG` is set and not `off`.
   */
  readonly debug?: boolean
}
