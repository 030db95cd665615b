import type { Occupancy, OccupancySource } from '../../interfaces/occupancy.js'
import { can } from '../checks.js'

/** The most cells of a map: 128 KiB of bits. */
const mostCells = 2 ** 20

/** An {@link Occupancy} while a pool draws it, in units of its own. Where there are more units than cells, neighbours share one. */
export class OccupancyMap implements Occupancy {
  /** Cells that the slab is divided into. */
  readonly cells: number
  /** Bytes that each cell stands for. */
  readonly cellBytes: number
  /** A bit for each cell: 1 where any part of it is in use. */
  readonly bits: Uint8Array
  readonly #units: number
  readonly #unitsEach: number

  /**
   * A map of which nothing is in use.
   * @param units - of the slab, 0 or more
   * @param unitBytes - bytes of each
   */
  constructor(units: number, unitBytes: number) {
    this.#units = units
    this.#unitsEach = Math.max(1, Math.ceil(units / mostCells))
    this.cells = Math.ceil(units / this.#unitsEach)
    this.cellBytes = unitBytes * this.#unitsEach
    this.bits = new Uint8Array(Math.ceil(this.cells / 8))
  }

  /** Draws `count` units as in use, from `first` on; those beyond the last one are none. */
  mark(first: number, count: number): void {
    const end = Math.min(this.#units, first + count)
    if (first >= end) return
    const last = Math.floor((end - 1) / this.#unitsEach)
    for (let cell = Math.floor(first / this.#unitsEach); cell <= last; cell++) {
      if ((cell & 7) === 0 && cell + 7 <= last) {
        this.bits[cell >>> 3] = 255
        cell += 7
      } else this.bits[cell >>> 3]! |= 1 << (cell & 7)
    }
  }
}

/** The parts of a pool's slab that are in use; undefined for a pool without a slab. Throws any error of the pool's `occupancy()`. */
export function occupancyOf(source: object): Occupancy | undefined {
  return can(source, 'occupancy') ? (source as OccupancySource).occupancy() : undefined
}
