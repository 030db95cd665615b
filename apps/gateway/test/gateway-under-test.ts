import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import type { MetricsMessage } from '../src/cluster-primary.js'
import { type GatewayConfig, readConfig } from '../src/config.js'
import { createLogger } from '../src/logger.js'
import type { ListeningMessage } from '../src/serve.js'
import { type Gateway, startGateway } from '../src/server.js'

// Tests start servers and processes, and machines may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const START = fileURLToPath(new URL('../start.js', import.meta.url))

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>

/** A gateway in this process, on a free port, with the log that it writes. */
export interface GatewayUnderTest extends Gateway {
  readonly port: number
  readonly config: GatewayConfig
  readonly log: string[]
  /** Buffers that are out of any of its pools. */
  outstanding(): number
}

export async function startUnderTest(environment: Readonly<Record<string, string>> = {}): Promise<GatewayUnderTest> {
  const config = readConfig({ HOST: '127.0.0.1', PORT: '0', SHUTDOWN_IDLE_MS: '50', ...environment })
  const log: string[] = []
  const gateway = await startGateway(config, createLogger(config.logLevel, { write: (line) => void log.push(line) }), () => 0)
  const { manager } = gateway.pools
  return {
    ...gateway,
    config,
    log,
    port: Number(new URL(gateway.url).port),
    outstanding: () => [...manager.sources()].reduce((sum, pool) => sum + pool.stats().outstanding, 0)
  }
}

/** Waits until a condition holds that another part of the process brings about; fails when it never does. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`it never came to this: ${what}`)
}

/** A connection on which a test says byte by byte what it wants. */
export async function rawConnection(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends `bytes`, and returns what comes back until the gateway ends the connection. */
export async function exchange(port: number, ...bytes: (string | Buffer)[]): Promise<string> {
  const socket = await rawConnection(port)
  for (const part of bytes) socket.write(part)
  return text(socket)
}

type Told = Partial<ListeningMessage & MetricsMessage>

/** A gateway in a process of its own, with all that it prints. */
export class GatewaySubprocess {
  readonly child: ChildProcess
  output = ''
  errors = ''
  readonly #messages: Told[] = []

  /** @param script - what runs in the process, a source, and reads the environment; by default what `pnpm start` runs */
  constructor(environment: Readonly<Record<string, string>>, script?: string) {
    const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', SHUTDOWN_IDLE_MS: '50', ...environment }
    const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as const
    const fromSource = ['--conditions=@pool/source', '--import', 'tsx']
    const options = { env, execArgv: ['--expose-gc', ...(script === undefined ? [] : fromSource)], stdio: [...stdio] }
    this.child = script === undefined ? fork(START, ['main'], options) : fork(script, options)
    this.child.on('message', (message) => this.#messages.push(message as Told))
    this.child.stdout?.on('data', (chunk) => (this.output += chunk))
    this.child.stderr?.on('data', (chunk) => (this.errors += chunk))
  }

  /** Its URL, once it can be reached. */
  async listening(): Promise<URL> {
    return new URL(await this.#told('listening'))
  }

  /** The URL of the primary's page for Prometheus, once it can be reached. */
  async metrics(): Promise<URL> {
    return new URL(await this.#told('metrics'))
  }

  /** The exit code, once it has ended and all that it printed is here. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close')
    return this.child.exitCode
  }

  /** Its port for streams of messages, once it can be reached. */
  async ingestPort(): Promise<number> {
    await this.listening()
    return this.#messages.find(({ ingestPort }) => ingestPort !== undefined)?.ingestPort as number
  }

  async #told(what: 'listening' | 'metrics'): Promise<string> {
    const find = () => this.#messages.find((message) => message[what] !== undefined)?.[what]
    while (find() === undefined) await once(this.child, 'message')
    return find() as string
  }

  lines(): LogLine[] {
    return this.output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine)
  }
}
