import type { Request, RequestHandler, Response } from 'express'

/** Work that may outlive the request that began it: a read that can't be called off, a password that is being checked. */
export class UnderWay {
  readonly #work = new Set<Promise<unknown>>()

  /** A handler as Express takes it, whose work is followed until it has ended. */
  handler<P extends Record<string, string>>(serve: (request: Request<P>, response: Response) => Promise<void>): RequestHandler<P> {
    return (request, response) => this.follow(serve(request, response))
  }

  /**
   * Follows `work` until it has ended.
   * @returns a promise that settles as `work` does
   */
  follow<T>(work: Promise<T>): Promise<T> {
    const ended = work.finally(() => this.#work.delete(ended))
    this.#work.add(ended)
    return ended
  }

  /** Waits until no work is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#work)
  }
}
