import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.js'

const patienceMs = 30_000

/** Debian's Redis on a free port of loopback, its data in a folder of its own that goes when it stops. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #extra: readonly string[]
  #child: ChildProcess | undefined = undefined
  #output = ''

  private constructor(port: number, folder: string, extra: readonly string[]) {
    this.port = port
    this.#folder = folder
    this.#extra = extra
  }

  /**
   * Starts a server that keeps nothing on disk, and waits until it answers.
   * @param extra - further arguments, such as `--appendonly yes`
   */
  static async start(...extra: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'redis-')), extra)
    await server.restart()
    return server
  }

  /** `redis://…`, without a password. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** The server's process. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Starts the server again on its port and folder, after {@link RedisServer.kill}. */
  async restart(): Promise<void> {
    const { port } = this
    // Sentinel insists on a file to which it can write its state.
    const configuration = join(this.#folder, 'redis.conf')
    writeFileSync(configuration, '', { flag: 'a' })
    const own = [configuration, '--port', String(port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '', '--loglevel', 'warning']
    const child = spawn('redis-server', [...own, ...this.#extra], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.#output += chunk))
    child.on('error', (error) => (this.#output += `redis-server does not start; apt-get install redis-server. ${error.message}`))
    for (const end = Date.now() + patienceMs; !(await answers(port)); await sleep(20)) {
      if (Date.now() > end || child.exitCode !== null || child.pid === undefined) throw new Error(`no Redis. ${this.#output}`)
    }
  }

  /** Ends the server as a crash does, and keeps its folder. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** Suspends the server, which then answers nothing, until {@link RedisServer.resume}. */
  suspend(): void {
    this.#child?.kill('SIGSTOP')
  }

  /** Goes on. */
  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Stops the server and removes its data. */
  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (is: boolean): void => {
      socket.destroy()
      resolve(is)
    }
    socket.on('error', () => end(false)).on('data', (chunk) => end(chunk.toString().startsWith('+PONG')))
    socket.write('PING\r\n')
  })
}
