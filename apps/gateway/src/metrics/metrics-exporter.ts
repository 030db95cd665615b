import type { RequestHandler } from 'express'

/** Shows the figures of the pools outside this process. */
export interface MetricsExporter {
  /** Answers `GET /metrics`. Undefined where no client fetches the figures: they are sent, or not shown at all. */
  readonly page: RequestHandler | undefined
  /** Ends it, in bounded time; never rejects. Call it while the pools are there: it sends the figures that were not sent yet. */
  stop(): Promise<void>
}
