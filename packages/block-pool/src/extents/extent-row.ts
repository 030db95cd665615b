/**
 * The columns of the row of one extent: eight 32-bit integers, so that a row is half a cache line.
 *
 * ```
 *          0        1      2      3      4                5               6        7
 *   used │ offset │ size │ prev │ next │ slack          │ pins          │ handle │ last handle │
 *   free │ offset │ size │ prev │ next │ next in its bin│ prev in it    │ 0      │ last handle │
 *   none │   –    │  –   │  –   │  –   │ next spare row │   –           │ -2     │ last handle │
 *   row 0│ units  │ 0    │ last │ first│       –        │   –           │ -1     │      –      │
 * ```
 *
 * Offsets and sizes count units of the pool's alignment; `prev` and `next` are the rows of the neighbours in memory, and row 0
 * closes the ring.
 */
export enum Row {
  /** Where it begins, in units. */
  Offset = 0,
  /** Its size, in units. */
  Size = 1,
  /** The row of the extent before it in memory. */
  Prev = 2,
  /** The row of the extent after it in memory. */
  Next = 3,
  /** Used: bytes at its end beyond those asked for. */
  Slack = 4,
  /** Free: the next of its bin. Spare: the next spare row. */
  // biome-ignore lint/suspicious/noDuplicateEnumValues: a row is used or free, and its columns mean different things then
  NextFree = 4,
  /** Used: how often it is pinned. */
  Pins = 5,
  /** Free: the one before it in its bin. */
  PrevFree = 5,
  /** Used: its handle, above 0. Else {@link RowState}. */
  Handle = 6,
  /** The last handle that this row had, so that the next one differs. */
  LastHandle = 7
}

/** The values that a row has in place of a handle while its extent is not in use. */
export enum RowState {
  /** The extent is free. */
  Free = 0,
  /** Row 0, which is not an extent. */
  Border = -1,
  /** The row has no extent now. */
  Spare = -2
}
