import type { BufferSource } from '@pool/core/interfaces'
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
  /** Bytes of the bodies analysed. */
  readonly bytesScanned: number
  readonly findingsByKind: Readonly<Record<AttackKind, number>>
  /** Requests that were examined in part because a bound on work was met. */
  readonly incomplete: number
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
  readonly #stats = { requests: 0, threats: 0, bytesScanned: 0, incomplete: 0 }
  readonly #findingsByKind = Object.fromEntries(ATTACK_KINDS.map((kind) => [kind, 0])) as Record<AttackKind, number>

  constructor({ source, maxFindings = DEFAULT_MAX_FINDINGS }: ThreatDetectorOptions) {
    this.#source = source
    this.#maxFindings = maxFindings
  }

  /**
   * Analyses a request. Synchronous; `body` is read only, and not kept.
   * @param body - the raw body, possibly empty, possibly in pooled memory
   * @returns the verdict and where each finding is; no content
   * @throws the source's error when it has no scratch memory (`ERR_POOL_EXHAUSTED`, …): without decoding, a verdict of `clean`
   * would be worth nothing, so none is given. Everything taken was released.
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
    return { ...this.#stats, findingsByKind: { ...this.#findingsByKind } }
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
    const { scratchBytes } = scan
    const lease = this.#source.lease(scratchBytes)
    try {
      const { buffer } = lease
      if (buffer.length < scratchBytes)
        throw new RangeError(`pool ${this.#source.name} leased ${buffer.length} bytes where ${scratchBytes} were asked for`)
      return scan.takeTurn(this.#scanner, buffer, turnEnds)
    } finally {
      lease.release()
    }
  }

  #conclude({ found, complete }: Findings, bodyLength: number): Analysis {
    const isThreat = found.length > 0
    this.#stats.requests += 1
    this.#stats.bytesScanned += bodyLength
    if (isThreat) this.#stats.threats += 1
    else if (!complete) this.#stats.incomplete += 1
    for (const { kind } of found) this.#findingsByKind[kind] += 1
    return { verdict: isThreat ? 'threat' : 'clean', findings: found, complete }
  }
}

/** Makes a detector; see {@link ThreatDetector}. */
export function createThreatDetector(options: ThreatDetectorOptions): ThreatDetector {
  return new ThreatDetector(options)
}
