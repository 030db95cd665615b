/** Numbers that look random and repeat: mulberry32. */
export function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** Whether this is `pnpm test:deep`. */
export const isDeep: boolean = process.env.POOL_DEEP === '1'

/** Operations of a property test on each backing: a million in `pnpm test:deep`, a hundredth or, on sodium, a two-hundredth in ordinary tests. */
export function operationsOn(backing: 'heap' | 'sodium'): number {
  if (isDeep) return 1_000_000
  return backing === 'heap' ? 10_000 : 5_000
}

/** Lets memory that was freed leave the kernel's maps, which libsodium's binding does in later turns of the event loop. */
export async function freed(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}
