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
  /** µs to fill 1 MiB that is resident, but in no cache of the processor: that of a buffer that was not used for long. */
  readonly coldFillUsPerMib: number
  /** Bytes of Buffers after which V8 collects the young generation, however few the objects are. */
  readonly collectionBytes: number
  /** µs of a fresh allocation beyond its faults and its filling: the object, the allocator, the collector's share. */
  readonly allocationUs: number
  /** µs of an acquire and a release of a pool. */
  readonly poolUs: number
  /** How long it took, ms. */
  readonly tookMs: number
}

const pageBytes = 4096
const mib = 2 ** 20
const chunkBytes = 64 * 1024
/** glibc never serves more than 32 MiB out of its own heap. */
const mappedBytes = 33 * mib
const touchedBytes = 4 * mib
const mostFaultRounds = 8
const coldMib = 64
const uncollectedBytes = 384 * mib

/**
 * Measures the cost of memory on this machine. It takes some 200 ms, half a second on a busy machine, and 80 MiB.
 *
 * Call it beside the observed program, not in it: its allocations move the allocator's own thresholds, and the peak of the resident memory. The
 * command `pool-advisor` calls it when the program has ended.
 */
export function calibrate(): Calibration {
  const start = performance.now()
  const faultUs = costOfFault()
  const [fillUsPerMib, coldFillUsPerMib] = [costOfFilling(1), costOfFilling(coldMib)]
  return {
    node: process.version,
    pageBytes,
    faultUs,
    fillUsPerMib,
    coldFillUsPerMib: Math.max(fillUsPerMib, coldFillUsPerMib),
    collectionBytes: bytesUntilCollection(),
    allocationUs: costOfAllocation(faultUs),
    poolUs: costOfPool(),
    tookMs: performance.now() - start
  }
}

/** The costs, checked: they may come from a file. */
export function validCalibration(calibration: Calibration): Calibration {
  if (typeof calibration !== 'object' || calibration === null) throw invalid('calibration', 'what calibrate() gives', calibration)
  const names = ['pageBytes', 'faultUs', 'fillUsPerMib', 'coldFillUsPerMib', 'collectionBytes', 'allocationUs', 'poolUs', 'tookMs'] as const
  for (const name of names) {
    const cost: unknown = calibration[name]
    if (typeof cost !== 'number' || !(cost >= 0) || cost === Number.POSITIVE_INFINITY)
      throw invalid(`calibration.${name}`, 'a figure of 0 or more', cost)
  }
  return calibration
}

/**
 * Of the first pages of buffers so large that the allocator asks the system for them. It does not while it has as much left at the end of its heap, so they
 * are kept until that is used up, and a round in which most pages were old ones does not count.
 */
function costOfFault(): number {
  const kept: Buffer[] = []
  const costs: number[] = []
  for (let round = 0; round < mostFaultRounds && costs.length < 3; round++) {
    const fresh = Buffer.allocUnsafeSlow(mappedBytes)
    kept.push(fresh)
    const [cpu, faults] = [cpuUs(), minorFaults()]
    for (let offset = 0; offset < touchedBytes; offset += pageBytes) fresh[offset] = 1
    const counted = minorFaults() - faults
    if (counted * pageBytes > touchedBytes / 2) costs.push((cpuUs() - cpu) / counted)
  }
  // Other work on the machine only ever adds to the time. Where the system's pages are of 2 MiB, there are none of these faults, nor a cost of them.
  return costs.length > 0 ? Math.min(...costs) : 0
}

/** A program without a pool uses as much memory in turn as V8 lets grow between two collections: 32 to 64 MiB. A pool uses the same few MiB again. */
function costOfFilling(mibs: number): number {
  const warm = Array.from({ length: mibs }, () => Buffer.alloc(mib, 1))
  let at = 0
  return perTurn(5, () => warm[at++ % mibs]?.fill(2))
}

/**
 * Of Buffers whose memory is not touched, between two falls of the memory of all of them. Memory that is freed by and by looks like many small collections,
 * and one that V8 puts off looks like a large one: half of the bytes lie between falls that are at most as far apart as this.
 */
function bytesUntilCollection(): number {
  const collections: number[] = []
  let [made, last] = [0, process.memoryUsage().arrayBuffers]
  for (let turn = 0; turn < uncollectedBytes / chunkBytes; turn++) {
    Buffer.allocUnsafeSlow(chunkBytes)
    made += chunkBytes
    const now = process.memoryUsage().arrayBuffers
    if (now < last - mib) {
      collections.push(made)
      made = 0
    }
    last = now
  }
  let passed = 0
  for (const bytes of collections.sort((one, other) => one - other)) {
    passed += bytes
    if (passed >= (uncollectedBytes - made) / 2) return bytes
  }
  return uncollectedBytes
}

/** Untouched memory, so that faults are few. */
function costOfAllocation(faultUs: number): number {
  const faults = minorFaults()
  let turns = 0
  const us = perTurn(12, () => {
    turns++
    Buffer.allocUnsafeSlow(pageBytes)
  })
  return Math.max(0, us - ((minorFaults() - faults) / turns) * faultUs)
}

function costOfPool(): number {
  const pool = new SizeClassPool({ name: 'calibration', sizes: [pageBytes], initialSize: 1, clear: 'never', autoScale: false })
  const us = perTurn(4, () => pool.release(pool.acquire(pageBytes)))
  pool.destroy()
  return us
}

/** CPU time of one turn: the least of three rounds of some `ms` each, since other work on the machine only ever adds to it. The clock is read once in 16 turns. */
function perTurn(ms: number, turn: () => void): number {
  const rounds = [0, 1, 2].map(() => {
    const [cpu, end] = [cpuUs(), performance.now() + ms]
    let turns = 0
    do {
      for (let inner = 0; inner < 16; inner++) turn()
      turns += 16
    } while (performance.now() < end)
    return (cpuUs() - cpu) / turns
  })
  return Math.min(...rounds)
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function minorFaults(): number {
  return process.resourceUsage().minorPageFault
}
