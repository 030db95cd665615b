import type { Framing } from '@pool/stream'
import type { Request } from 'express'
import { Refusal } from '../http/error-answer.js'

const NDJSON = 'application/x-ndjson'
const FRAMINGS: readonly Framing[] = ['u32be', 'varint', 'newline']

/** How a stream of messages is to be read. */
export interface IngestFraming {
  readonly framing: Framing
  /** Type of each message; undefined: the detector looks. */
  readonly messageType: string | undefined
}

/**
 * Reads how messages are framed: `?framing=`, or lines of JSON by the content type, or else lengths of 32 bits.
 * @throws Refusal 400 `framing.unknown`, 415 `encoding.unsupported`
 */
export function ingestFraming(request: Request): IngestFraming {
  if ((request.get('content-encoding') ?? 'identity') !== 'identity') {
    throw new Refusal(415, 'encoding.unsupported', 'a stream of messages is sent as it is, without content-encoding')
  }
  const isNdjson = request.is(NDJSON) === NDJSON
  const asked = request.query.framing ?? (isNdjson ? 'newline' : 'u32be')
  const framing = FRAMINGS.find((one) => one === asked)
  if (framing === undefined) throw new Refusal(400, 'framing.unknown', `framing is one of ${FRAMINGS.join(', ')}`)
  return { framing, messageType: isNdjson ? 'application/json' : undefined }
}
