import type { PoolStats } from '@pool/core/interfaces'
import { isPoolError } from '@pool/core/kit/universal'

/** One finding of a {@link ValidationReport}. */
export interface ValidationCriterion {
  /** The property that was looked at. */
  readonly criterion: string
  /** The required value. */
  readonly target: string
  /** The measured value. */
  readonly measured: string | number
  /** Whether the measured value meets the required one. */
  readonly pass: boolean
}

/** The findings of a validation, as plain JSON. */
export interface ValidationReport {
  /** The pool's name. */
  readonly pool: string
  /** `block`, `extent` or `sample`. */
  readonly kind: string
  /** Whether every criterion passed. */
  readonly valid: boolean
  /** Criteria that passed. */
  readonly passed: number
  /** Criteria that failed. */
  readonly failed: number
  /** Each criterion. */
  readonly criteria: readonly ValidationCriterion[]
}

/** A pool under validation. */
export interface ValidatedPool {
  readonly fragmentationLimit: number
  readonly bookkeepingBytes: number
  stats(): PoolStats
  verify(): unknown
  getFragmentation(): number
  getEfficiency(): number
}

/** The most that the records may take, in percent of the memory; an extent's take 32 bytes, however small it is. */
const recordShares: Readonly<Record<string, number>> = { block: 3, extent: 30, sample: 3 }

/** Checks a pool as it is now. Each of `misuses` has to be refused with an error of the family. */
export function validationReport(pool: ValidatedPool, misuses: readonly (() => unknown)[]): ValidationReport {
  const stats = pool.stats()
  const requests = stats.acquisitions + stats.exhaustions
  const limit = pool.fragmentationLimit
  const overhead = stats.closed ? 0 : (100 * pool.bookkeepingBytes) / stats.liveBytes
  const refused = misuses.filter((misuse) => isPoolError(errorOf(misuse))).length
  const corruption = errorOf(() => pool.verify())
  const most = (criterion: string, measured: number, limit: number) => finding(criterion, `≤ ${limit}`, measured, measured <= limit)
  const least = (criterion: string, measured: number, limit: number) => finding(criterion, `≥ ${limit}`, measured, measured >= limit)
  const equal = (criterion: string, measured: number, target: number) => finding(criterion, `${target}`, measured, measured === target)
  const criteria = [
    finding('records agree with each other', 'yes', corruption === undefined ? 'yes' : String(corruption), corruption === undefined),
    equal('bytes in use and idle, of those alive', stats.inUseBytes + stats.idleBytes, stats.liveBytes),
    equal('acquisitions less releases, of those in use', stats.acquisitions - stats.releases, stats.inUse),
    equal('wrong arguments refused', refused, misuses.length),
    equal('the same in use after they were refused', pool.stats().inUse, stats.inUse),
    most('fragmentation, %', pool.getFragmentation(), limit),
    least('efficiency, %', pool.getEfficiency(), 100 - limit),
    least('requests served from memory that was ready, %', requests === 0 ? 100 : (100 * stats.hits) / requests, 90),
    most('records by bytes of the memory, %', overhead, recordShares[stats.kind] ?? 3),
    equal('returns refused: double, stale or foreign', stats.refusedReleases, 0)
  ]
  return reportOf(stats.name, stats.kind, criteria)
}

/** A report of criteria. */
export function reportOf(pool: string, kind: string, criteria: readonly ValidationCriterion[]): ValidationReport {
  const passed = criteria.filter(({ pass }) => pass).length
  const failed = criteria.length - passed
  return Object.freeze({ pool, kind, valid: failed === 0, passed, failed, criteria: Object.freeze(criteria) })
}

function finding(criterion: string, target: string, measured: string | number, pass: boolean): ValidationCriterion {
  return Object.freeze({ criterion, target, measured, pass })
}

function errorOf(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (error) {
    return error
  }
}
