import { canaryBytes, type Slot } from './slot.js'

const poisonByte = 0xdb

/** Fills idle memory with bytes that show who writes to it. */
export function poison(slot: Slot): void {
  slot.bytes.fill(poisonByte, 0, slot.length + canaryBytes)
  slot.poisoned = true
}

/** The offset of the first byte that was written to since; -1 for none. */
export function firstUnpoisoned(slot: Slot): number {
  return slot.bytes.subarray(0, slot.length + canaryBytes).findIndex((byte) => byte !== poisonByte)
}
