import type { BufferSource, Lease } from '@pool/core/interfaces'
import type { Analysis, AttackKind } from './finding.js'
import { ATTACK_KINDS } from './finding.js'
import { RULES } from './rules/index.js'
import { AT_ONCE, FieldScanner } from './scan/field-scanner.js'
import type { Findings } from './scan/findings.js'
import { type AnalyzableRequest, RequestScan } from './scan/request-scan.js'
import { TurnLine } from './scan/turn-line.js'

/** Options of a {@link ThreatDetector}. */
export interface ThreatDetectorOptions {
  /** Source of scratch memory: one lease for each turn of a request, of 1 to 27 KiB by the request's content. */
  readonly source: BufferSource
  /** Findings after which a scan ends. Default 16. */
  readonly maxFindings?: number
}

/** Figures since the detector was made. */
export interface ThreatDetectorStats {
  readonly requests: number
  readonly threats: number
  readonly clean: number
  /** Bytes of the bodies analysed. */
  readonly bytesScanned: number
  readonly findings: number
  readonly findingsByKind: Readonly<Record<AttackKind, number>>
  /** Requests that were examined in part because a bound on work was met. */
  readonly incomplete: number
  /** Requests refused because no scratch memory could be had. */
  readonly scratchFailures: number
  /** Bytes of scratch memory leased, in total. */
  readonly scratchBytesLeased: number
  /** Leases of scratch memory out now: 0 between turns. */
  readonly scratchOut: number
}

/** Health in sentences; nothing in them comes from a request. */
export interface ThreatDetectorHealth {
  readonly healthy: boolean
  readonly warnings: readonly string[]
  readonly errors: readonly string[]
}

const DEFAULT_MAX_FINDINGS = 16
/** Bodies up to this many bytes are scanned at once: they end before a turn would. */
const SHORT_BODY_BYTES = 4096

/**
 * Finds attacks in HTTP requests. Works on bytes: an automaton of the rules' patterns runs over them, and rules look only at the short texts
 * in which it tells that they may find something, decoded into scratch memory that is leased for the turn and released at its end.
 *
 * Not safe against everything: it is an example of scanning in pooled memory, with honest figures, not a replacement for
 * escaping and prepared statements.
 */
export class ThreatDetector {
  readonly #source: BufferSource
  readonly #maxFindings: number
  readonly #scanner = new FieldScanner(RULES)
  readonly #line = new TurnLine()
  readonly #findingsByKind: Record<AttackKind, number>
  #requests = 0
  #threats = 0
  #bytesScanned = 0
  #findings = 0
  #incomplete = 0
  #scratchFailures = 0
  #scratchBytesLeased = 0
  #scratchOut = 0
  #destroyed = false

  constructor(options: ThreatDetectorOptions) {
    const maxFindings = options.maxFindings ?? DEFAULT_MAX_FINDINGS
    if (!Number.isInteger(maxFindings) || maxFindings < 1 || maxFindings > 1024) {
      throw new RangeError('maxFindings must be an integer in 1..1024')
    }
    this.#source = options.source
    this.#maxFindings = maxFindings
    this.#findingsByKind = Object.fromEntries(ATTACK_KINDS.map((kind) => [kind, 0])) as Record<AttackKind, number>
  }

