import type { BufferSource, Lease } from '@pool/core/interfaces'
import { decodedTextBytes, layDecodedText } from './decode/decoded-text.js'
import { FIELD_BYTES } from './field.js'
import { FieldScanner } from './field-scanner.js'
import { visitBody } from './fields/body-fields.js'
import { visitHeader } from './fields/header-fields.js'
import { visitUri } from './fields/uri-fields.js'
import type { Analysis, AttackKind } from './finding.js'
import { ATTACK_KINDS } from './finding.js'
import { Findings } from './findings.js'
import { RULES } from './rules/index.js'

/** The parts of a request that are analysed beside its body; Node's `IncomingMessage` fits. */
export interface AnalyzableRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Options of a {@link ThreatDetector}. */
export interface ThreatDetectorOptions {
  /** Source of scratch memory: one lease for each request, of 1 to 27 KiB by the request's content. */
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
  /** Leases of scratch memory out now: 0 between requests. */
  readonly scratchOut: number
}

/** Health in sentences; nothing in them comes from a request. */
export interface ThreatDetectorHealth {
  readonly healthy: boolean
  readonly warnings: readonly string[]
  readonly errors: readonly string[]
}

const DEFAULT_MAX_FINDINGS = 16
/**
 * The bytes that rules may look at in a request, as `Findings` counts them, and more for each byte of it: enough for honest requests, and
 * no more than some 25 ms for a mebibyte of the others.
 */
const BASE_EXAMINED_BYTES = 1 << 20
const EXAMINED_PER_BYTE = 3
const SMALLEST_TEXT = 192
/** URIs and header values are read to this many bytes; node itself refuses longer ones. */
const MAX_LINE_BYTES = 16_384

/**
 * Finds attacks in HTTP requests. Works on bytes: an automaton of the rules' patterns runs over them, and rules look only at the short texts
 * in which it tells that they may find something, decoded into scratch memory that is leased for the request and released before it returns.
 *
 * Not safe against everything: it is an example of scanning in pooled memory, with honest figures, not a replacement for
 * escaping and prepared statements.
 */
export class ThreatDetector {
  readonly #source: BufferSource
  readonly #maxFindings: number
  readonly #scanner = new FieldScanner(RULES)
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
    if (this.#destroyed) throw new Error('the detector was destroyed; make another')
    const lines = longestLine(request)
    const capacity = Math.max(SMALLEST_TEXT, Math.min(FIELD_BYTES, Math.max(lines, body.length)))
    const scratchBytes = decodedTextBytes(capacity) + lines
    const lease = this.#lease(scratchBytes)
    const budget = BASE_EXAMINED_BYTES + (body.length + lines) * EXAMINED_PER_BYTE
    const findings = new Findings(this.#maxFindings, budget)
    try {
      const scratch = lease.buffer
      if (scratch.length < scratchBytes)
        throw new RangeError(`pool ${this.#source.name} leased ${scratch.length} bytes where ${scratchBytes} were asked for`)
      this.#scanner.begin(findings, layDecodedText(scratch, lines, capacity))
      this.#analyzeLines(request, Buffer.from(scratch.buffer as ArrayBuffer, scratch.byteOffset, lines))
      if (body.length > 0) this.#analyzeBody(request, body)
    } finally {
      this.#scanner.end()
      this.#scratchOut -= 1
      lease.release()
    }
    return this.#conclude(findings, body.length)
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

  #analyzeLines(request: AnalyzableRequest, line: Buffer): void {
    const scanner = this.#scanner
    if (request.url !== undefined) {
      scanner.enter('uri')
      visitUri(line, 0, writeLine(line, request.url), scanner)
    }
    scanner.enter('header')
    for (const [name, value] of Object.entries(request.headers)) {
      if (value === undefined) continue
      const folded = name.toLowerCase()
      for (const one of typeof value === 'string' ? [value] : value) visitHeader(folded, line, 0, writeLine(line, one), scanner)
    }
  }

  #analyzeBody(request: AnalyzableRequest, body: Uint8Array): void {
    const view = Buffer.from(body.buffer as ArrayBuffer, body.byteOffset, body.length)
    const scanner = this.#scanner
    scanner.enter('body')
    visitBody(contentTypeOf(request), view, 0, view.length, scanner)
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

function longestLine(request: AnalyzableRequest): number {
  let longest = lineBytes(request.url ?? '')
  for (const value of Object.values(request.headers)) {
    if (value === undefined) continue
    for (const one of typeof value === 'string' ? [value] : value) longest = Math.max(longest, lineBytes(one))
  }
  return longest
}

function lineBytes(line: string): number {
  return Math.min(MAX_LINE_BYTES, Buffer.byteLength(line))
}

/** Writes a line as node received it: Latin-1 where every character is one byte, else UTF-8. Returns its bytes. */
function writeLine(target: Buffer, line: string): number {
  for (let index = 0; index < line.length; index += 1) {
    if (line.charCodeAt(index) > 0xff) return target.write(line, 0, target.length, 'utf8')
  }
  return target.write(line, 0, target.length, 'latin1')
}

function contentTypeOf(request: AnalyzableRequest): string {
  const value =
    request.headers['content-type'] ?? Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  return (typeof value === 'string' ? value : value?.[0]) ?? ''
}
