import { invalid } from '@pool/core/kit'
import { unsupported } from './client-errors.js'

/** The content of a URL: the address of Redis, and the login. */
export interface RedisAddress {
  /** A name or an address. */
  readonly host: string
  /** 1..65535. */
  readonly port: number
  /** Whether the connection is TLS. */
  readonly isTls: boolean
  /** The user of `AUTH`; absent for the default user. */
  readonly username: string | undefined
  /** The password of `AUTH`. */
  readonly password: string | undefined
  /** The database of `SELECT`. */
  readonly database: number
}

const expected = 'a URL as redis://user:password@host:6379/0, or rediss:// for TLS'

/**
 * Reads `redis://` and `rediss://` URLs. Errors never quote them, since they hold a password.
 * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_REDIS_UNSUPPORTED` for Sentinel and Cluster
 */
export function parseRedisUrl(url: unknown): RedisAddress {
  if (typeof url !== 'string') throw invalid('url', expected, url)
  if (/^rediss?[-+]sentinel:/.test(url)) throw unsupported('sentinel')
  // Several hosts make a cluster, too.
  if (/^rediss?[-+]cluster:|^rediss?:\/\/[^/]*,/.test(url)) throw unsupported('cluster')
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') throw invalid('url', expected, url)
  if (parsed.search !== '' || parsed.hash !== '') throw invalid('url', `${expected}, without a query`, url)
  const path = parsed.pathname.replace(/^\//, '')
  if (!/^\d{0,9}$/.test(path)) throw invalid('url', `${expected}; the path is the number of a database`, url)
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    isTls: parsed.protocol === 'rediss:',
    username: decoded(parsed.username),
    password: decoded(parsed.password),
    database: Number(path)
  }
}

function decoded(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalid('url', `${expected}; user and password are percent-encoded`, part)
  }
}
