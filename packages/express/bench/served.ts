import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ServerFigures, Subject } from './body-server.js'

/** A server in a process of its own, so that its CPU time and its memory are its own too. */
export class Served {
  readonly port: number
  readonly subject: Subject
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, subject: Subject, port: number) {
    this.#child = child
    this.subject = subject
    this.port = port
  }

  /** Starts a server of `subject` for bodies of up to `limit` bytes, in a pool of `maxLiveBytes`; `watchesMemory` costs it CPU. */
  static async start(subject: Subject, limit: number, maxLiveBytes: number, watchesMemory = false): Promise<Served> {
    const module = fileURLToPath(new URL('body-server.ts', import.meta.url))
    const child = fork(module, [subject, String(limit), String(maxLiveBytes), ...(watchesMemory ? ['--watch-memory'] : [])])
    const [port] = await once(child, 'message')
    return new Served(child, subject, port as number)
  }

  /** Its figures; with `collect`, after a full collection, from which the peak counts anew. */
  async figures(collect = false): Promise<ServerFigures> {
    const answer = once(this.#child, 'message')
    this.#child.send(collect ? 'collect' : 'read')
    const [figures] = await answer
    return figures as ServerFigures
  }

  /** Ends it. */
  stop(): void {
    this.#child.disconnect()
  }
}
