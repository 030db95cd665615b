import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A server in a process of its own, which prints its port as its first line. */
export class ServerProcess {
  /** `host:port` */
  readonly address: string
  readonly #child: ChildProcess

  private constructor(address: string, child: ChildProcess) {
    this.address = address
    this.#child = child
  }

  /**
   * Starts a TypeScript file from source, with `global.gc`. The package whose test it is brings `tsx`.
   * @param environment - variables beside those of this process
   */
  static async start(script: URL, environment: Record<string, string> = {}): Promise<ServerProcess> {
    const child = spawn(process.execPath, ['--expose-gc', '--conditions=@pool/source', '--import=tsx', script.pathname], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const port = await new Promise<string>((resolve, reject) => {
      if (child.stdout !== null) createInterface(child.stdout).once('line', resolve)
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`${script.pathname} ended with ${code} before it listened`)))
    })
    return new ServerProcess(`127.0.0.1:${port}`, child)
  }

  /** The text of `GET path`; rejects unless it is a 200. */
  async get(path: string): Promise<string> {
    const answer = await fetch(`http://${this.address}${path}`)
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`)
    return answer.text()
  }

  /** `POST path`, waiting until it is done. */
  async post(path: string): Promise<void> {
    const answer = await fetch(`http://${this.address}${path}`, { method: 'POST' })
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`)
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }
}
