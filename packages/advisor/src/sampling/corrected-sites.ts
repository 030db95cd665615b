import { isAbsolute, relative, sep } from 'node:path'
import { calledThrough, libraryOf } from '../places/libraries.js'
import type { SourceMaps } from '../places/source-maps.js'
import { type Frame, makers, type Site } from '../profile.js'
import type { ByteSampler } from './byte-sampler.js'
import { isNodes, type SampledSite } from './site-book.js'
import { strata, stratumOf } from './size-groups.js'

/**
 * The sites of a profile, the most bytes first. The samples' estimate for a maker's buffers in one doubling of size is corrected to the
 * exact count there (ratio estimation): samples only divide that count among places.
 * @returns the sites, and the bytes of which no sample was taken
 */
export function correctedSites(
  sampled: Iterable<SampledSite>,
  sampler: ByteSampler,
  maps: SourceMaps
): { readonly sites: Site[]; readonly unsampledBytes: number } {
  const all = [...sampled]
  const estimates = new Map<number, { count: number; bytes: number }>()
  for (const { maker, groups } of all) {
    for (const [size, { count, bytes }] of groups) {
      const key = maker * strata + stratumOf(size)
      const sum = estimates.get(key) ?? { count: 0, bytes: 0 }
      estimates.set(key, { count: sum.count + count, bytes: sum.bytes + bytes })
    }
  }
  let unsampledBytes = 0
  for (let maker = 0; maker < makers.length; maker++) {
    for (let stratum = 0; stratum < strata; stratum++) {
      if (!estimates.has(maker * strata + stratum)) unsampledBytes += sampler.total(maker, stratum).bytes
    }
  }
  const sites = all.map((site) => {
    const sizes = [...site.groups].map(([size, { count, bytes }]) => {
      const stratum = stratumOf(size)
      const total = sampler.total(site.maker, stratum)
      const estimate = estimates.get(site.maker * strata + stratum) ?? { count, bytes }
      return { size, count: (count * total.count) / estimate.count, bytes: (bytes * total.bytes) / estimate.bytes }
    })
    sizes.sort((a, b) => a.size - b.size)
    return siteOf(site, sizes, maps)
  })
  sites.sort((a, b) => b.bytes - a.bytes)
  return { sites, unsampledBytes }
}

function siteOf(site: SampledSite, sizes: readonly { size: number; count: number; bytes: number }[], maps: SourceMaps): Site {
  const frames = site.stack.filter((frame) => !isNodes(frame)).map((frame) => frameOf(maps.written(frame)))
  const bytes = sum(sizes.map((one) => one.bytes))
  const count = sum(sizes.map((one) => one.count))
  const library = libraryNames(frames)
  return {
    maker: makers[site.maker] ?? 'ArrayBuffer',
    frames,
    ...(library === undefined ? {} : { library }),
    place: frames[0] === undefined ? partOfNode(site.stack[0]?.script) : `${shortened(frames[0].file)}:${frames[0].line}`,
    bytes,
    count,
    sizes: sizes.map((one) => ({ bytes: one.size, count: one.count })),
    ...lifetimesOf(site, bytes / count)
  }
}

function lifetimesOf({ lifetimes }: SampledSite, meanBytes: number) {
  if (lifetimes.watched === 0) return {}
  const { watched, dead, peakLive, peakLiveBytes } = lifetimes
  // Each buffer is in use for a moment, though no collection came in it.
  return { deadByNextMajor: dead / watched, peakLive: Math.max(1, peakLive), peakLiveBytes: Math.max(meanBytes, peakLiveBytes) }
}

function frameOf(written: Omit<Frame, 'library'>): Frame {
  const library = libraryOf(written.file)
  return library === undefined ? written : { ...written, library }
}

function libraryNames(frames: readonly Frame[]): string | undefined {
  const own = frames[0]?.library
  const through = calledThrough(frames.map(({ file }) => file))
  return own === undefined || through === undefined ? own : `${own} via ${through}`
}

function shortened(file: string): string {
  if (!isAbsolute(file)) return file
  const path = relative(process.cwd(), file)
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path.split(sep).join('/')
}

/** Node's files, by the names that its users know. */
const parts: readonly (readonly [RegExp, string])[] = [
  [/^internal\/fs\/streams/, 'node:fs ReadStream'],
  [/^internal\/fs\/promises/, 'node:fs/promises'],
  [/^internal\/fs\//, 'node:fs'],
  [/^internal\/stream_base_commons/, 'node:net Socket'],
  [/^_http_(?:common|incoming)/, 'node:http IncomingMessage'],
  [/^_http_/, 'node:http'],
  [/^internal\/http2\//, 'node:http2'],
  [/^internal\/deps\/undici\//, 'fetch'],
  [/^internal\/(?:streams\/|child_process)/, 'node:stream']
]

function partOfNode(script: string | undefined): string {
  if (script === undefined) return 'unknown'
  const name = script.slice('node:'.length)
  return parts.find(([pattern]) => pattern.test(name))?.[1] ?? `node:${name.replace(/^internal\//, '')}`
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, one) => total + one, 0)
}
