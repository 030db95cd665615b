import type { IncomingMessage } from 'node:http'
import { type BufferSource, type NonSharedBuffer, PoolError, SizeClassPool } from '@pool/core'
import { ByteRoom, invalid, optionsObject, validBoolean, validInteger, validSource } from '@pool/core/kit/universal'
import { parse as parseBytes } from 'bytes'
import { Admission } from './admission.js'
import { type BodyParser, bodyParser } from './body-parser.js'
import type { BodyKind, BodyVerifier, PooledBodyOptions } from './pooled-body-options.js'
import { TypeFilter } from './type-filter.js'

/** The options of one middleware: validated, complete. */
export interface BodySettings {
  /** Leases memory for bodies. */
  readonly admission: Admission
  /** Keeps chunks until their body is whole. */
  readonly collecting: ByteRoom
  readonly limit: number
  readonly inflate: boolean
  readonly verify: BodyVerifier | undefined
  /** Makes a value of the bytes; `undefined` where they are the body themselves. */
  readonly parser: BodyParser | undefined
  readonly debug: boolean
  /** Whether a request is read at all: to be asked once `loading()` is over. */
  readonly shouldRead: (request: IncomingMessage) => unknown
  /** Resolves once `shouldRead` and the parser have the libraries that this request needs; `undefined` when they have them. */
  readonly loading: (request: IncomingMessage) => Promise<void> | undefined
}

const optionNames = new Set<string>([
  ...['pool', 'as', 'limit', 'type', 'inflate', 'verify', 'strict', 'reviver', 'defaultCharset'],
  ...['waitMs', 'retryAfterSeconds', 'collectBytes', 'debug']
])
const defaultTypes: Record<BodyKind, string> = {
  buffer: 'application/octet-stream',
  json: 'application/json',
  text: 'text/plain'
}
let poolsMade = 0

/**
 * Completes and validates the options of `pooledBody()`. The options of `express.raw()`, `json()` and `text()` are taken unchecked, as these
 * take them; the options about pools are checked.
 */
export function bodySettings(given: PooledBodyOptions | null): BodySettings {
  const options: PooledBodyOptions = given ?? {}
  optionsObject('options', options)
  warnOfUnknown(options)
  const { as = 'buffer', debug = debugDefault() } = options
  if (!Object.hasOwn(defaultTypes, as)) throw invalid('as', "one of 'buffer', 'json', 'text'", as)
  const verify = options.verify || undefined
  if (verify !== undefined && typeof verify !== 'function') throw typeError(invalid('verify', 'a function', verify))
  const wanted = wantedLimit(options.limit ?? 102_400)
  const type = options.type || defaultTypes[as]
  const types = typeof type === 'function' ? type : new TypeFilter(Array.isArray(type) ? type : [type])
  const settings = {
    collecting: collectingRoom(options.collectBytes),
    inflate: options.inflate !== false,
    verify,
    parser: bodyParser(as, options),
    debug: validBoolean('debug', debug)
  }
  if (options.pool !== undefined) validSource('pool', options.pool)
  const admission = new Admission(options.pool ?? ownPool(wanted, debug), options)
  const limit = servedLimit(wanted, admission.pool)
  const { parser } = settings
  if (typeof types === 'function')
    return { ...settings, limit, admission, shouldRead: types, loading: (request) => parser?.loading(request) }
  const shouldRead = (request: IncomingMessage) => types.matches(request)
  return { ...settings, limit, admission, shouldRead, loading: (request) => types.loading ?? parser?.loading(request) }
}

/**
 * The option `collectBytes`: how many bytes of bodies may lie in the chunks that Node read or inflated them into, over all requests, until each
 * is whole and copied into its lease. 0: every body is copied as it comes. Default 8 MiB.
 *
 * A lease that is taken at the end is the one that went back last, still in the cache; leases that are taken first and
 * filled side by side are not. But chunks are outside the pool's bound, so that they need this one.
 */
export function collectingRoom(collectBytes = 8 * 1024 * 1024): ByteRoom {
  return new ByteRoom(validInteger('collectBytes', collectBytes, 0, Number.MAX_SAFE_INTEGER))
}

/** Only warns: body-parser ignores unknown options, and options that an application shares with body-parser must not stop the process. */
function warnOfUnknown(options: PooledBodyOptions): void {
  for (const name of Object.keys(options)) {
    if (optionNames.has(name)) continue
    const message = `pooledBody() has no option '${name.slice(0, 50)}', and ignores it; it has ${[...optionNames].join(', ')}.`
    process.emitWarning(message, { code: 'POOL_UNKNOWN_OPTION' })
  }
}

/** The default of `debug`. */
export function debugDefault(): boolean {
  const debug = process.env.POOL_DEBUG
  return debug !== undefined && debug !== '' && debug !== 'off'
}

/** The limit that was asked for, in bytes: any number but NaN, as with body-parser. */
function wantedLimit(limit: number | string): number {
  const bytes = typeof limit === 'number' || typeof limit === 'string' ? parseBytes(limit) : null
  if (bytes !== null) return bytes
  throw typeError(invalid('limit', "a number of bytes, or a text such as '100kb'", limit))
}

/** The limit that the pool serves. */
function servedLimit(wanted: number, pool: BufferSource<NonSharedBuffer>): number {
  if (wanted === Number.POSITIVE_INFINITY) return pool.maxBytes
  if (wanted <= pool.maxBytes) return wanted
  throw new PoolError(
    'ERR_POOL_INVALID_OPTION',
    `limit is ${wanted} bytes, and pool '${pool.name}' serves ${pool.maxBytes} at most. Lower the limit, or take a larger pool.`
  )
}

/** A TypeError where body-parser throws one; `isPoolError` recognises it, and it has a code. */
function typeError({ code, message }: PoolError): TypeError {
  const error = Object.assign(new TypeError(message), { code })
  return Object.defineProperty(error, Symbol.for('@pool/core.PoolError'), { value: true })
}

function ownPool(limit: number, debug: boolean): SizeClassPool {
  const name = `pooled-body-${poolsMade + 1}`
  const maxClassBytes = Number.isFinite(limit) ? Math.max(limit, 65_536) : 65_536
  const sizes = { minClassBytes: 1024, maxClassBytes }
  // Each body fills its lease to the last byte before a handler sees it, so that clearing would hide nothing.
  const pool = new SizeClassPool({ name, ...sizes, clear: 'never', ...(debug && { debug: 'poison' }) })
  poolsMade++
  return pool
}
