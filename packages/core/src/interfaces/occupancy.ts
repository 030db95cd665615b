/** Which parts of a pool's slab are in use, at one moment. */
export interface Occupancy {
  /** Cells that the slab is divided into. */
  readonly cells: number
  /** Bytes that each cell stands for; the last one may stand for fewer. */
  readonly cellBytes: number
  /** A bit for each cell, from the lowest bit of the first byte on: 1 where any part of the cell is in use. The caller's own. */
  readonly bits: Uint8Array
}

/** A pool that carves its buffers out of a slab, and knows where they lie. */
export interface OccupancySource {
  /** Which parts of the slab are in use: of 2²⁰ cells at most. Made on each call, in some ms for the most; the hot path pays nothing for it. */
  occupancy(): Occupancy
}
