import type { RunningFrame } from '../places/stack.js'
import { groupSize } from './size-groups.js'

/** The estimate from the samples of one place and maker, before exact totals correct it. */
export interface SampledSite {
  /** Index in `makers`. */
  readonly maker: number
  /** The stack of the most samples, the innermost frame first. */
  readonly stack: readonly RunningFrame[]
  /** Buffers that the samples stand for, and their bytes, by the largest size of their group. */
  readonly groups: ReadonlyMap<number, { readonly count: number; readonly bytes: number }>
  /** Bytes that its samples stand for. */
  readonly bytes: number
  /** The lifetimes of its buffers, as far as they are known. */
  readonly lifetimes: SiteLifetimes
}

/** Lifetimes of a site's buffers, as far as they were watched. */
export class SiteLifetimes {
  /** Buffers that were watched until a major collection. */
  watched = 0
  /** Of them, those that were dead then. */
  dead = 0
  /** The most buffers alive at one major collection, estimated. */
  peakLive = 0
  /** The most bytes alive at one major collection, estimated. */
  peakLiveBytes = 0
}

interface MutableSite extends SampledSite {
  stack: readonly RunningFrame[]
  stackSamples: number
  readonly samplesByStack: Map<string, number>
  readonly groups: Map<number, { count: number; bytes: number }>
  bytes: number
}

/** The most stacks that are kept apart for each site; samples of further ones still count for the site. */
const maxStacks = 64

/** The most sites that are kept apart: code that is made anew all the time, such as by `eval`, would have no end of them. */
const maxSites = 2048
const elsewhere: readonly RunningFrame[] = []

/** Adds up samples by maker and innermost frame that is not Node's. */
export class SiteBook {
  readonly #sites = new Map<string, MutableSite>()
  /** Samples taken. */
  samples = 0
  /** Whether there were more than 2048 sites: those found later are added up as one for each maker, without a stack. */
  overflowed = false

  /**
   * Adds a sample.
   * @param weight - how many buffers it stands for
   */
  add(maker: number, bytes: number, weight: number, stack: readonly RunningFrame[]): SampledSite {
    const place = stack.find((frame) => !isNodes(frame)) ?? stack[0]
    const key = `${maker} ${place === undefined ? '' : keyOf(place)}`
    let site = this.#sites.get(key)
    if (site === undefined && place !== undefined && this.#sites.size >= maxSites) {
      this.overflowed = true
      return this.add(maker, bytes, weight, elsewhere)
    }
    if (site === undefined) {
      site = { maker, stack, stackSamples: 0, samplesByStack: new Map(), groups: new Map(), bytes: 0, lifetimes: new SiteLifetimes() }
      this.#sites.set(key, site)
    }
    this.samples++
    const stackKey = stack.map(keyOf).join('|')
    const samples = site.samplesByStack.get(stackKey) ?? 0
    if (samples > 0 || site.samplesByStack.size < maxStacks) site.samplesByStack.set(stackKey, samples + 1)
    if (samples + 1 > site.stackSamples) {
      site.stack = stack
      site.stackSamples = samples + 1
    }
    const size = groupSize(bytes)
    const group = site.groups.get(size) ?? { count: 0, bytes: 0 }
    group.count += weight
    group.bytes += weight * bytes
    site.groups.set(size, group)
    site.bytes += weight * bytes
    return site
  }

  /** Every site, in the order of its first sample. */
  sites(): Iterable<SampledSite> {
    return this.#sites.values()
  }
}

/** Whether a frame is of Node's own code. */
export function isNodes({ script }: RunningFrame): boolean {
  return script.startsWith('node:')
}

function keyOf({ script, line, column }: RunningFrame): string {
  return `${script}:${line}:${column}`
}
