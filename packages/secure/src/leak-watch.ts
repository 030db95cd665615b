import { forget } from './last-wipe.js'
import { overwrite } from './overwrite.js'
import type { Slot } from './slot.js'
import { SlotState } from './slot-state.js'

/**
 * Finds what nobody released. Each view is registered once, when it is made, so an acquire pays nothing for being watched. Parts of
 * a view keep it, so a view that is gone leaves nobody who could release its memory.
 *
 * The registry belongs to the process: one that belonged to the pool would be collected together with a pool that was dropped
 * with its secrets, and wipe nothing.
 */
const registry = new FinalizationRegistry<Slot>(lost)

/** Begins to watch a slot's new view, in place of its former one. */
export function watchView(slot: Slot, view: Uint8Array): void {
  registry.unregister(slot)
  registry.register(view, slot, slot)
}

/** Ends it: the slot leaves the pool in order. */
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
  if (warned.has(slot.owner)) return
  warned.add(slot.owner)
  const detail = slot.acquiredAt === undefined ? "debug: 'poison' tells where each was acquired." : `Acquired:\n${slot.acquiredAt}`
  process.emitWarning(`pool '${slot.owner.name}': a secret of ${slot.length} bytes was collected without release; it is overwritten.`, {
    type: 'PoolLeakWarning',
    code: 'ERR_POOL_LEAK',
    detail
  })
}

const warned = new WeakSet<object>()
