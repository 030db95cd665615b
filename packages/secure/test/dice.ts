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

/** Operations of a property test: a million in `pnpm test:deep`, a fiftieth of them in ordinary tests. */
export const operations: number = isDeep ? 1_000_000 : 20_000
