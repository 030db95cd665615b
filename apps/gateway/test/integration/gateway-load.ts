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
      if (client === 0) await this.#post(new URL('/token?user=demo', url), 'correct horse')
      else await this.#post(new URL('/analyze', url), inTwoParts(SIZES[turn % SIZES.length] as number))
    }
  }

  async #post(url: URL, body: string | ReadableStream<Uint8Array>): Promise<void> {
    const response = await fetch(url, { method: 'POST', body, duplex: 'half', headers: { connection: 'close' } } as RequestInit)
    await response.text()
    this.answers.set(response.status, (this.answers.get(response.status) ?? 0) + 1)
  }
}

function inTwoParts(bytes: number): ReadableStream<Uint8Array> {
  const part = new Uint8Array(bytes / 2).fill(97)
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(part)
      await new Promise((resolve) => setTimeout(resolve, 20))
      controller.enqueue(part)
      controller.close()
    }
  })
}
