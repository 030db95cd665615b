import * as check from '@pool/core/kit'
import { clientOptionNames, type RedisClientOptions } from '../client/client-options.js'

/** The options of a {@link PayloadStore}. */
export interface PayloadStoreOptions extends RedisClientOptions {
  /** The prefix of its keys in Redis; processes that put and processes that take need the same. Default `pool`. */
  readonly prefix?: string
  /** For how long a payload is kept that is not taken, in ms. Default 86 400 000, a day. */
  readonly expireMs?: number
}

/** How a payload is put. */
export interface PutOptions {
  /** How often it may be taken, 1..1 000 000: the number of jobs that get the reference. The last one removes it. Default 1. */
  readonly takes?: number
  /** For how long it is kept, in ms. Default: that of the store. */
  readonly expireMs?: number
  /** Longest wait for Redis, in ms; `Infinity` for none. Default: `commandTimeoutMs` of the store. */
  readonly timeoutMs?: number
  /** Calls the wait off; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** How a payload is read or taken. */
export type TakeOptions = Pick<PutOptions, 'timeoutMs' | 'signal'>

/** The options of a store: validated, complete. */
export interface StoreSettings {
  readonly prefix: string
  readonly expireMs: number
}

const mostMs = Number.MAX_SAFE_INTEGER / 2

/**
 * Completes and validates.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 */
export function storeSettings(options: PayloadStoreOptions): StoreSettings {
  check.validOptions('options', options, ['prefix', 'expireMs', ...clientOptionNames])
  const { prefix = 'pool', expireMs = 86_400_000 } = options
  return { prefix: check.validName('prefix', prefix), expireMs: check.validInteger('expireMs', expireMs, 1, mostMs) }
}

/** The options of one call: validated, complete. */
export interface CallSettings {
  readonly takes: number
  readonly expireMs: number
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * Completes and validates.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option; the signal's reason where it is aborted
 */
export function callSettings(options: PutOptions, known: readonly string[], expireMs: number, timeoutMs: number): CallSettings {
  check.validOptions('options', options, known)
  const signal = check.optionalSignal(options.signal)
  const settings = {
    takes: check.validInteger('takes', options.takes ?? 1, 1, 1_000_000),
    expireMs: check.validInteger('expireMs', options.expireMs ?? expireMs, 1, mostMs),
    timeoutMs: check.validTimeout('timeoutMs', options.timeoutMs, timeoutMs),
    signal
  }
  signal?.throwIfAborted()
  return settings
}