  /**
   * Analyses a request. Synchronous; `body` is read only, and not kept.
   * @param body - the raw body, possibly empty, possibly in pooled memory
   * @returns the verdict and where each finding is; no content
   * @throws the source's error when it has no scratch memory (`ERR_POOL_EXHAUSTED`, …): without decoding, a verdict of `clean`
   * would be worth nothing, so none is given. Everything taken was released.
   * @throws Error after destroy
   */
  analyzeRequest(request: AnalyzableRequest, body: Uint8Array): Analysis {
    const scan = new RequestScan(request, body, this.#maxFindings)
    this.#takeTurn(scan, AT_ONCE)
    return this.#conclude(scan.findings, body.length)
  }

  /**
   * Analyses a request as {@link ThreatDetector.analyzeRequest} does, and lets the event loop go on each few milliseconds. Other requests are analysed
   * between its turns.
   * @param body - read only, and only until the promise settles
   * @param isGone - asked before each further turn; once it says true, `body` is read no more
   * @returns the analysis, at once where one turn sufficed; a promise otherwise, of nothing where the client is gone
   * @throws (or rejects) as `analyzeRequest` does
   */
  analyzeInTurns(request: AnalyzableRequest, body: Uint8Array, isGone: () => boolean): Analysis | Promise<Analysis | undefined> {
    const scan = new RequestScan(request, body, this.#maxFindings)
    const ends = body.length <= SHORT_BODY_BYTES ? AT_ONCE : this.#line.ends
    const isBegun = ends === AT_ONCE || performance.now() < ends
    if (isBegun && this.#takeTurn(scan, ends)) return this.#conclude(scan.findings, body.length)
    return this.#finish(scan, body.length, isGone)
  }

  /** A snapshot of the figures. */
  getStats(): ThreatDetectorStats {
    return {
      requests: this.#requests,
      threats: this.#threats,
      clean: this.#requests - this.#threats,
      bytesScanned: this.#bytesScanned,
      findings: this.#findings,
      findingsByKind: { ...this.#findingsByKind },
      incomplete: this.#incomplete,
      scratchFailures: this.#scratchFailures,
      scratchBytesLeased: this.#scratchBytesLeased,
      scratchOut: this.#scratchOut
    }
  }

  /** Whether it can serve, with a warning for each thing that needs an operator. */
  healthCheck(): ThreatDetectorHealth {
    const warnings: string[] = []
    const errors: string[] = []
    if (this.#destroyed) errors.push('the detector was destroyed')
    if (this.#scratchOut > 0) errors.push(`${this.#scratchOut} leases of scratch memory were never released`)
    if (this.#scratchFailures > 0) {
      warnings.push(`${this.#scratchFailures} requests found no scratch memory in pool ${this.#source.name}: raise its bounds`)
    }
    if (this.#incomplete > 0) warnings.push(`${this.#incomplete} requests met the bound on work and were examined in part`)
    return { healthy: errors.length === 0, warnings, errors }
  }

  /** Ends its use. The source stays: its maker destroys it. */
  destroy(): void {
    this.#destroyed = true
  }

  async #finish(scan: RequestScan, bodyLength: number, isGone: () => boolean): Promise<Analysis | undefined> {
    do {
      await this.#line.next()
      if (isGone()) return undefined
    } while (!this.#takeTurn(scan, this.#line.ends))
    return this.#conclude(scan.findings, bodyLength)
  }

  /** Leases scratch memory for one turn, so that scans that wait hold none. */
  #takeTurn(scan: RequestScan, turnEnds: number): boolean {
    if (this.#destroyed) throw new Error('the detector was destroyed; make another')
    const { scratchBytes } = scan
    const lease = this.#lease(scratchBytes)
    try {
      const { buffer } = lease
      if (buffer.length < scratchBytes)
        throw new RangeError(`pool ${this.#source.name} leased ${buffer.length} bytes where ${scratchBytes} were asked for`)
      return scan.takeTurn(this.#scanner, buffer, turnEnds)
    } finally {
      this.#scratchOut -= 1
      lease.release()
    }
  }

  #lease(bytes: number): Lease {
    try {
      const lease = this.#source.lease(bytes)
      this.#scratchOut += 1
      this.#scratchBytesLeased += bytes
      return lease
    } catch (error) {
      this.#scratchFailures += 1
      throw error
    }
  }

  #conclude(findings: Findings, bodyLength: number): Analysis {
    const threat = findings.found.length > 0
    this.#requests += 1
    this.#bytesScanned += bodyLength
    this.#findings += findings.found.length
    if (threat) this.#threats += 1
    if (!findings.complete && !threat) this.#incomplete += 1
    for (const finding of findings.found) this.#findingsByKind[finding.kind] += 1
    return { verdict: threat ? 'threat' : 'clean', findings: findings.found, complete: findings.complete }
  }
}

/** Makes a detector; see {@link ThreatDetector}. */
export function createThreatDetector(options: ThreatDetectorOptions): ThreatDetector {
  return new ThreatDetector(options)
}
