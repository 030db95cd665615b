import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import type { Framing } from '@pool/stream'
import { type Request, type Response, Router } from 'express'
import { answerMethod, Refusal } from '../http/error-answer.js'
import { nameRoute, noteOutcome } from '../http/request-log.js'
import type { UnderWay } from '../http/under-way.js'
import { whenGone } from '../http/when-gone.js'
import { type IngestFraming, type IngestParts, MessageStream, type StreamClient } from './message-stream.js'

const NDJSON = 'application/x-ndjson'
const FRAMINGS: readonly Framing[] = ['u32be', 'varint', 'newline']
/** How long a client that still sends has to read the last line, in ms; bytes that come meanwhile are thrown away. */
const LINGER_MS = 1000

/**
 * `POST /ingest`: answers a stream of messages with a stream of verdicts.
 * @param parts - stay their maker's
 * @param underWay - follows each stream until it is read no more
 */
export function ingestRouter(parts: IngestParts, underWay: UnderWay): Router {
  const router = Router()
  router.all('/ingest', nameRoute('/ingest'))
  router.post(
    '/ingest',
    underWay.handler<Record<string, string>>((request, response) => serve(request, response, parts))
  )
  router.all('/ingest', answerMethod('POST'))
  return router
}

async function serve(request: Request, response: Response, parts: IngestParts): Promise<void> {
  const gone = whenGone(response)
  const client: StreamClient = {
    feed: (processor, stop) => {
      // Not a pipeline, which would end the connection together with the processor, and the last line would not get out.
      request.pipe(processor)
      stop.addEventListener('abort', () => request.unpipe(processor))
      return finished(processor, { signal: gone })
    },
    send: (line) => {
      const { messages, threats, err } = stream
      noteOutcome(response, err === undefined ? { messages, threats } : { messages, threats, err })
      return response.destroyed || response.write(line) ? undefined : once(response, 'drain', { signal: gone })
    },
    get isGone() {
      return gone.aborted
    },
    get isRefusable() {
      return !response.headersSent
    }
  }
  const stream = new MessageStream(client, ingestFraming(request), parts)
  response.type('application/x-ndjson')
  await stream.run()
  if (!gone.aborted) response.end(() => linger(request))
}

/**
 * Reads how messages are framed: `?framing=`, or lines of JSON by the content type, or else lengths of 32 bits.
 * @throws Refusal 400 `framing.unknown`, 415 `encoding.unsupported`
 */
function ingestFraming(request: Request): IngestFraming {
  if ((request.get('content-encoding') ?? 'identity') !== 'identity') {
    throw new Refusal(415, 'encoding.unsupported', 'a stream of messages is sent as it is, without content-encoding')
  }
  const isNdjson = request.is(NDJSON) === NDJSON
  const asked = request.query.framing ?? (isNdjson ? 'newline' : 'u32be')
  const framing = FRAMINGS.find((one) => one === asked)
  if (framing === undefined) throw new Refusal(400, 'framing.unknown', `framing is one of ${FRAMINGS.join(', ')}`)
  return { framing, messageType: isNdjson ? 'application/json' : undefined }
}

/** Gives a client that still sends a while to read the last line, throws away its bytes meanwhile, then ends the connection. */
function linger(request: Request): void {
  request.resume()
  if (request.complete) return
  const deadline = setTimeout(() => request.socket.destroy(), LINGER_MS)
  request.once('close', () => clearTimeout(deadline))
}
