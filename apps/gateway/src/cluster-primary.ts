import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Logger } from 'pino'
import type { GatewayConfig } from './config.js'
import type { ClusterPage } from './metrics/cluster-page.js'
import { STOP_MESSAGE, stopRequest } from './stop-request.js'

/** Workers that may end unasked within a minute before the primary gives up: something is wrong that a restart won't mend. */
const MOST_DEATHS = 5
const DEATH_WINDOW_MS = 60_000
/** How much longer than its own bound a worker may take to stop. */
const STOP_GRACE_MS = 2000

/** What the primary tells the process that started it with a channel, once its page for Prometheus can be reached. */
export interface MetricsMessage {
  readonly metrics: string
}

/**
 * Runs `config.workers` processes that share the port, replaces one that dies, shows the figures of all on one page where the
 * configuration asks for it, and stops all when asked.
 * @returns the exit code: 0 when it was asked to stop and every worker ended cleanly
 */
export async function runPrimary(config: GatewayConfig, logger: Logger): Promise<number> {
  const asked = stopRequest().then((reason) => ({ reason, failed: false }))
  let page: ClusterPage | undefined
  try {
    page = await servePage(config, logger)
  } catch (error) {
    logger.fatal({ err: error }, 'could not serve the metrics page')
    return 1
  }
  const served = new Set<number>()
  const failed = keepWorkers(config.workers, served, logger).then((reason) => ({ reason, failed: true }))
  tellParent()
  const end = await Promise.race([asked, failed])
  logger[end.failed ? 'fatal' : 'info']({ reason: end.reason }, 'stopping the workers')
  const clean = await stopWorkers(served, config.shutdownTimeoutMs + STOP_GRACE_MS)
  await page?.close()
  logger[clean ? 'info' : 'warn']({ clean }, 'every worker ended')
  return clean && !end.failed ? 0 : 1
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

/** Starts workers, notes those that serve, and replaces those that die; resolves with the reason when that makes no sense any more. */
function keepWorkers(count: number, served: Set<number>, logger: Logger): Promise<string> {
  return new Promise((giveUp) => {
    const deaths: number[] = []
    const onExit = (worker: Worker, code: number, signal: string | null): void => {
      logger.error({ endedWorker: worker.id, code, signal }, 'a worker ended unasked')
      deaths.push(Date.now())
      const recent = deaths.filter((at) => at > Date.now() - DEATH_WINDOW_MS).length
      const reason = served.has(worker.id) ? `${recent} workers ended within a minute` : 'a worker could not start'
      if (served.has(worker.id) && recent <= MOST_DEATHS) {
        cluster.fork()
        return
      }
      cluster.off('exit', onExit)
      giveUp(reason)
    }
    cluster.on('listening', (worker) => served.add(worker.id))
    cluster.on('exit', onExit)
    for (let started = 0; started < count; started += 1) cluster.fork()
  })
}

/** Hands on to whoever started the primary what the workers say of their address. */
function tellParent(): void {
  cluster.on('message', (_worker, message: unknown) => {
    if (typeof message === 'object' && message !== null && 'listening' in message) process.send?.(message)
  })
}

async function stopWorkers(served: ReadonlySet<number>, timeoutMs: number): Promise<boolean> {
  cluster.removeAllListeners('exit')
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
  const codes = await Promise.all(workers.map((worker) => (served.has(worker.id) ? stopWorker(worker, timeoutMs) : endStart(worker))))
  return codes.every((code) => code === 0)
}

async function stopWorker(worker: Worker, timeoutMs: number): Promise<number | null> {
  if (worker.isDead()) return worker.process.exitCode
  const ended = once(worker, 'exit')
  if (worker.isConnected()) worker.send(STOP_MESSAGE)
  const deadline = setTimeout(() => worker.process.kill('SIGKILL'), timeoutMs)
  await ended
  clearTimeout(deadline)
  return worker.process.exitCode
}

/** Ends a worker that is still starting: it has nothing in flight, and may not hear yet that it is to stop. */
async function endStart(worker: Worker): Promise<number> {
  if (worker.isDead()) return 0
  const ended = once(worker, 'exit')
  worker.process.kill('SIGKILL')
  await ended
  return 0
}
