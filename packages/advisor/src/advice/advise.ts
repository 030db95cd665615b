import { recommend } from '@pool/core/recommend'
import type { PoolReading, Profile, Site } from '../profile.js'
import { validProfile } from '../valid-profile.js'
import type { Advice, PoolAdvice, Savings, SiteAdvice, Unseen } from './advice.js'
import { type Calibration, validCalibration } from './calibration.js'
import { percent, percentRange, rate, size, whole } from './in-words.js'
import { remedyFor } from './remedy.js'
import { leastPooledBytes, noSavings, pooledPart, predictSavings, servedRatio, sumOfSavings } from './savings.js'

/** Up to this share of the CPU time there is nothing to gain; above it, a gain may be there, but unclear. */
const unclearCpu = 0.02
const unclear = 'No clear gain'
/** A change is worth its while where the least that it saves is this share of the CPU time, … */
const worthwhileCpu = 0.05
/** … or this much off the peak of the resident memory: bytes, and share of it. Two runs of the same program differ by as much. */
const worthwhileRss = { bytes: 8 * 2 ** 20, ratio: 0.05 }
/** Fewer samples of a site say little. */
const leastSamples = 4
/** Below this share of buffers that could be used again, a pool would only hold them. */
const leastServed = 0.5

/**
 * Finds where a pool pays in a program, which changes it takes, and where there is nothing to gain. Changes that lose, or save too little to be
 * seen, are never advised.
 *
 * A pure function of its arguments: it may be called anywhere, with the profile of another process. Some ms.
 * @param profile - the profile of the program
 * @param calibration - the cost of memory on the machine that the program runs on
 * @throws `ERR_POOL_INVALID_PROFILE`; `ERR_POOL_INVALID_OPTION` where a cost is not a figure
 */
export function advise(profile: Profile, calibration: Calibration): Advice {
  validProfile(profile)
  validCalibration(calibration)
  const allBytes = profile.sites.reduce((sum, { bytes }) => sum + bytes, 0)
  const sites = profile.sites.map((site) => adviseSite(site, allBytes, profile, calibration)).sort(byVerdictAndSaving)
  const changes = sites.filter(({ verdict }) => verdict === 'change')
  const savings = sumOfSavings(
    changes.map((one) => one.savings),
    profile
  )
  return {
    version: 1,
    worthwhile: changes.length > 0,
    summary: changes.length > 0 ? gain(changes, savings) : noGain(sites, profile),
    sites,
    savings,
    pools: profile.pools.map(advisePool),
    unseen: unseenOf(profile, allBytes),
    process: profile.process,
    durationMs: profile.durationMs,
    node: profile.node,
    calibration,
    notes: [...profile.notes, ...calibrationNotes(profile, calibration)]
  }
}

function adviseSite(site: Site, allBytes: number, profile: Profile, calibration: Calibration): SiteAdvice {
  const { place, maker, library, bytes, count } = site
  const known = {
    place,
    maker,
    ...(library === undefined ? {} : { library }),
    bytes,
    count,
    bytesRatio: allBytes > 0 ? bytes / allBytes : 0
  }
  const leave = (reason: string): SiteAdvice => ({ ...known, verdict: 'leave', reason, savings: noSavings })

  const large = pooledPart(site)
  if (large.bytes < bytes / 10)
    return leave(`Nothing to gain: nearly all of them are under ${leastPooledBytes / 1024} KiB, which Node makes cheaply.`)
  if (bytes / profile.sampling.meanBytes < leastSamples)
    return leave('Nothing to gain: it makes too few bytes to tell, and too few to matter.')
  if (servedRatio(site) < leastServed) {
    return leave('Nothing to gain: most of them are kept for long, and what is kept can not be used again.')
  }
  const savings = predictSavings(site, profile, calibration)
  if (!isWorthwhile(savings, profile)) {
    const { expected } = savings.cpuRatio
    if (expected < unclearCpu) return leave(`Nothing to gain: a pool would save ${percent(expected)} of the CPU time.`)
    return leave(
      `${unclear}: a pool would save ${percentRange(savings.cpuRatio)} of the CPU time, and two runs of a program differ by as much.`
    )
  }
  const remedy = remedyFor(site, profile)
  if ('outOfReach' in remedy) return { ...known, verdict: 'out-of-reach', reason: remedy.outOfReach, savings }
  return { ...known, verdict: 'change', reason: remedy.change.what, change: remedy.change, savings }
}

