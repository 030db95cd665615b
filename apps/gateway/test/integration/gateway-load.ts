import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** Bounds under which {@link GatewayLoad} makes requests wait for memory, and be refused. */
export const NARROW = {
  POOL_MAX_BYTES: '65536',
  BODY_LIMIT_BYTES: '16384',
  POOL_WAIT_MS: '50',
  DEMO_USER: 'on',
  LOG_LEVEL: 'error'
} as const

/** Sixteen clients with these want more than {@link NARROW} gives. */
const SIZES = [10, 3000, 16_384, 16_384, 16_384] as const

/** Requests of all sizes to a gateway, sixteen at once, each on a connection of its own, until it is told to end. */
export class GatewayLoad {
  /** Requests answered, by status. */
  readonly answers = new Map<number, number>()
  readonly #clients: Promise<void>[]
  #isOver = false

  constructor(url: URL) {
    this.#clients = Array.from({ length: 16 }, (_, client) => this.#run(url, client))
  }

  /** Ends when every request has its answer. */
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }

  async #run(url: URL, client: number): Promise<void> {
    // One of the clients logs in and asks for tokens; the others upload slowly enough to hold their memory for a moment.
    for (let turn = client; !this.#isOver; turn += 1) {
      const status = client === 0 ? await askForToken(url) : await upload(url, SIZES[turn % SIZES.length] as number)
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1)
    }
  }
}

async function askForToken(url: URL): Promise<number> {
  const response = await fetch(new URL('/token?user=demo', url), {
    method: 'POST',
    body: 'correct horse',
    headers: { connection: 'close' }
  })
  await response.text()
  return response.status
}

/** Sends a body in two parts, whose length the head declares: one of unknown length takes memory of the pool only once it is whole. */
async function upload(url: URL, bytes: number): Promise<number> {
  const request = httpRequest(new URL('/analyze', url), { method: 'POST', agent: false, headers: { 'content-length': bytes } })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  const part = Buffer.alloc(bytes / 2, 'a')
  request.write(part)
  await sleep(100)
  request.end(part)
  const [response] = await answered
  await text(response)
  return response.statusCode as number
}
