import { PerformanceObserver } from 'node:perf_hooks'
import type { StatsDirectory } from '@pool/core/interfaces'
import { outsideRequests } from '@pool/core/kit'
import { Notices } from './notices.js'
import { adviceOn, readPools, type Sample, sampleProcess, samplesOf } from './sample.js'

/** Milliseconds between two samples. */
const intervalMs = 1000

/** Samples from one with advice to the next, which costs more and changes slowly. */
const adviceEvery = 10

/** Reads pools and process once a second, from `start` to `stop`, and does nothing else. */
export class Sampler {
  readonly #directory: StatsDirectory
  readonly #showProcess: boolean
  readonly #deliver: (sample: Sample) => void
  readonly #notices = new Notices()
  #timer: NodeJS.Timeout | undefined = undefined
  #observer: PerformanceObserver | undefined = undefined
  #samples = 0
  #collections = 0
  #collectionMs = 0

  /**
   * Reads nothing before `start`.
   * @param showProcess - whether it also reads this process, and listens to the events of its pools
   * @param deliver - takes each sample
   */
  constructor(directory: StatsDirectory, showProcess: boolean, deliver: (sample: Sample) => void) {
    this.#directory = directory
    this.#showProcess = showProcess
    this.#deliver = deliver
  }

  /** Begins; the first sample is taken at once. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#timer = outsideRequests(() => setInterval(() => this.#deliver(this.sample(++this.#samples % adviceEvery === 0)), intervalMs))
    this.#timer.unref()
    if (!this.#showProcess) return
    this.#notices.start()
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#collections++
        this.#collectionMs += duration
      }
    })
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** Ends. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#observer?.disconnect()
    this.#observer = undefined
    this.#notices.stop()
    this.#collections = 0
    this.#collectionMs = 0
  }

  /** The current figures, and the events since the last sample; with advice for a page that has just opened, and now and then. */
  sample(withAdvice: boolean): Sample {
    const [collections, collectionMs] = [this.#collections, this.#collectionMs]
    const readings = readPools(this.#directory)
    this.#collections = 0
    this.#collectionMs = 0
    return {
      at: Date.now(),
      ...(this.#showProcess ? { process: { ...sampleProcess(), collections, collectionMs } } : {}),
      pools: samplesOf(readings),
      notices: this.#notices.take(),
      ...(withAdvice ? { advice: adviceOn(readings) } : {})
    }
  }
}
