import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../redis-testbed/src/free-port.js'

/** The targets and rules of a {@link PrometheusServer}. */
export interface PrometheusServerOptions {
  /** `host:port` of each process to scrape, by job. */
  readonly targets: Readonly<Record<string, string>>
  /** Paths of rule files that it loads. */
  readonly ruleFiles?: readonly string[]
}

/** One series of an answer, at one moment. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const patienceMs = 30_000

/** Debian's Prometheus on a free port of loopback, its data in a folder of its own that goes when it stops. */
export class PrometheusServer {
  readonly url: string
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #output: () => string

  private constructor(url: string, child: ChildProcess, folder: string, output: () => string) {
    this.url = url
    this.#child = child
    this.#folder = folder
    this.#output = output
  }

  /** Starts a server that scrapes each target every second, and waits until it answers. */
  static async start(options: PrometheusServerOptions): Promise<PrometheusServer> {
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'))
    const configuration = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: options.ruleFiles ?? [],
      scrape_configs: Object.entries(options.targets).map(([job, target]) => ({ job_name: job, static_configs: [{ targets: [target] }] }))
    }
    // Its configuration is YAML, and all JSON is YAML.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration))
    const address = `127.0.0.1:${await freePort()}`
    const child = spawn(
      'prometheus',
      [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${address}`],
      { stdio: ['ignore', 'pipe', 'pipe'] }
    )
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => (output += `prometheus does not start; apt-get install prometheus. ${error.message}`))
    const server = new PrometheusServer(`http://${address}`, child, folder, () => output)
    await server.waitFor('prometheus to be ready', async () => {
      if (child.exitCode !== null || child.pid === undefined) throw new Error(output)
      const answer = await fetch(`${server.url}/-/ready`).catch(() => undefined)
      return answer?.ok === true
    })
    return server
  }

  /** The present value of an expression, as `GET /api/v1/query` gives it; throws the server's complaint about it. */
  async query(expression: string): Promise<Sample[]> {
    const answer = await this.#get<QueryAnswer>(`query?query=${encodeURIComponent(expression)}`)
    if (answer.resultType === 'scalar') return [{ labels: {}, value: Number(answer.result[1]) }]
    return (answer.result as readonly VectorEntry[]).map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** Every rule of the files that it loaded: its name, and its expression. */
  async rules(): Promise<{ readonly name: string; readonly query: string }[]> {
    const { groups } = await this.#get<{ groups: { rules: { name: string; query: string }[] }[] }>('rules')
    return groups.flatMap((group) => group.rules)
  }

  /** Waits until `job` was scraped with success, in a scrape that began after this call. */
  async nextScrape(job: string): Promise<void> {
    const since = Date.now()
    await this.waitFor(`a scrape of ${job}`, async () => {
      const { activeTargets } = await this.#get<{ activeTargets: ActiveTarget[] }>('targets')
      const target = activeTargets.find(({ labels }) => labels.job === job)
      return target?.health === 'up' && Date.parse(target.lastScrape) > since
    })
    // Scraped samples can be queried once they are committed, shortly after the scrape is reported.
    await sleep(300)
  }

  /** Waits until `holds` says so, asking ten times a second, half a minute at the most. */
  async waitFor(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + patienceMs; !(await holds()); await sleep(100)) {
      if (Date.now() > end) throw new Error(`waited ${patienceMs} ms for ${what}.\n${this.#output().slice(-2000)}`)
    }
  }

  /** Stops the server and removes its data. */
  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve))
      this.#child.kill('SIGTERM')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #get<T>(path: string): Promise<T> {
    const answer = (await (await fetch(`${this.url}/api/v1/${path}`)).json()) as { status: string; error?: string; data: T }
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`)
    return answer.data
  }
}

type VectorEntry = { readonly metric: Record<string, string>; readonly value: readonly [number, string] }
type QueryAnswer =
  | { readonly resultType: 'scalar'; readonly result: [number, string] }
  | { readonly resultType: 'vector'; readonly result: VectorEntry[] }
type ActiveTarget = { readonly labels: { readonly job: string }; readonly health: string; readonly lastScrape: string }
