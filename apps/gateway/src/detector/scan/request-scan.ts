import { decodedTextBytes, layDecodedText } from '../decode/decoded-text.js'
import { visitBody } from '../fields/body-fields.js'
import { FIELD_BYTES, type Turns } from '../fields/field.js'
import { visitHeader } from '../fields/header-fields.js'
import { visitUri } from '../fields/uri-fields.js'
import { AT_ONCE, type FieldScanner } from './field-scanner.js'
import { Findings } from './findings.js'

/** The parts of a request that are analysed beside its body; Node's `IncomingMessage` fits. */
export interface AnalyzableRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/**
 * The bytes that rules may look at in a request, as `Findings` counts them, and more for each byte of it: enough for honest requests, and
 * no more than some 25 ms for a mebibyte of the others.
 */
const BASE_EXAMINED_BYTES = 1 << 20
const EXAMINED_PER_BYTE = 3
const SMALLEST_TEXT = 192
/** URIs and header values are read to this many bytes; node itself refuses longer ones. */
const MAX_LINE_BYTES = 16_384

/** The scan of one request: its lines in the first turn, and its body in as many as it takes. */
export class RequestScan {
  readonly findings: Findings
  /** Scratch memory that each turn needs, in bytes. */
  readonly scratchBytes: number
  readonly #request: AnalyzableRequest
  readonly #body: Uint8Array
  readonly #lineBytes: number
  readonly #textBytes: number
  #turns: Turns | undefined

  /** @param body - read only, and only within turns */
  constructor(request: AnalyzableRequest, body: Uint8Array, maxFindings: number) {
    this.#request = request
    this.#body = body
    this.#lineBytes = longestLine(request)
    this.#textBytes = Math.max(SMALLEST_TEXT, Math.min(FIELD_BYTES, Math.max(this.#lineBytes, body.length)))
    this.scratchBytes = decodedTextBytes(this.#textBytes) + this.#lineBytes
    this.findings = new Findings(maxFindings, BASE_EXAMINED_BYTES + (body.length + this.#lineBytes) * EXAMINED_PER_BYTE)
  }

  /**
   * Scans until all of it was, or the turn is over.
   * @param scratch - at least {@link RequestScan.scratchBytes}, which hold nothing of use between two turns
   * @param turnEnds - when the turn is over, by the clock; {@link AT_ONCE} to scan all
   * @returns whether all was scanned
   */
  takeTurn(scanner: FieldScanner, scratch: Uint8Array, turnEnds: number): boolean {
    const lineBytes = this.#lineBytes
    try {
      scanner.begin(this.findings, layDecodedText(scratch, lineBytes, this.#textBytes))
      if (this.#turns === undefined)
        visitLines(this.#request, Buffer.from(scratch.buffer as ArrayBuffer, scratch.byteOffset, lineBytes), scanner)
      if (this.#body.length === 0) return true
      scanner.enter('body')
      scanner.endTurnAt(turnEnds)
      this.#turns ??= this.#visit(scanner, turnEnds !== AT_ONCE)
      return this.#turns.next().done === true
    } finally {
      scanner.end()
    }
  }

  #visit(scanner: FieldScanner, isInTurns: boolean): Turns {
    const body = Buffer.from(this.#body.buffer as ArrayBuffer, this.#body.byteOffset, this.#body.length)
    const visit = visitBody(contentTypeOf(this.#request), body, 0, body.length, scanner)
    return isInTurns ? scanner.inTurns(visit) : visit
  }
}

function visitLines(request: AnalyzableRequest, line: Buffer, scanner: FieldScanner): void {
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
