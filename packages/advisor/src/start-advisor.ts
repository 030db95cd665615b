import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import { livePools, PoolError } from '@pool/core'
import { requestedSizesOf, validInteger, validOptions } from '@pool/core/kit'
import { SourceMaps } from './places/source-maps.js'
import { StackReader } from './places/stack.js'
import { type Maker, makers, type PoolReading, type Profile } from './profile.js'
import { ByteSampler } from './sampling/byte-sampler.js'
import { correctedSites } from './sampling/corrected-sites.js'
import { SamplePace } from './sampling/sample-pace.js'
import { SiteBook } from './sampling/site-book.js'
import { wrapMakers } from './sampling/wrapped-makers.js'
import { LifetimeWatch } from './watching/lifetime-watch.js'
import { ProcessWatch } from './watching/process-watch.js'

/** Options of {@link startAdvisor}. */
export interface AdvisorOptions {
  /**
   * Mean distance of two samples, bytes, an integer in 1 KiB..1 GiB. Less is finer, and costs more. Default: 512 KiB, and more while samples would take over
   * 0.1 % of the time.
   */
  readonly meanBytes?: number
  /** Chooses the samples, an integer in 1..2³¹-1; the same seed chooses the same ones in the same program, where `meanBytes` is given. Default: from the clock. */
  readonly seed?: number
}

/** A program that is observed. */
export interface Observation {
  /** The profile so far. Reads source maps, some ms; the observation goes on. */
  profile(): Profile
  /** Ends the observation, and puts the makers of Buffers back as they were. The same profile when called again. */
  stop(): Profile
}

/** Shared by all copies of this package. */
const active = Symbol.for('@pool/advisor.active')
const holder = globalThis as { [active]?: true | undefined }

/**
 * Begins to observe where this thread makes its Buffers, by samples of 512 KiB. One observation at a time: the makers of Buffers are
 * wrapped until it is stopped. Buffers made through functions that the program took out of `Buffer` before are not seen.
 * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_ADVISOR_ACTIVE` while this thread is observed already
 */
export function startAdvisor(options: AdvisorOptions = {}): Observation {
  validOptions('options', options, ['meanBytes', 'seed'])
  const meanBytes = validInteger('meanBytes', options.meanBytes ?? 2 ** 19, 2 ** 10, 2 ** 30)
  const seed = validInteger('seed', options.seed ?? (Date.now() % 2 ** 30) + 1, 1, 2 ** 31 - 1)
  if (holder[active]) {
    throw new PoolError(
      'ERR_POOL_ADVISOR_ACTIVE',
      'this thread is observed already; stop that observation first, or leave out one of the two.'
    )
  }
  holder[active] = true
  const sampler = new ByteSampler(makers.length, meanBytes, seed)
  return new ThreadObservation(sampler, options.meanBytes === undefined ? new SamplePace(sampler) : undefined)
}

class ThreadObservation implements Observation {
  readonly #startedAt = new Date()
  readonly #begin = performance.now()
  readonly #sampler: ByteSampler
  readonly #pace: SamplePace | undefined
  readonly #book = new SiteBook()
  readonly #stacks = new StackReader()
  readonly #maps = new SourceMaps()
  readonly #lifetimes: LifetimeWatch
  readonly #process: ProcessWatch
  readonly #restore: () => Maker[]
  readonly #onWorker = () => void this.#workers++
  #workers = 0
  #last: Profile | undefined

  constructor(sampler: ByteSampler, pace: SamplePace | undefined) {
    this.#sampler = sampler
    this.#pace = pace
    this.#lifetimes = new LifetimeWatch(() => sampler.random())
    this.#process = new ProcessWatch(
      (markingSince) => this.#lifetimes.collected(markingSince, process.memoryUsage().arrayBuffers),
      () => sampler.largeBytes
    )
    process.on('worker', this.#onWorker)
    this.#restore = wrapMakers((maker, made, wrapper) => {
      const bytes = made.byteLength
      if (!sampler.take(maker, bytes)) return
      const begin = performance.now()
      this.#process.sampled(begin)
      const weight = sampler.weight(bytes)
      this.#lifetimes.add(made, this.#book.add(maker, bytes, weight, this.#stacks.above(wrapper)), weight)
      pace?.sampled(begin, performance.now())
    })
  }

  profile(): Profile {
    return this.#last ?? this.#profile([])
  }

  stop(): Profile {
    if (this.#last !== undefined) return this.#last
    const left = this.#restore()
    process.off('worker', this.#onWorker)
    holder[active] = undefined
    this.#last = this.#profile(left)
    this.#process.stop()
    return this.#last
  }

  #profile(left: readonly Maker[]): Profile {
    const { sites, unsampledBytes } = correctedSites(this.#book.sites(), this.#sampler, this.#maps)
    return {
      version: 1,
      node: process.version,
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      durationMs: performance.now() - this.#begin,
      process: this.#process.reading(),
      sampling: { meanBytes: this.#meanBytes(), samples: this.#book.samples, watchedLifetimes: this.#lifetimes.judged },
      sites,
      unattributed: { reasons: reasons(unsampledBytes) },
      pools: readPools(),
      notes: this.#notes(left)
    }
  }

  /** With a pace, the mean over the whole time. */
  #meanBytes(): number {
    const { meanBytes, allBytes } = this.#sampler
    return this.#pace === undefined || this.#book.samples === 0 ? meanBytes : allBytes / this.#book.samples
  }

  #notes(left: readonly Maker[]): string[] {
    const notes: string[] = []
    if (!isMainThread) notes.push('This is one worker thread; the figures of the process are those of all its threads.')
    if (cluster.isWorker) notes.push('This is one worker of a cluster; each has a profile of its own.')
    if (this.#workers > 0) notes.push(`${this.#workers} worker threads were started; Buffers that they make are in no site.`)
    if (this.#book.overflowed) notes.push('More places made Buffers than are told apart; those found later stand together, as "unknown".')
    if (left.length > 0) notes.push(`Other code has wrapped ${left.join(', ')} meanwhile, so that an idle wrapper stays around it.`)
    return notes
  }
}

function reasons(unsampledBytes: number): string[] {
  const unseen = [
    'How much that is cannot be known: new Uint8Array, crypto, TextEncoder, structuredClone, Blob, Response and native modules make memory through none of the makers that are watched.'
  ]
  if (unsampledBytes > 0)
    unseen.push(`Another ${Math.round(unsampledBytes)} bytes were made by makers and in sizes of which no sample was taken.`)
  return unseen
}

/** The pools that exist; one whose figures throw is left out. */
function readPools(): PoolReading[] {
  return [...livePools.sources()].flatMap((source) => {
    try {
      const stats = source.stats()
      const histogram = requestedSizesOf(source)
      return [{ name: stats.name, kind: stats.kind, stats, ...(histogram === undefined ? {} : { histogram }) }]
    } catch {
      return []
    }
  })
}
