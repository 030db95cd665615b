import { Agent, request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import type { GatewayProcess } from './gateway-process.js'
import type { Sample } from './samples.js'

const REQUEST_TIMEOUT_MS = 30_000
/** Headers that frame a message on its connection: the replay has its own. */
const FRAMING = /^(connection|content-length|expect|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i

/** A sample in the form in which it goes over the wire. */
export interface ReplayedRequest {
  readonly sample: Sample
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

/** The part of a load that is sent in one round, as numbers of its requests or messages. */
export interface Part {
  readonly first: number
  /** After the last. */
  readonly end: number
}

/** The answer to one request. */
export interface Reply {
  /** 0 when there was no answer. */
  readonly status: number
  readonly text: string
}

/**
 * Makes the request by which the gateway is asked about a sample: its method and URI go in headers, as a proxy sends them.
 * @param bytes - to which the body is repeated, so that memory has something to hold
 */
export function replayedRequest(sample: Sample, bytes?: number): ReplayedRequest {
  const own = Buffer.from(sample.body)
  const body = bytes === undefined ? own : Buffer.alloc(bytes, own)
  const carried = Object.entries(sample.headers).filter(([name]) => !FRAMING.test(name))
  const described = [...carried, ['x-original-method', sample.method] as const, ['x-original-uri', sample.uri] as const]
  // Node writes header values as Latin-1, a character for each byte.
  const headers = Object.fromEntries(described.map(([name, value]) => [name, Buffer.from(value).toString('latin1')]))
  return { sample, headers: { ...headers, 'content-length': body.length }, body }
}

/** Replays requests over connections that stay open. */
export class HttpReplay {
  readonly #agent: Agent
  readonly #concurrency: number

  /** @param concurrency - requests under way at once, at each gateway */
  constructor(concurrency: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: concurrency, scheduling: 'fifo' })
    this.#concurrency = concurrency
  }

  /**
   * Sends the requests from `first` up to `end`, going round `requests`; stops early when `signal` says so.
   * @param onReply - called for each reply, with its time in nanoseconds
   */
  async send(
    { url }: GatewayProcess,
    requests: readonly ReplayedRequest[],
    { first, end }: Part,
    onReply: (request: ReplayedRequest, reply: Reply, nanoseconds: number) => void,
    signal?: AbortSignal
  ): Promise<void> {
    let next = first
    const lane = async (): Promise<void> => {
      while (next < end && !signal?.aborted) {
        const request = requests[next % requests.length] as ReplayedRequest
        next += 1
        const began = process.hrtime.bigint()
        // A header that can't be written, too: the sample can't be replayed, and counts as unanswered.
        const reply = await this.#sendOne(url, request).catch((): Reply => ({ status: 0, text: '' }))
        onReply(request, reply, Number(process.hrtime.bigint() - began))
      }
    }
    await Promise.all(Array.from({ length: this.#concurrency }, lane))
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy()
  }

  #sendOne({ hostname: host, port }: URL, { headers, body }: ReplayedRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, host, port, method: 'POST', path: '/analyze', headers, timeout: REQUEST_TIMEOUT_MS }
      const outgoing = httpRequest(options, (response) => {
        const { statusCode: status = 0 } = response
        text(response).then((answer) => resolve({ status, text: answer }), reject)
      })
      outgoing.once('timeout', () => outgoing.destroy())
      outgoing.once('error', reject)
      outgoing.end(body)
    })
  }
}
