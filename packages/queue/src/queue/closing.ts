import * as check from '@pool/core/kit'

/** The end of a queue, which comes once, however often it is asked for. */
export class Closing {
  readonly #close: (timeoutMs: number) => Promise<void>
  #closed: Promise<void> | undefined = undefined

  /** @param close - closes, within `timeoutMs`; called once at the most */
  constructor(close: (timeoutMs: number) => Promise<void>) {
    this.#close = close
  }

  /** Whether it has begun. */
  get begun(): boolean {
    return this.#closed !== undefined
  }

  /**
   * Begins it, or follows it.
   * @throws `ERR_POOL_INVALID_OPTION`
   */
  begin(options: { readonly timeoutMs?: number }): Promise<void> {
    check.validOptions('options', options, ['timeoutMs'])
    const timeoutMs = check.validTimeout('timeoutMs', options.timeoutMs, 10_000)
    this.#closed ??= this.#close(timeoutMs)
    return this.#closed
  }
}
