import { randomFillSync } from 'node:crypto'
import { outsideRequests } from '@pool/core/kit'
import { forget } from './end-of-process.js'
import { type Slot, SlotState } from './slot.js'

/**
 * What a slot's view alone refers to, beside the free list: the collector takes it when the view and all its parts are gone, so nothing
 * is left that could release the slot. It outlives the views, of which a slot gets a new one for each other length, because registering
 * with the collector costs ten times what a view costs.
 */
export class ViewTether {}

/**
 * Finds secrets that were not released.
 *
 * The registry belongs to the process: one that belonged to the pool would be collected together with a pool that was dropped
 * with its secrets, and wipe nothing.
 */
const registry = outsideRequests(() => new FinalizationRegistry<Slot>(lost))

/** Begins to watch a slot; its view must keep the tether. Once per slot. */
export function watchSlot(slot: Slot): ViewTether {
  const tether = new ViewTether()
  registry.register(tether, slot, slot)
  return tether
}

/** Ends the watch: the slot leaves the pool in order. */
export function endWatch(slot: Slot): void {
  registry.unregister(slot)
}

function lost(slot: Slot): void {
  forget(slot)
  const isOut = slot.state === SlotState.Out || slot.state === SlotState.Leased
  slot.state = SlotState.Gone
  // What lay idle in a pool that is itself gone was wiped when it was released.
  if (!isOut) return
  overwrite(slot)
  slot.owner.pool.deref()?.lost(slot)
  slot.owner.warnings.warn(
    `pool '${slot.owner.name}': a secret of ${slot.length} bytes was collected without release; it is overwritten.`,
    slot.acquiredAt,
    "debug: 'poison' notes where each secret was acquired."
  )
}

/**
 * Overwrites a lost secret with random bytes. Not with zeroes: a view that was made from `secret.buffer` by hand may still be in
 * use, and a computation with garbage fails, where one with a key of zeroes goes on.
 */
function overwrite(slot: Slot): void {
  if (slot.isReachable) randomFillSync(slot.bytes)
}
