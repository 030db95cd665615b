import type { StatsDirectory } from '@pool/core/interfaces'
import { occupancyOf } from '@pool/core/kit'
import { readPools } from './sample.js'

/** Bytes before the bits: two numbers of 64 bits, little-endian. */
const headBytes = 16

/**
 * Which parts of the slab of the pool `id` are in use, for the page to draw: how many cells, how many bytes each of them stands for, and a bit for each.
 * Undefined where no pool of that id has a slab. Some ms for a million blocks.
 */
export function slabMap(directory: StatsDirectory, id: string): Buffer | undefined {
  const source = readPools(directory).find((one) => one.id === id)?.source
  if (source === undefined) return undefined
  try {
    const occupancy = occupancyOf(source)
    if (occupancy === undefined) return undefined
    const { cells, cellBytes, bits } = occupancy
    const map = Buffer.allocUnsafe(headBytes + bits.length)
    map.writeDoubleLE(cells, 0)
    map.writeDoubleLE(cellBytes, 8)
    map.set(bits, headBytes)
    return map
  } catch {
    return undefined
  }
}
