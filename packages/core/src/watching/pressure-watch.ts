import type { MemoryPressureLevel } from '../interfaces/stats-source.js'

/** Where a pool's memory pressure begins, in bytes. */
export interface PressureSettings {
  readonly elevatedBytes: number
  readonly criticalBytes: number
  readonly limitBytes: number
  readonly usedBytes: () => number
}

/** Share of a threshold that use must fall below before the level falls: no flicker at the edge. */
const recovery = 0.95

/** The level of memory pressure that a pool sees. Reads the process's memory at a beat only. */
export class PressureWatch {
  readonly #settings: PressureSettings
  /** The level as of the last look. */
  level: MemoryPressureLevel = 'normal'
  /** Bytes in use as of the last look. */
  usedBytes = 0

  /** A watch that has not looked yet. */
  constructor(settings: PressureSettings) {
    this.#settings = settings
  }

  /** The bytes that count as all of the memory. */
  get limitBytes(): number {
    return this.#settings.limitBytes
  }

  /** Looks; returns whether the level changed. */
  look(): boolean {
    const { elevatedBytes, criticalBytes, usedBytes } = this.#settings
    const used = usedBytes()
    if (!(used >= 0)) return false
    this.usedBytes = used
    const before = this.level
    const above = (threshold: number, already: boolean) => used >= (already ? threshold * recovery : threshold)
    if (above(criticalBytes, before === 'critical')) this.level = 'critical'
    else this.level = above(elevatedBytes, before !== 'normal') ? 'elevated' : 'normal'
    return this.level !== before
  }
}
