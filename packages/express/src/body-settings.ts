import type { IncomingMessage } from 'node:http'
import { PoolError, SizeClassPool } from '@pool/core'
import { invalid, validBoolean, validInteger, validOptions, validSource, validWait } from '@pool/core/kit/universal'
import { parse as parseBytes } from 'bytes'
import { Admission } from './admission.js'
import { type BodyParser, bodyParser } from './body-parser.js'
import { Collecting } from './collecting.js'
import type { BodyKind, BodyVerifier, PooledBodyOptions } from './pooled-body-options.js'
import { validRetryAfter } from './retry-after.js'
import { TypeFilter } from './type-filter.js'

/** What one middleware was told: validated, complete. */
export interface BodySettings {
  /** Lets bodies at the pool. */
  readonly admission: Admission
  /** Lets chunks wait until their body is whole. */
  readonly collecting: Collecting
  readonly limit: number
  readonly inflate: boolean
  readonly verify: BodyVerifier | undefined
  /** Makes a value of the bytes; `undefined` where they are the body themselves. */
  readonly parser: BodyParser | undefined
  readonly debug: boolean
  /** Whether a request is read at all. */
  readonly shouldRead: (request: IncomingMessage) => unknown
}

const optionNames = [
  ...[
    'pool',
    'as',
    'limit',
    'type',
    'inflate',
    'verify',
    'strict',
    'reviver',
    'defaultCharset',
    'waitMs',
    'retryAfterSeconds',
    'collectBytes',
    'debug'
  ]
]
const defaultTypes: Record<BodyKind, string> = {
  buffer: 'application/octet-stream',
  json: 'application/json',
  text: 'text/plain'
}
const defaultCollectBytes = 8 * 1024 * 1024
let poolsMade = 0

/** Completes and validates the options of `pooledBody()`. */
export function bodySettings(options: PooledBodyOptions): BodySettings {
  validOptions('options', options, optionNames)
  const { as = 'buffer', verify, waitMs = 1000, retryAfterSeconds = 1, collectBytes = defaultCollectBytes } = options
  const { inflate = true, debug = debugDefault() } = options
  if (!Object.hasOwn(defaultTypes, as)) throw invalid('as', "one of 'buffer', 'json', 'text'", as)
  if (verify !== undefined && typeof verify !== 'function') throw invalid('verify', 'a function', verify)
  const filter = typeFilter(options.type ?? defaultTypes[as])
  const limit = validLimit(options.limit ?? 102_400)
  const settings = {
    limit,
    collecting: new Collecting(validInteger('collectBytes', collectBytes, 0, Number.MAX_SAFE_INTEGER)),
    inflate: validBoolean('inflate', inflate),
    verify,
    parser: bodyParser(as, options),
    debug: validBoolean('debug', debug),
    shouldRead: filter
  }
  validWait('waitMs', waitMs)
  validRetryAfter('retryAfterSeconds', retryAfterSeconds)
  const pool = options.pool === undefined ? ownPool(limit, debug) : validSource('pool', options.pool)
  if (limit > pool.maxBytes) {
    throw new PoolError(
      'ERR_POOL_INVALID_OPTION',
      `limit is ${limit} bytes, and pool '${pool.name}' serves ${pool.maxBytes} at most. Lower the limit, or take a larger pool.`
    )
  }
  return { ...settings, admission: new Admission(pool, waitMs, retryAfterSeconds) }
}

function debugDefault(): boolean {
  const debug = process.env.POOL_DEBUG
  return debug !== undefined && debug !== '' && debug !== 'off'
}

function validLimit(limit: number | string): number {
  const bytes = typeof limit === 'number' || typeof limit === 'string' ? parseBytes(limit) : null
  if (bytes !== null && bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER) return Math.floor(bytes)
  throw invalid('limit', "a number of bytes, or a text such as '100kb'", limit)
}

function typeFilter(type: NonNullable<PooledBodyOptions['type']>): BodySettings['shouldRead'] {
  if (typeof type === 'function') return type
  const types = typeof type === 'string' ? [type] : type
  if (!Array.isArray(types) || types.length === 0 || types.some((one) => typeof one !== 'string' || one === '')) {
    throw invalid('type', 'a content type, a list of them, or a function', type)
  }
  const filter = new TypeFilter(types)
  return (request) => filter.matches(request)
}

function ownPool(limit: number, debug: boolean): SizeClassPool {
  const name = `pooled-body-${poolsMade + 1}`
  const sizes = { minClassBytes: 1024, maxClassBytes: Math.max(limit, 65_536) }
  // Each body fills its lease to the last byte before anybody sees it, so that clearing would hide nothing.
  const pool = new SizeClassPool({ name, ...sizes, clear: 'never', ...(debug && { debug: 'poison' }) })
  poolsMade++
  return pool
}
