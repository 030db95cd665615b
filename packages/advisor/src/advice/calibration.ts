import { SizeClassPool } from '@pool/core'
import { invalid } from '@pool/core/kit'

/** The cost of memory on one machine. CPU time, not wall time. */
export interface Calibration {
  /** Node's version that it was measured with. */
  readonly node: string
  /** Bytes of a page, which one fault makes resident. */
  readonly pageBytes: number
  /** µs of a page fault that needs no disk, the page's zeroing included. */
  readonly faultUs: number
  /** µs to fill 1 MiB that is resident. */
  readonly fillUsPerMib: number
  /** µs of a fresh allocation beyond its faults and its filling: the object, the allocator, the collector's share. */
  readonly allocationUs: number
  /** µs of an acquire and a release of a pool. */
  readonly poolUs: number
  /** How long it took, ms. */
  readonly tookMs: number
}

const pageBytes = 4096
const mib = 2 ** 20

/**
 * Measures the cost of memory on this machine. It takes some 150 ms, 300 ms at most on a slow machine, and 16 MiB.
 *
 * Call it beside the observed program, not in it: its allocations move the allocator's own thresholds, and the peak of the resident memory. The
 * command `pool-advisor` calls it when the program has ended.
 */
export function calibrate(): Calibration {
  const start = performance.now()
  const faultUs = costOfFault()
  const fillUsPerMib = costOfFilling()
  return {
    node: process.version,
    pageBytes,
    faultUs,
    fillUsPerMib,
    allocationUs: costOfAllocation(faultUs),
    poolUs: costOfPool(),
    tookMs: performance.now() - start
  }
}

/** The costs, checked: they may come from a file. */
export function validCalibration(calibration: Calibration): Calibration {
  if (typeof calibration !== 'object' || calibration === null) throw invalid('calibration', 'what calibrate() gives', calibration)
  for (const name of ['pageBytes', 'faultUs', 'fillUsPerMib', 'allocationUs', 'poolUs', 'tookMs'] as const) {
    const cost: unknown = calibration[name]
    if (typeof cost !== 'number' || !(cost >= 0) || cost === Number.POSITIVE_INFINITY)
      throw invalid(`calibration.${name}`, 'a figure of 0 or more', cost)
  }
  return calibration
}

/** Large enough that the allocator asks the system for fresh pages, which are touched once each. */
function costOfFault(): number {
  const rounds = [0, 1, 2].map(() => {
    const [cpu, faults] = [cpuUs(), minorFaults()]
    const fresh = Buffer.allocUnsafeSlow(4 * mib)
    for (let offset = 0; offset < fresh.length; offset += pageBytes) fresh[offset] = 1
    return (cpuUs() - cpu) / Math.max(1, minorFaults() - faults)
  })
  // Other work on the machine only ever adds to the time.
  return Math.min(...rounds)
}

function costOfFilling(): number {
  const warm = Buffer.alloc(mib, 1)
  return perTurn(20, () => warm.fill(2))
}

/** Untouched memory, so that faults are few. */
function costOfAllocation(faultUs: number): number {
  const faults = minorFaults()
  let turns = 0
  const us = perTurn(40, () => {
    turns++
    Buffer.allocUnsafeSlow(pageBytes)
  })
  return Math.max(0, us - ((minorFaults() - faults) / turns) * faultUs)
}

function costOfPool(): number {
  const pool = new SizeClassPool({ name: 'calibration', sizes: [pageBytes], initialSize: 1, clear: 'never', autoScale: false })
  const us = perTurn(10, () => pool.release(pool.acquire(pageBytes)))
  pool.destroy()
  return us
}

/** CPU time of one turn, over some `ms`; the clock is read once in 16 turns. */
function perTurn(ms: number, turn: () => void): number {
  const [cpu, end] = [cpuUs(), performance.now() + ms]
  let turns = 0
  do {
    for (let inner = 0; inner < 16; inner++) turn()
    turns += 16
  } while (performance.now() < end)
  return (cpuUs() - cpu) / turns
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function minorFaults(): number {
  return process.resourceUsage().minorPageFault
}
