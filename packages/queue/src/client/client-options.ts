import { isIP } from 'node:net'
import type { BufferSource, NonSharedBuffer } from '@pool/core'
import * as check from '@pool/core/kit'
import { queuePool } from '../default-pool.js'
import { PlainConnection } from './plain-connection.js'
import { parseRedisUrl, type RedisAddress } from './redis-url.js'
import type { Connect, WireTarget } from './wire.js'

/** The options of a {@link RedisClient}, which queues take, too. */
export interface RedisClientOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. Default `redis://localhost:6379`. */
  readonly url?: string
  /**
   * Makes a connection, such as `connectPooled` of `@pool/net`, whose bytes arrive in leases. Default: a socket of Node's own, each payload
   * copied into its lease.
   */
  readonly connect?: Connect
  /** Where payloads land and commands are written. Default: a `SizeClassPool` that the process shares, `queue`. */
  readonly pool?: BufferSource<NonSharedBuffer>
  /** The connection's name in Redis (`CLIENT SETNAME`): no spaces. Default `pool-queue`. */
  readonly name?: string
  /** The most bytes of one payload, sent or received. At most the `maxBytes` of the pool. Default 10 MiB, or that. */
  readonly maxMessageBytes?: number
  /** Bytes of commands that may be sent and not answered; further commands wait. Default 16 MiB. */
  readonly maxUnansweredBytes?: number
  /** Bytes of commands that may wait to be sent; further commands are refused. Default 16 MiB. */
  readonly maxWaitingBytes?: number
  /** How long a command may take, its wait for a connection included, in ms. Default 30 000. */
  readonly commandTimeoutMs?: number
  /** How long one connection may take to be made, in ms. Default 10 000. */
  readonly connectTimeoutMs?: number
  /** The longest pause before a connection is tried again, in ms. The first pause is about 50 ms, and each is twice the last. Default 2000. */
  readonly reconnectMaxMs?: number
}

/** The names of {@link RedisClientOptions}. */
export const clientOptionNames = [
  'url',
  'connect',
  'pool',
  'name',
  'maxMessageBytes',
  'maxUnansweredBytes',
  'maxWaitingBytes',
  'commandTimeoutMs',
  'connectTimeoutMs',
  'reconnectMaxMs'
] as const

/** The client's options among those of a queue or store. */
export function clientOptionsOf(options: RedisClientOptions): RedisClientOptions {
  return Object.fromEntries(clientOptionNames.flatMap((name) => (name in options ? [[name, options[name]]] : [])))
}

/** The settings of a client, validated and complete. */
export interface ClientSettings {
  readonly address: RedisAddress
  readonly target: WireTarget
  readonly connect: Connect
  readonly pool: BufferSource<NonSharedBuffer>
  readonly name: string
  readonly maxMessageBytes: number
  readonly maxUnansweredBytes: number
  readonly maxWaitingBytes: number
  readonly commandTimeoutMs: number
  readonly reconnectMaxMs: number
}

const usualMessageBytes = 10 * 1024 * 1024

/**
 * Completes and validates.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option; `ERR_POOL_REDIS_UNSUPPORTED`
 */
export function clientSettings(options: RedisClientOptions): ClientSettings {
  const { url = 'redis://localhost:6379', name = 'pool-queue' } = options
  const address = parseRedisUrl(url)
  const pool = queuePool(options.pool)
  const { maxMessageBytes = Math.min(usualMessageBytes, pool.maxBytes) } = options
  const { maxUnansweredBytes = 16 * 1024 * 1024, maxWaitingBytes = 16 * 1024 * 1024 } = options
  const connectTimeoutMs = check.validTimeout('connectTimeoutMs', options.connectTimeoutMs, 10_000)
  check.validInteger('maxMessageBytes', maxMessageBytes, 1, Math.min(pool.maxBytes, 512 * 1024 * 1024))
  if (!/^[!-~]{1,200}$/.test(check.validName('name', name))) throw check.invalid('name', 'printable ASCII without spaces', name)
  return {
    address,
    target: {
      host: address.host,
      port: address.port,
      ...(address.isTls ? { tls: isIP(address.host) === 0 ? { servername: address.host } : {} } : {}),
      connectTimeoutMs,
      ...(maxMessageBytes > usualMessageBytes ? { maxMessageBytes } : {})
    },
    connect: options.connect === undefined ? PlainConnection.connecting(pool) : check.validFunction('connect', options.connect),
    pool,
    name,
    maxMessageBytes,
    maxUnansweredBytes: check.validInteger('maxUnansweredBytes', maxUnansweredBytes, 1, Number.MAX_SAFE_INTEGER),
    maxWaitingBytes: check.validInteger('maxWaitingBytes', maxWaitingBytes, 1, Number.MAX_SAFE_INTEGER),
    commandTimeoutMs: check.validTimeout('commandTimeoutMs', options.commandTimeoutMs, 30_000),
    reconnectMaxMs: check.validNumber('reconnectMaxMs', options.reconnectMaxMs ?? 2000, 1, check.longestTimerMs)
  }
}
