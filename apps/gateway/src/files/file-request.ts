import { extname } from 'node:path'
import type { Request, Response } from 'express'
import { Refusal } from '../http/error-answer.js'
import type { ServedFile } from './files-folder.js'

/** The bytes of a file that are sent; `end` is the offset after the last. */
export interface FilePart {
  readonly start: number
  readonly end: number
}

/** The figures that distinguish one state of a file from another. */
interface Validators {
  readonly etag: string
  readonly 'last-modified': string
}

/**
 * Decides the answer to a request for a file, in the order of RFC 9110, 13.2.2, and sets status and headers accordingly.
 * @returns the part to send; undefined: no part, since the client has it
 * @throws Refusal 412 `precondition.failed`, 416 `range.unsatisfiable`
 */
export function answerFileRequest(request: Request, response: Response, file: ServedFile): FilePart | undefined {
  const { size } = file
  const validators = validatorsOf(file)
  if (!isExpected(request, validators)) throw new Refusal(412, 'precondition.failed', 'the file is another by now')
  // May be kept, but has to be asked for each time.
  response.set({ ...validators, 'cache-control': 'no-cache' })
  // Compares with the headers that were just set.
  if (request.fresh) {
    response.status(304)
    return undefined
  }
  const range = rangeOf(request, size, validators)
  if (range === 'unsatisfiable') {
    response.set('content-range', `bytes */${size}`)
    throw new Refusal(416, 'range.unsatisfiable', `the file has ${size} bytes`)
  }
  const { start, end } = range ?? { start: 0, end: size }
  if (range !== undefined) response.status(206).set('content-range', `bytes ${start}-${end - 1}/${size}`)
  response
    .type(extname(file.name))
    .set({ 'accept-ranges': 'bytes', 'content-length': String(end - start), 'x-content-type-options': 'nosniff' })
  return { start, end }
}

/** Takes back the headers that {@link answerFileRequest} set of a file, so that an error can be answered. */
export function forgetFile(response: Response): void {
  const ofFile = ['etag', 'last-modified', 'content-type', 'accept-ranges', 'content-length', 'x-content-type-options']
  // The one of a 416 stays.
  if (response.statusCode === 206) ofFile.push('content-range')
  for (const name of ofFile) response.removeHeader(name)
  response.set('cache-control', 'no-store')
}

/** The size and the nanosecond of the last change: files that differ in neither are taken for the same, byte by byte. */
function validatorsOf({ size, modifiedNs }: ServedFile): Validators {
  return {
    etag: `"${size.toString(16)}-${modifiedNs.toString(16)}"`,
    'last-modified': new Date(Number(modifiedNs / 1_000_000n)).toUTCString()
  }
}

/** Whether the file is the one that the client means by `If-Match` or, without that, `If-Unmodified-Since`. */
function isExpected(request: Request, validators: Validators): boolean {
  const expected = request.get('if-match')
  if (expected !== undefined) return expected.split(',').some((tag) => tag.trim() === '*' || tag.trim() === validators.etag)
  // A malformed date makes this false, and is ignored.
  return !(Date.parse(validators['last-modified']) > Date.parse(request.get('if-unmodified-since') ?? ''))
}

/**
 * The range that is asked for. Undefined for all that gets the whole file: no range, several, other units, nonsense, a method other than
 * GET, another state of the file in `If-Range`.
 */
function rangeOf(request: Request, size: number, validators: Validators): FilePart | 'unsatisfiable' | undefined {
  if (request.method !== 'GET' || !/^bytes=/.test(request.get('range') ?? '')) return undefined
  const ifRange = request.get('if-range') ?? validators.etag
  if (ifRange !== validators.etag && ifRange !== validators['last-modified']) return undefined
  const ranges = request.range(size, { combine: true })
  // The parser knows no end longer than the file, which RFC 9110, 14.1.2, makes the whole of it.
  const isSuffix = /^bytes=\s*-0*[1-9]\d*\s*$/.test(request.get('range') ?? '')
  if (ranges === -1 && !isSuffix) return 'unsatisfiable'
  // Of an empty file the suffix is all of it, which no range of an answer can say: it gets the whole file.
  if (ranges === -1 && size > 0) return { start: 0, end: size }
  const [range, another] = Array.isArray(ranges) ? ranges : []
  return range && another === undefined ? { start: range.start, end: range.end + 1 } : undefined
}
