import { readFileSync } from 'node:fs'

/** The time that a thread had a core, and that it waited for one, ns. */
export interface Schedule {
  readonly ranNs: number
  readonly waitedNs: number
}

/** The schedule of this thread so far, as Linux counts it; undefined elsewhere. Some 10 µs. */
export function scheduleOfThread(): Schedule | undefined {
  try {
    const [ranNs = Number.NaN, waitedNs = Number.NaN] = readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ').map(Number)
    return Number.isFinite(ranNs) && Number.isFinite(waitedNs) ? { ranNs, waitedNs } : undefined
  } catch {
    return undefined
  }
}

/** The share of the time in which the thread could have run that it did run, 0..1; undefined where that is not known. */
export function runRatio(before: Schedule | undefined, after: Schedule | undefined): number | undefined {
  if (before === undefined || after === undefined) return undefined
  const [ran, waited] = [after.ranNs - before.ranNs, after.waitedNs - before.waitedNs]
  return ran > 0 && waited >= 0 ? ran / (ran + waited) : undefined
}
