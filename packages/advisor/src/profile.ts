import type { PoolStats, SizeHistogram } from '@pool/core'

/** The makers of Buffers that are watched. */
export const makers = [
  'Buffer.alloc',
  'Buffer.allocUnsafe',
  'Buffer.allocUnsafeSlow',
  'Buffer.from',
  'Buffer.concat',
  'Readable.push',
  'ArrayBuffer'
] as const

/** The function that made the memory. `Readable.push` stands for chunks that Node itself allocated: those of sockets, pipes and HTTP bodies. */
export type Maker = (typeof makers)[number]

/** A place in the source of a program: before bundling and compiling, where there is a source map. */
export interface Frame {
  /** Absolute path, or the name under which the source runs: `node:fs`, `evalmachine.<anonymous>`. */
  readonly file: string
  /** 1 and above. */
  readonly line: number
  /** 1 and above. */
  readonly column: number
  /** Its function; empty at the top level of a module and in functions without a name. */
  readonly function: string
  /** The package that it belongs to, by its `node_modules` folder; absent in the program's own sources and in Node's. */
  readonly library?: string
}

/** Buffers of nearly the same size. */
export interface SizeGroup {
  /** The largest size of the group, bytes: at most 12.5 % above the smallest that falls into it. */
  readonly bytes: number
  /** How many buffers of the group were made, estimated; not whole. */
  readonly count: number
}

/** A place where buffers are made, and how many. All counts are estimates from samples, over the time of the profile. */
export interface Site {
  /** The function that made them. */
  readonly maker: Maker
  /** The callers, the innermost first, without Node's own frames; empty where Node made the buffer by itself. */
  readonly frames: readonly Frame[]
  /** The library that made them, and the nearest other one that called it: `raw-body`, `raw-body via express`. Absent in own sources. */
  readonly library?: string
  /** For people: `node_modules/raw-body/index.js:286`, relative to the working folder where it lies below; without a frame Node's part. */
  readonly place: string
  /** Bytes made. */
  readonly bytes: number
  /** Buffers made; not whole. */
  readonly count: number
  /** Their sizes, ascending. */
  readonly sizes: readonly SizeGroup[]
  /** Share of the watched buffers, 0..1, that were dead at the first major collection after they were made. Absent where none was watched. */
  readonly deadByNextMajor?: number
  /** The most bytes that were alive at once, as seen at major collections; absent where none was watched. */
  readonly peakLiveBytes?: number
  /** The most buffers that were alive at once, as seen at major collections; absent where none was watched. */
  readonly peakLive?: number
}

/** The expense of the process during the profile. */
export interface ProcessReading {
  /** CPU time of all threads, user and system, ms. */
  readonly cpuMs: number
  /** CPU time of V8's helper threads, which collect and compile, ms; it is in `cpuMs`, too. Absent where it is not known: it is on Linux, from Node 24 on. */
  readonly helperMs?: number
  /**
   * Share of the time in which the observed thread could have run that it had a core, 0..1: the time of collections is wall time, and has its waiting for a
   * core in it. Absent where it is not known: it is on Linux.
   */
  readonly ranRatio?: number
  /** Page faults that needed no disk. */
  readonly minorFaults: number
  /**
   * Those of them that may be due to buffers which were made again and again: of each quarter of a second, as many as pages were made in buffers of 4 KiB and
   * above, or all where there were fewer, without those by which the resident memory grew to a new peak. Absent in profiles of earlier versions.
   */
  readonly bufferFaults?: number
  /** Resident memory at the end, bytes. */
  readonly rssBytes: number
  /** The most resident memory that a reading found, bytes. */
  readonly peakRssBytes: number
  /** The most memory of Buffers and ArrayBuffers that a reading found, bytes. */
  readonly peakArrayBuffersBytes: number
  /** Garbage collections. */
  readonly collections: {
    /** Collections of the young generation. */
    readonly minor: number
    /** Collections of all generations. */
    readonly major: number
    /** Steps of incremental marking. */
    readonly incremental: number
    /** Time of all of them, ms. */
    readonly totalMs: number
    /**
     * Their time by the bytes of buffers of 4 KiB and above that were made since the collection of the same kind before, young or major, in doublings: V8
     * also collects when these bytes have grown, however few the objects are. Absent in profiles of earlier versions.
     */
    readonly byMadeBytes?: readonly { readonly bytes: number; readonly ms: number }[]
  }
}

/** How the sites were found. */
export interface SamplingReading {
  /** Mean distance of two samples, bytes. */
  readonly meanBytes: number
  /** Samples taken. */
  readonly samples: number
  /** Buffers among them that were watched until a major collection. */
  readonly watchedLifetimes: number
}

/** The bytes that the profile can't assign to a site. */
export interface Unattributed {
  /** Their number, estimated; absent where even that is unknown. */
  readonly bytes?: number
  /** Sentences: the possible origin of these bytes, and why they were not seen. */
  readonly reasons: readonly string[]
}

/** A pool that lives in the program. */
export interface PoolReading {
  /** Its name. */
  readonly name: string
  /** The kind of pool: `buffer`, `size-class`, … */
  readonly kind: string
  /** Its figures at the end of the profile. */
  readonly stats: PoolStats
  /** The sizes that it is asked for; absent where the pool does not know them. */
  readonly histogram?: SizeHistogram
}

/** The observation of a program. It can be written as JSON. */
export interface Profile {
  /** The version of this format. */
  readonly version: 1
  /** Node's version, such as `v20.20.0`. */
  readonly node: string
  /** The id of its process. */
  readonly pid: number
  /** When it began, ISO 8601. */
  readonly startedAt: string
  /** How long it took, ms. */
  readonly durationMs: number
  /** The process as a whole, other threads included. */
  readonly process: ProcessReading
  /** How the sites were found. */
  readonly sampling: SamplingReading
  /** Where buffers are made, the most bytes first. */
  readonly sites: readonly Site[]
  /** The bytes that could not be assigned to a site. */
  readonly unattributed: Unattributed
  /** The pools that the program has; empty where it has none. */
  readonly pools: readonly PoolReading[]
  /** Sentences on what this profile covers, such as one thread of several. */
  readonly notes: readonly string[]
}
