import type { OutgoingHttpHeaders } from 'node:http'
import type { Sample } from './samples.js'

/** A sample in the form in which it goes over the wire. */
export interface ReplayedRequest {
  readonly sample: Sample
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

/** Headers that frame a message on its connection: the replay has its own. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** Makes the request by which the gateway is asked about a sample: its method and URI go in headers, as a proxy sends them. */
export function replayedRequest(sample: Sample): ReplayedRequest {
  const body = Buffer.from(sample.body, 'utf8')
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(sample.headers)) if (!FRAMING.has(name.toLowerCase())) headers[name] = octets(value)
  headers['x-original-method'] = octets(sample.method)
  headers['x-original-uri'] = octets(sample.uri)
  headers['content-length'] = body.length
  return { sample, headers, body }
}

/** The same request with its body repeated up to `bytes`, so that memory has something to hold. */
export function enlargedRequest(request: ReplayedRequest, bytes: number): ReplayedRequest {
  const body = Buffer.alloc(bytes, request.body)
  return { ...request, body, headers: { ...request.headers, 'content-length': bytes } }
}

/** Node writes header values as Latin-1, a character for each byte. */
function octets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
