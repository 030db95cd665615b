import { measure } from 'mitata'
import { median } from './median.js'

/** The costs of two pieces of work, measured in turn. */
export interface Comparison {
  /** Median ns per operation of the first. */
  readonly floorNs: number
  /** Median ns per operation of the second. */
  readonly subjectNs: number
  /** Median of second by first, round by round: drifts of the machine cancel out. */
  readonly ratio: number
}

/**
 * Measures `floor` and `subject` in turn, `rounds` times.
 * @param operations - how many operations one call of each does
 */
export async function interleave(floor: () => void, subject: () => void, operations: number, rounds: number): Promise<Comparison> {
  const floors: number[] = []
  const subjects: number[] = []
  await timeOnce(floor)
  await timeOnce(subject)
  for (let round = 0; round < rounds; round++) {
    floors.push((await timeOnce(floor)) / operations)
    subjects.push((await timeOnce(subject)) / operations)
  }
  return {
    floorNs: median(floors),
    subjectNs: median(subjects),
    ratio: median(subjects.map((ns, round) => ns / (floors[round] as number)))
  }
}

/** The work brings its own loop; unrolling it four times more would only exhaust the compiler's budget for inlining. */
async function timeOnce(work: () => void): Promise<number> {
  const { p50 } = await measure(work, { min_cpu_time: 60e6, min_samples: 10, batch_unroll: 1 })
  return p50
}