/** Whether even a cautious reading of the figures leaves a gain. */
function isWorthwhile({ cpuRatio, cpuMs, peakRssBytes }: Savings, { process }: Profile): boolean {
  if (cpuMs.low <= 0) return false
  const rss = Math.max(worthwhileRss.bytes, process.peakRssBytes * worthwhileRss.ratio)
  return cpuRatio.low >= worthwhileCpu || peakRssBytes.low >= rss
}

const order = { change: 0, 'out-of-reach': 1, leave: 2 }

function byVerdictAndSaving(one: SiteAdvice, other: SiteAdvice): number {
  return (
    order[one.verdict] - order[other.verdict] ||
    other.savings.cpuMs.expected - one.savings.cpuMs.expected ||
    other.savings.peakRssBytes.expected - one.savings.peakRssBytes.expected ||
    other.bytes - one.bytes
  )
}

function gain(changes: readonly SiteAdvice[], { cpuRatio, minorFaults, peakRssBytes }: Savings): string {
  const places = changes.length === 1 ? 'one place' : `${changes.length} places`
  if (cpuRatio.low < worthwhileCpu) {
    const memory = `they save ${size(peakRssBytes.expected)} of the peak of memory`
    return `Pools pay in ${places}: ${memory}. The CPU time has no clear gain: ${percentRange(cpuRatio)}, and two runs of a program differ by as much.`
  }
  return `Pools pay in ${places}: they save ${percentRange(cpuRatio)} of the CPU time, and ${whole(minorFaults.expected)} page faults.`
}

function noGain(sites: readonly SiteAdvice[], { process, durationMs, sites: seen }: Profile): string {
  const head = 'Nothing to gain by pools here.'
  const reach = sites.find(({ verdict }) => verdict === 'out-of-reach')
  if (reach !== undefined) return `${head} What costs most is out of reach: ${reach.reason}`
  const possible = sites.find(({ reason }) => reason.startsWith(unclear))
  if (possible !== undefined) return `${unclear} by pools here. ${possible.place} has the most to save. ${possible.reason}`
  const bytes = seen.reduce((sum, one) => sum + one.bytes, 0)
  const large = seen.reduce((sum, one) => sum + pooledPart(one).bytes, 0)
  if (bytes > 0 && large < bytes / 10)
    return `${head} The program's Buffers are small, under ${leastPooledBytes / 1024} KiB, and Node makes those cheaply.`
  const cpu = process.cpuMs / Math.max(durationMs, 1)
  const load = cpu > 0.5 ? ' Its CPU time goes elsewhere: profile that.' : ''
  const made = bytes > 0 ? `${rate(bytes, durationMs)} of Buffers, which costs it next to nothing` : 'too few Buffers to be seen'
  return `${head} The program makes ${made}.${load}`
}

function advisePool({ name, kind, stats, histogram }: PoolReading): PoolAdvice {
  return { name, kind, recommendations: recommend(stats, histogram) }
}

function unseenOf({ unattributed }: Profile, seenBytes: number): Unseen {
  const { bytes, reasons } = unattributed
  return { ...(bytes === undefined || bytes + seenBytes === 0 ? {} : { bytesRatio: bytes / (bytes + seenBytes) }), reasons }
}

function calibrationNotes({ node }: Profile, calibration: Calibration): string[] {
  if (calibration.node === node) return []
  return [
    `The costs were measured with Node ${calibration.node}, and the program ran on ${node}: the CPU time may differ by more than the range says.`
  ]
}
