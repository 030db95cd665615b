import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { PoolStats } from '@pool/core'
import type { ProcessFigures } from '../metrics/process-page.js'
import type { ListeningMessage } from '../serve.js'

/** Beside the demo's own script, in the sources and in the bundle. */
const MAIN = process.argv[1]?.replace(/demo(\.[jt]s)$/, 'main$1') ?? ''
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 15_000

/** Whether memory is reused. */
export type Pooling = 'pooled' | 'unpooled'

/** A gateway that runs in a process of its own, started as `pnpm start` does. */
export class GatewayProcess {
  readonly pooling: Pooling
  readonly url: URL
  /** Its TCP port for streams of messages. */
  readonly ingestPort: number
  readonly #child: ChildProcess

  private constructor(pooling: Pooling, { listening, ingestPort }: ListeningMessage, child: ChildProcess) {
    this.pooling = pooling
    this.url = new URL(listening)
    this.ingestPort = ingestPort ?? 0
    this.#child = child
  }

  /** Starts one on a free port of this machine, and waits until it can be reached. */
  static async start(pooling: Pooling): Promise<GatewayProcess> {
    // Nothing but the pools: figures are read by the demo itself.
    const alone = { WORKERS: '1', METRICS: 'none', USERS_FILE: '', DEMO_USER: 'off' }
    const env = {
      ...process.env,
      ...alone,
      HOST: '127.0.0.1',
      PORT: '0',
      INGEST_PORT: '0',
      INGEST_FRAMING: 'u32be',
      LOG_LEVEL: 'warn',
      POOLING: pooling
    }
    const child = fork(MAIN, { env, execArgv: process.execArgv, stdio: ['ignore', 2, 2, 'ipc'] })
    const early = once(child, 'exit').then(([code]) => {
      throw new Error(`the gateway ended with ${code} before it could be reached`)
    })
    try {
      const [message] = await Promise.race([once(child, 'message', { signal: AbortSignal.timeout(START_TIMEOUT_MS) }), early])
      return new GatewayProcess(pooling, message as ListeningMessage, child)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    } finally {
      early.catch(() => {})
    }
  }

  /** Its figures. */
  async figures(): Promise<ProcessFigures> {
    return (await this.#get('/metrics/process')) as ProcessFigures
  }

  /** Its pools, by name. */
  async pools(): Promise<Record<string, PoolStats>> {
    return (await this.#get('/metrics/memory-pools')) as Record<string, PoolStats>
  }

  /**
   * Asks it to stop, as a supervisor does.
   * @returns the exit code; null when it had to be killed
   */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await ended
    clearTimeout(deadline)
    return this.#child.exitCode
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(new URL(path, this.url), { headers: { connection: 'close' } })
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`)
    return response.json()
  }
}
