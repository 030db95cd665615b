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

/** Operations of a property test: 10⁵, or 10⁶ for `pnpm test:deep`. */
export const operations: number = isDeep ? 1_000_000 : 100_000
