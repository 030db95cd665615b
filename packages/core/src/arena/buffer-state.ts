/** Where a buffer of a pool is. An enum, because the build then writes its numbers straight into the hot path. */
export enum BufferState {
  /** Idle in the pool. */
  Free = 0,
  /** Out with a user, by acquire. */
  Out = 1,
  /** Out with a user, by lease. */
  Leased = 2,
  /** Out of the pool for good: discarded, withdrawn, or revoked. */
  Gone = 3,
  /** A flag beside Out or Leased: the release has more to do than usual, so it takes the slow path. */
  Watched = 4,
  /** The bits of all these. */
  All = 7
}
