import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Ledger } from './ledger.js'

const program = fileURLToPath(new URL('./consuming-process.ts', import.meta.url))
const patienceMs = 90_000

/** A consuming process, and the file that it writes what it has handled to. */
interface Child {
  readonly process: ChildProcess
  readonly path: string
}

/** Consumers in processes of their own. What one has written is kept, however it ends. */
export class ConsumingChildren {
  readonly #url: string
  readonly #queue: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'consumers-'))
  readonly #paths: string[] = []
  #alive: Child[] = []

  constructor(url: string, queue: string) {
    this.#url = url
    this.#queue = queue
  }

  /** Starts one, and waits until it has handled something. */
  async start(): Promise<void> {
    const path = join(this.#folder, String(this.#paths.length))
    const connection = this.#paths.length % 2 === 0 ? 'pooled' : 'plain'
    this.#paths.push(path)
    const file = openSync(path, 'a')
    const parameters = ['--conditions=@pool/source', '--import', 'tsx', program, this.#url, this.#queue, connection]
    const child: Child = { process: spawn(process.execPath, parameters, { stdio: ['ignore', file, 'inherit'] }), path }
    closeSync(file)
    this.#alive.push(child)
    for (const end = Date.now() + patienceMs; statSync(path).size === 0; await sleep(5)) {
      if (child.process.exitCode !== null || Date.now() > end) throw new Error('a consumer handled nothing')
    }
  }

  /** Ends the oldest as a crash does. */
  async killOldest(): Promise<void> {
    const child = this.#alive.shift() as Child
    await ended(child, 'SIGKILL')
  }

  /** Ends all in order, and gives their exit codes. */
  async stop(): Promise<(number | null)[]> {
    const alive = this.#alive
    this.#alive = []
    return Promise.all(alive.map((child) => ended(child, 'SIGTERM')))
  }

  /** Enters what all have handled. */
  tell(ledger: Ledger): void {
    for (const path of this.#paths) {
      for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
        const [number, deliveries] = line.split(' ').map(Number) as [number, number]
        ledger.handle(number, deliveries)
      }
    }
  }

  /** Ends what still runs, and removes the files. */
  dispose(): void {
    for (const child of this.#alive) child.process.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function ended({ process: child }: Child, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
  return child.exitCode
}
