import { randomFillSync } from 'node:crypto'
import { outsideRequests } from '@pool/core/kit'
import { forget } from './end-of-process.js'
import { type Slot, SlotState } from './slot.js'

/**
 * Finds secrets that were not released.
 *
 * The registry belongs to the process: one that belonged to the pool would be collected together with a pool that was dropped
 * with its secrets, and wipe nothing.
 */
const registry = outsideRequests(() => new FinalizationRegistry<Slot>(lost))

/** Begins to watch a slot: it is lost once `tether`, which its view alone refers to, is collected while the slot is out. */
export function watchSlot(slot: Slot, tether: object): void {
  registry.register(tether, slot, slot)
}

/** Ends the watch: the slot leaves the pool in order. */
export function endWatch(slot: Slot): void {
  registry.unregister(slot)
}

function lost(slot: Slot): void {
  forget(slot)
  const isOut = slot.state === SlotState.Out || slot.state === SlotState.Leased
  slot.state = SlotState.Gone
  // The idle memory of a pool that was itself collected was wiped when it was released.
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
