/** Where a slot is. An enum, because the build then writes its numbers straight into the hot path. */
export enum SlotState {
  /** Idle in the pool, wiped. */
  Free = 0,
  /** Out with a user, by acquire. */
  Out = 1,
  /** Out with a user, by lease. */
  Leased = 2,
  /** Out of the pool for good, wiped. */
  Gone = 3
}
