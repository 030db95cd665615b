import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { PoolStats } from '@pool/core'
import type { ProcessFigures } from '../metrics/process-page.js'
import type { ListeningMessage } from '../serve.js'

/** Beside the demo's own script, in the sources and in the bundle. */
const MAIN = process.argv[1]?.replace(/demo(\.[jt]s)$/, 'main$1') ?? ''
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 15_000
/** Nothing but the pools: figures are read by the demo itself. */
const ALONE = { WORKERS: '1', METRICS: 'none', USERS_FILE: '', DEMO_USER: 'off', LOG_LEVEL: 'warn' }
const REACHED = { HOST: '127.0.0.1', PORT: '0', INGEST_PORT: '0', INGEST_FRAMING: 'u32be' }

/** Whether memory is reused. */
export type Pooling = 'pooled' | 'unpooled'

/** A gateway that runs in a process of its own, started as `pnpm start` does. */
export class GatewayProcess {
  readonly url: URL
  /** Its TCP port for streams of messages. */
  readonly ingestPort: number
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>

  private constructor({ listening, ingestPort }: ListeningMessage, child: ChildProcess, exit: Promise<unknown>) {
    this.url = new URL(listening)
    this.ingestPort = ingestPort ?? 0
    this.#child = child
    this.#exit = exit
  }

  /** Starts one on a free port of this machine, and waits until it can be reached. */
  static async start(pooling: Pooling): Promise<GatewayProcess> {
    const env = { ...process.env, ...ALONE, ...REACHED, POOLING: pooling }
    const child = fork(MAIN, { env, execArgv: process.execArgv, stdio: ['ignore', 2, 2, 'ipc'] })
    const exit = once(child, 'exit')
    const early = exit.then(([code]) => Promise.reject(new Error(`the gateway ended with ${code} before it could be reached`)))
    early.catch(() => {})
    try {
      const [message] = await Promise.race([once(child, 'message', { signal: AbortSignal.timeout(START_TIMEOUT_MS) }), early])
      return new GatewayProcess(message, child, exit)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** Its figures. */
  figures(): Promise<ProcessFigures> {
    return this.#get('/metrics/process')
  }

  /** Its pools, by name. */
  pools(): Promise<Readonly<Record<string, PoolStats>>> {
    return this.#get('/metrics/memory-pools')
  }

  /**
   * Asks it to stop, as a supervisor does.
   * @returns the exit code; null when it had to be killed
   */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.#exit
    clearTimeout(deadline)
    return this.#child.exitCode
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(new URL(path, this.url), { headers: { connection: 'close' } })
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`)
    return (await response.json()) as T
  }
}
