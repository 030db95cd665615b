import type { PoolStats } from '@pool/core/interfaces'
import { poolStats } from '@pool/core/kit/universal'
import type { SharedPoolMode } from './ground.js'
import {
  elsewhere,
  holderMask,
  inFlight,
  type Layout,
  rowCount,
  rowStocked,
  threadRecord,
  threadWord,
  withdrawn,
  wordMask
} from './layout.js'

/** The figures of one thread. Counts of its seat since the pool was made; another thread may have had the seat before. */
export interface ThreadStats {
  /** 1..threads. */
  readonly seat: number
  /** Whether a thread has the seat now, alive or not yet reaped. */
  readonly attached: boolean
  /** Blocks that it holds now. */
  readonly out: number
  /** The most blocks that it held at once. */
  readonly peakOut: number
  /** Blocks idle in its own rows now, where other threads don't find them. */
  readonly stranded: number
  /** Blocks handed out. */
  readonly acquisitions: number
  /** Acquires for which it had to claim a row, since its own ones were empty. */
  readonly refills: number
  /** Share of the acquires served from its own rows, 0..1; 1 before the first. */
  readonly rowHitRatio: number
  /** Acquires that found no block. */
  readonly exhaustions: number
  /** Blocks sent, modulo 2³⁰. */
  readonly sent: number
  /** Blocks received, modulo 2³⁰. */
  readonly received: number
  /** Handles refused. */
  readonly refused: number
}

/** The figures of a shared pool. */
export interface SharedPoolStats extends PoolStats {
  /** Whether all threads see the blocks' memory, or blocks travel; then the figures are those of this thread alone. */
  readonly mode: SharedPoolMode
  /** Blocks sent and not received yet; they count as in use. */
  readonly inFlight: number
  /** Free blocks in threads' own rows, where other threads don't find them; they count as available. */
  readonly stranded: number
  /** Acquires for which a thread had to claim a row. */
  readonly refills: number
  /** Share of the acquires served from the thread's own rows, 0..1; 1 before the first. */
  readonly rowHitRatio: number
  /** Bytes of the pool's own records: all but the blocks. */
  readonly recordBytes: number
  /** Each seat. */
  readonly threads: readonly ThreadStats[]
}

/** Reads the figures. While other threads are at work, those of different moments stand side by side. */
export function statsOf(
  pool: { readonly name: string; readonly mode: SharedPoolMode; readonly closed: boolean; readonly madeAt: number },
  layout: Layout,
  words: Int32Array
): SharedPoolStats {
  const { blocks, blockBytes, blockStride, firstBlockWord } = layout
  let inUse = 0
  let flying = 0
  let quarantined = 0
  let away = 0
  for (let index = 0; index < blocks; index++) {
    const holder = (words[firstBlockWord + index] as number) & holderMask
    if (holder === withdrawn) quarantined++
    else if (holder === elsewhere) away++
    else if (holder !== 0) inUse++
    if (holder >= inFlight && holder < elsewhere) flying++
  }
  const strandedBySeat = strandedOf(layout, words)
  const threads = Array.from({ length: layout.threads }, (_, at) => threadStats(words, at + 1, strandedBySeat[at + 1] as number))
  const total = (figure: 'acquisitions' | 'refills' | 'exhaustions' | 'stranded' | 'peakOut' | 'refused') =>
    threads.reduce((sum, thread) => sum + thread[figure], 0)
  const acquisitions = total('acquisitions')
  const refills = total('refills')
  const stranded = total('stranded')
  const live = blocks - quarantined - away
  const counted = poolStats({
    name: pool.name,
    kind: 'shared',
    closed: pool.closed,
    bufferSize: blockBytes,
    available: live - inUse,
    inUse,
    capacity: blocks,
    peakInUse: Math.min(blocks, Math.max(inUse, total('peakOut'))),
    acquisitions,
    releases: acquisitions - inUse,
    bytesAllocated: blocks * blockBytes,
    bytesReused: acquisitions * blockBytes,
    inUseBytes: inUse * blockBytes,
    idleBytes: (live - inUse) * blockBytes,
    maxLiveBytes: blocks * blockBytes,
    maxIdleBytes: blocks * blockBytes,
    exhaustions: total('exhaustions'),
    quarantined,
    refusedReleases: total('refused'),
    uptimeMs: Math.max(0, Date.now() - pool.madeAt),
    fragmentationRatio: 0
  })
  return Object.freeze({
    ...counted,
    mode: pool.mode,
    inFlight: flying,
    stranded,
    refills,
    rowHitRatio: acquisitions > 0 ? 1 - refills / acquisitions : 1,
    recordBytes: layout.dataOffset + blocks * (blockStride - blockBytes),
    threads: Object.freeze(threads)
  })
}

/** Blocks in the rows of each seat. */
function strandedOf({ firstRow, endOfRows, rowStride, threads }: Layout, words: Int32Array): number[] {
  const bySeat = new Array<number>(threads + 1).fill(0)
  for (let row = firstRow; row < endOfRows; row += rowStride) {
    const owner = Atomics.load(words, row)
    if (owner > 0 && owner !== rowStocked) bySeat[owner] = (bySeat[owner] as number) + (words[row + rowCount] as number)
  }
  return bySeat
}

function threadStats(words: Int32Array, seat: number, stranded: number): ThreadStats {
  const record = threadRecord(seat)
  const word = (name: keyof typeof threadWord) => words[record + threadWord[name]] as number
  const laps = word('acquiredLaps')
  const acquisitions = laps * (wordMask + 1) + word('acquired')
  const refills = word('refills')
  return Object.freeze({
    seat,
    attached: Atomics.load(words, record) !== 0,
    out: word('out'),
    peakOut: word('peakOut'),
    stranded,
    acquisitions,
    refills,
    rowHitRatio: acquisitions > 0 ? 1 - refills / acquisitions : 1,
    exhaustions: word('exhaustions'),
    sent: word('sent'),
    received: word('received'),
    refused: word('refused')
  })
}
