import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Logger } from 'pino'
import { ConfigError, type GatewayConfig } from './config.js'
import type { ClusterPage } from './metrics/cluster-page.js'
import { STOP_MESSAGE, stopRequest } from './serve.js'

/** A worker's death counts for a minute; the first is made good at once, each further one later, twice as late each time. */
const DEATH_WINDOW_MS = 60_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
/** Deaths within a minute after which the primary gives up, if no worker serves: something is wrong that a restart won't mend. */
const MOST_DEATHS = 5
/** How much longer than its own bound a worker may take to stop. */
const STOP_GRACE_MS = 2000

/** The primary's message to the process that started it with a channel, once its page for Prometheus can be reached. */
export interface MetricsMessage {
  readonly metrics: string
}

/** A worker's message to the primary when it can't start, in sentences for the person who started it. */
export interface StartProblemMessage {
  readonly startProblem: string
}

/**
 * Runs `config.workers` processes that share the port, replaces those that die, shows the figures of all on one page where the
 * configuration asks for it, and stops all when asked.
 * @returns whether the end was clean: the primary was asked to stop, and so was the end of every worker
 * @throws (rejects) ConfigError when no worker can start; the system's error when the page's port can't be had
 */
export async function runPrimary(config: GatewayConfig, logger: Logger): Promise<boolean> {
  const asked = stopRequest().then((reason) => ({ reason, failed: false }))
  const page = await servePage(config, logger)
  const workers = new Workers(config.workers, logger)
  const failed = workers.failed.then((reason) => ({ reason, failed: true }))
  try {
    const end = await Promise.race([asked, failed])
    logger[end.failed ? 'fatal' : 'info']({ reason: end.reason }, 'stopping the workers')
    const clean = await workers.stop(config.shutdownTimeoutMs + STOP_GRACE_MS)
    logger[clean ? 'info' : 'warn']({ clean }, 'every worker ended')
    if (end.failed && !workers.hasServed) throw new ConfigError([end.reason])
    return clean && !end.failed
  } finally {
    await page?.close()
  }
}

/** Opens the page of all workers, if there is to be one. */
async function servePage(config: GatewayConfig, logger: Logger): Promise<ClusterPage | undefined> {
  if (config.metrics !== 'prometheus') return undefined
  const { serveClusterPage } = await import('./metrics/cluster-page.js')
  const page = await serveClusterPage(config, logger)
  logger.info({ url: page.url }, `metrics of all workers on ${page.url}/metrics`)
  process.send?.({ metrics: page.url } satisfies MetricsMessage)
  return page
}

/** The workers of a cluster: as many as there should be, however often one dies. */
class Workers {
  /** Fulfils, with the reason, when no worker is left and a further one would make no sense. */
  readonly failed: Promise<string>
  readonly #logger: Logger
  readonly #serving = new Set<Worker>()
  readonly #restarts = new Set<NodeJS.Timeout>()
  #deaths: number[] = []
  #hasServed = false
  #startProblem = 'a worker could not start'

  constructor(count: number, logger: Logger) {
    this.#logger = logger
    cluster.on('message', (worker, message: unknown) => {
      const told = Object(message) as Partial<StartProblemMessage>
      if (told.startProblem !== undefined) this.#startProblem = told.startProblem
      // Not at cluster's own event, which comes for each port: a worker serves once it has all of them.
      if (!('listening' in told)) return
      this.#hasServed = true
      this.#serving.add(worker)
      // The process that started the primary learns the address from the first worker.
      process.send?.(message)
    })
    this.failed = new Promise((fail) => {
      cluster.on('exit', (worker, code, signal) => this.#replace(worker, code, signal, fail))
    })
    // Each worker accepts for itself: a connection that the primary had passed to a worker that then dies would stay open, and hang.
    cluster.schedulingPolicy = cluster.SCHED_NONE
    for (let started = 0; started < count; started += 1) cluster.fork()
  }

  /** Whether any worker ever served. */
  get hasServed(): boolean {
    return this.#hasServed
  }

  /** Ends all, those that are still starting at once. */
  async stop(timeoutMs: number): Promise<boolean> {
    cluster.removeAllListeners('exit')
    for (const restart of this.#restarts) clearTimeout(restart)
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    const ends = await Promise.all(workers.map((worker) => (this.#serving.has(worker) ? stopWorker(worker, timeoutMs) : endStart(worker))))
    return ends.every((clean) => clean)
  }

  #replace(worker: Worker, code: number, signal: string | null, fail: (reason: string) => void): void {
    this.#serving.delete(worker)
    const now = Date.now()
    this.#deaths = [...this.#deaths.filter((at) => at > now - DEATH_WINDOW_MS), now]
    const deaths = this.#deaths.length
    const delayMs = deaths === 1 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (deaths - 2))
    this.#logger.error({ endedWorker: worker.id, code, signal, deaths, delayMs }, 'a worker ended unasked')
    if (!this.#hasServed) fail(this.#startProblem)
    else if (deaths >= MOST_DEATHS && this.#serving.size === 0) fail(`${deaths} workers ended within a minute, and none is left`)
    else {
      const restart = setTimeout(() => {
        this.#restarts.delete(restart)
        cluster.fork()
      }, delayMs)
      this.#restarts.add(restart)
    }
  }
}

async function stopWorker(worker: Worker, timeoutMs: number): Promise<boolean> {
  if (worker.isDead()) return worker.process.exitCode === 0
  const ended = once(worker, 'exit')
  if (worker.isConnected()) worker.send(STOP_MESSAGE)
  const deadline = setTimeout(() => worker.process.kill('SIGKILL'), timeoutMs)
  await ended
  clearTimeout(deadline)
  return worker.process.exitCode === 0
}

/** Ends a worker that is still starting: it has no requests, and may not yet listen for the message to stop. */
async function endStart(worker: Worker): Promise<boolean> {
  if (worker.isDead()) return true
  const ended = once(worker, 'exit')
  worker.process.kill('SIGKILL')
  await ended
  return true
}
