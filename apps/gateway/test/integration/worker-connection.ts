import { Agent, get } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolStats } from '@pool/core/interfaces'

/** A connection that stays with the worker that took it. */
export class WorkerConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #url: URL

  constructor(url: URL) {
    this.#url = url
  }

  /** Connections to as many workers as there are. */
  static async toEach(url: URL, workers: number): Promise<WorkerConnection[]> {
    const found = new Map<number, WorkerConnection>()
    for (let tries = 0; tries < 400 && found.size < workers; tries += 1) {
      // One of them may still be starting.
      if (tries > 0) await sleep(50)
      const connection = new WorkerConnection(url)
      const { pid } = await connection.#get<{ pid: number }>('/metrics/process')
      if (found.has(pid)) connection.close()
      else found.set(pid, connection)
    }
    if (found.size < workers) throw new Error(`only ${found.size} of ${workers} workers answer`)
    return [...found.values()]
  }

  /** The stats of the worker's pools, by name. */
  stats(): Promise<Record<string, PoolStats>> {
    return this.#get('/metrics/memory-pools')
  }

  close(): void {
    this.#agent.destroy()
  }

  #get<T>(path: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const request = get(new URL(path, this.#url), { agent: this.#agent }, (response) => resolve(json(response) as Promise<T>))
      request.on('error', reject)
    })
  }
}
