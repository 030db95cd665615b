import * as check from '@pool/core/kit'
import type { AddOptions } from '../message-queue.js'

/** The options of one add: validated, complete. */
export interface AddSettings {
  readonly id: string | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Timeout and signal, as the pool takes them. */
  readonly wait: { readonly timeoutMs: number; readonly signal?: AbortSignal }
}

/**
 * Completes and validates.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option; the signal's reason where it is aborted
 */
export function addSettings(options: AddOptions, defaultTimeoutMs: number): AddSettings {
  check.validOptions('options', options, ['id', 'timeoutMs', 'signal'])
  const id = options.id === undefined ? undefined : check.validName('id', options.id)
  const timeoutMs = check.validTimeout('timeoutMs', options.timeoutMs, defaultTimeoutMs)
  const signal = check.optionalSignal(options.signal)
  signal?.throwIfAborted()
  return { id, timeoutMs, signal, wait: { timeoutMs, ...(signal === undefined ? {} : { signal }) } }
}
