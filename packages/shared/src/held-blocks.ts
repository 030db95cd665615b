import type { Occupancy } from '@pool/core/interfaces'
import { OccupancyMap } from '@pool/core/kit/universal'
import type { BlockTraces } from './debug/block-traces.js'
import { elsewhere, holderMask, idle, inFlight, type Layout } from './layout.js'

/** A block in use. */
export interface HeldBlock {
  /** Its number, 0..blocks - 1. */
  readonly block: number
  /** The thread that has it; undefined while it is in flight. */
  readonly seat: number | undefined
  /** The channel that it is in flight on. */
  readonly channel: number | undefined
  /** The thread that took it last and the place in that thread's code, as text; undefined unless the pool is in debug mode. */
  readonly takenAt: string | undefined
}

/** The blocks in use, by their words. */
export function heldBlocks(layout: Layout, words: Int32Array, traces: BlockTraces | undefined): readonly HeldBlock[] {
  const held: HeldBlock[] = []
  for (let block = 0; block < layout.blocks; block++) {
    const word = words[layout.firstBlockWord + block] as number
    if (!isHeld(word)) continue
    const holder = word & holderMask
    const isFlying = holder >= inFlight
    const where = isFlying ? { seat: undefined, channel: holder - inFlight } : { seat: holder, channel: undefined }
    held.push(Object.freeze({ block, ...where, takenAt: traces?.of(block).takenAt }))
  }
  return Object.freeze(held)
}

/** Which blocks are in use, by their words. */
export function drawnBlocks(layout: Layout, words: Int32Array): Occupancy {
  const map = new OccupancyMap(layout.blocks, layout.blockStride)
  for (let block = 0; block < layout.blocks; block++) if (isHeld(words[layout.firstBlockWord + block] as number)) map.mark(block, 1)
  return map
}

/** Whether a thread has the block in use, or it is in flight. */
function isHeld(word: number): boolean {
  const holder = word & holderMask
  return holder !== 0 && holder < elsewhere && (word & idle) === 0
}
