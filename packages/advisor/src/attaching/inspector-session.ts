import { once } from 'node:events'
import { PoolError } from '@pool/core'
import { WebSocket } from 'ws'

/** A program that is busy for longer is not observed. */
const answerWithinMs = 30_000

/** One session of an inspector, which only evaluates. */
export class InspectorSession {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  /** Rejects when the program ends the session. */
  readonly ended: Promise<never>
  #last = 0

  /**
   * Opens a session.
   * @param address - of a WebSocket
   * @throws (rejects) `ERR_POOL_ADVISOR_ATTACH` where it is refused
   */
  static async open(address: string): Promise<InspectorSession> {
    const socket = new WebSocket(address, { handshakeTimeout: answerWithinMs, perMessageDeflate: false })
    try {
      await once(socket, 'open')
    } catch (cause) {
      throw new PoolError('ERR_POOL_ADVISOR_ATTACH', `the inspector refuses a session: ${(cause as Error).message}.`, { cause })
    }
    return new InspectorSession(socket)
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#settle(JSON.parse(String(data))))
    socket.on('error', () => {})
    this.ended = new Promise((_, reject) => {
      const message = 'the program ended its session. Did it end meanwhile?'
      socket.on('close', () => reject(new PoolError('ERR_POOL_ADVISOR_ATTACH', message)))
    })
    this.ended.catch(() => {})
  }

  /** Evaluates an expression in the program, and resolves with its value. Rejects with the error that it throws. */
  async evaluate(expression: string): Promise<unknown> {
    const id = ++this.#last
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    const timer = setTimeout(() => {
      this.#waiting.get(id)?.reject(new PoolError('ERR_POOL_ADVISOR_ATTACH', `the program did not answer within ${answerWithinMs} ms.`))
    }, answerWithinMs)
    // The command line's interface gives `require`, in ES modules too.
    const params = { expression, includeCommandLineAPI: true, returnByValue: true }
    this.#socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params }))
    try {
      return await Promise.race([answer, this.ended])
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  /** Ends the session. */
  close(): void {
    this.#socket.close()
  }

  #settle({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id ?? 0)
    const thrown = error?.message ?? result?.exceptionDetails?.exception?.description
    if (thrown === undefined) {
      waiting?.resolve(result?.result?.value)
      return
    }
    const code = thrown.includes('observed already') ? 'ERR_POOL_ADVISOR_ACTIVE' : 'ERR_POOL_ADVISOR_ATTACH'
    waiting?.reject(new PoolError(code, `the program can't be observed: ${thrown.split('\n')[0]}`))
  }
}

interface Answer {
  readonly id?: number
  readonly error?: { readonly message: string }
  readonly result?: {
    readonly result?: { readonly value?: unknown }
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } }
  }
}
