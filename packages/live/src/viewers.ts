import type { ServerResponse } from 'node:http'
import type { StatsDirectory } from '@pool/core/interfaces'
import { whenOver } from '@pool/core/kit'
import type { Sample } from './sample.js'
import { Sampler } from './sampler.js'

/** Pages that may look at once. */
const mostViewers = 16
/** A viewer with more unsent bytes gets no sample until it has read them. */
const mostUnsentBytes = 1024 * 1024

/** The pages that look now: samples are taken while there is one. */
export class Viewers {
  readonly #open = new Set<ServerResponse>()
  readonly #sampler: Sampler

  /** Shows the pools of `directory`, and this process where `showProcess` says so. */
  constructor(directory: StatsDirectory, showProcess: boolean) {
    this.#sampler = new Sampler(directory, showProcess, (sample) => this.#send(sample))
  }

  /** The number of pages that look. */
  get size(): number {
    return this.#open.size
  }

  /**
   * Sends samples to `response` as server-sent events, from now until it closes.
   * @returns false when too many look already
   */
  add(response: ServerResponse): boolean {
    if (this.#open.size >= mostViewers) return false
    // A page that has gone already needs no samples.
    if (!whenOver(response, response.req.socket, () => this.#left(response))) return true
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
    this.#open.add(response)
    // A `close` comes with each error, and a page that went away is not a fault.
    response.on('error', () => {})
    this.#sampler.start()
    response.write(eventOf(this.#sampler.sample(true)))
    return true
  }

  /** Ends every stream. The pages try again by themselves. */
  close(): void {
    for (const response of this.#open) response.end()
  }

  #left(response: ServerResponse): void {
    this.#open.delete(response)
    if (this.#open.size === 0) this.#sampler.stop()
  }

  #send(sample: Sample): void {
    const event = eventOf(sample)
    for (const response of this.#open) if (response.writableLength < mostUnsentBytes) response.write(event)
  }
}

function eventOf(sample: Sample): string {
  return `data: ${JSON.stringify(sample)}\n\n`
}
