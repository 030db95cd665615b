import type { PoolStats } from '@pool/core/interfaces'
import { poolStats } from '@pool/core/kit/universal'
import type { SharedPoolMode } from './ground.js'
import { elsewhere, holderMask, idle, inFlight, type Layout, threadRecord, threadWord, withdrawn, wordMask } from './layout.js'

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
  /** Blocks idle at hand for it now, where other threads don't find them. */
  readonly stranded: number
  /** Blocks handed out. */
  readonly acquisitions: number
  /** Acquires for which it had to claim a row, since it had no block at hand. */
  readonly refills: number
  /** Share of the acquires served from blocks at hand, 0..1; 1 before the first. */
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
  /** Free blocks at hand for single threads, where other threads don't find them; they count as available. */
  readonly stranded: number
  /** Acquires for which a thread had to claim a row. */
  readonly refills: number
  /** Share of the acquires served from blocks that the thread had at hand, 0..1; 1 before the first. */
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
  const out = new Array<number>(holderMask + 1).fill(0)
  const atHand = new Array<number>(holderMask + 1).fill(0)
  for (let index = 0; index < blocks; index++) {
    const word = words[firstBlockWord + index] as number
    const holder = word & holderMask
    const byHolder = (word & idle) === 0 ? out : atHand
    byHolder[holder] = (byHolder[holder] as number) + 1
  }
  const flying = sum(out.slice(inFlight, elsewhere))
  const [quarantined, away] = [out[withdrawn] as number, out[elsewhere] as number]
  const inUse = sum(out.slice(1, inFlight)) + flying
  const threads = Array.from({ length: layout.threads }, (_, at) =>
    threadStats(words, at + 1, out[at + 1] as number, atHand[at + 1] as number)
  )
  const total = (figure: 'acquisitions' | 'refills' | 'exhaustions' | 'stranded' | 'peakOut' | 'refused') =>
    sum(threads.map((thread) => thread[figure]))
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

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

function threadStats(words: Int32Array, seat: number, out: number, stranded: number): ThreadStats {
  const record = threadRecord(seat)
  const word = (name: keyof typeof threadWord) => words[record + threadWord[name]] as number
  const laps = word('acquiredLaps')
  const acquisitions = laps * (wordMask + 1) + word('acquired')
  const refills = word('refills')
  return Object.freeze({
    seat,
    attached: Atomics.load(words, record) !== 0,
    out,
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
