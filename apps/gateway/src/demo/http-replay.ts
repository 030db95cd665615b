import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AnalyzeAnswer } from '../analyze.js'
import type { ReplayedRequest } from './replayed-request.js'

const REQUEST_TIMEOUT_MS = 30_000

/** The answer to one request. */
export interface Reply {
  /** 0 when there was no answer. */
  readonly status: number
  /** The body, when the status is 200. */
  readonly text: string
}

/** Replays requests to one gateway over connections that stay open. */
export class HttpReplay {
  readonly #agent: Agent
  readonly #concurrency: number
  readonly #host: string
  readonly #port: string

  constructor(url: URL, concurrency: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: concurrency, scheduling: 'fifo' })
    this.#concurrency = concurrency
    this.#host = url.hostname
    this.#port = url.port
  }

  /**
   * Sends `count` requests, going round `requests`, never more than the concurrency at a time; stops early when `signal` says so.
   * @param onReply - called for each reply, with its time in nanoseconds
   */
  async send(
    requests: readonly ReplayedRequest[],
    count: number,
    onReply: (request: ReplayedRequest, reply: Reply, nanoseconds: number) => void,
    signal: AbortSignal
  ): Promise<void> {
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < count && !signal.aborted) {
        const request = requests[next % requests.length] as ReplayedRequest
        next += 1
        const began = process.hrtime.bigint()
        const reply = await this.#sendOne(request)
        onReply(request, reply, Number(process.hrtime.bigint() - began))
      }
    }
    await Promise.all(Array.from({ length: this.#concurrency }, lane))
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy()
  }

  #sendOne({ headers, body }: ReplayedRequest): Promise<Reply> {
    return new Promise((resolve) => {
      const fail = (): void => resolve({ status: 0, text: '' })
      const options = { agent: this.#agent, host: this.#host, port: this.#port, method: 'POST', path: '/analyze', headers }
      try {
        const outgoing = httpRequest(options, (response) => readReply(response).then(resolve, fail))
        outgoing.setTimeout(REQUEST_TIMEOUT_MS, () => outgoing.destroy())
        outgoing.once('error', fail)
        outgoing.end(body)
      } catch {
        // A header that can't be written: the sample can't be replayed, and counts as unanswered.
        fail()
      }
    })
  }
}

/** The verdict in a reply. */
export function readAnswer(reply: Reply): AnalyzeAnswer {
  return JSON.parse(reply.text) as AnalyzeAnswer
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response) text += chunk
  return { status: response.statusCode ?? 0, text }
}
