import { setMaxListeners } from 'node:events'
import { livePage } from '@pool/live'
import type { Logger } from 'pino'
import { createApp } from './app.js'
import type { GatewayConfig } from './config.js'
import { createThreatDetector } from './detector/index.js'
import { filesRouter } from './files/files.js'
import { FilesFolder } from './files/files-folder.js'
import { createHttpServer, listen } from './http/http-server.js'
import { logRequest } from './http/request-log.js'
import { SlowBodies } from './http/slow-bodies.js'
import { UnderWay } from './http/under-way.js'
import { ingestRouter } from './ingest/ingest.js'
import { IngestPort } from './ingest/ingest-port.js'
import { loginRouter } from './login/login.js'
import { readUsers } from './login/users.js'
import { ProcessPage } from './metrics/process-page.js'
import { startMetrics } from './metrics/start-metrics.js'
import { createPools, type GatewayPools } from './pools.js'
import { openQuarantine } from './quarantine/quarantine.js'

/** A gateway that listens. */
export interface Gateway {
  /** Where it can be reached. */
  readonly url: string
  /** The TCP port for streams of messages; undefined without one. */
  readonly ingestPort: number | undefined
  readonly pools: GatewayPools
  /**
   * Refuses new connections, lets requests in flight finish within the configured time, then destroys the pools.
   * @returns whether all went well: no request was cut off and no memory was still out
   */
  close(): Promise<boolean>
}

/**
 * Composes a gateway and listens.
 *
 * ```
 *   connection ─► http server ─► request log ─► /analyze ─► pooled body ─► detector ─► answer
 *                 limits, drain        │           │             │             │
 *                                      │           ▼             ▼             ▼
 *                                      │         error        bodies        scratch    (pools of this process,
 *                                      ├─► /ingest ─► bodies ─► detector ─► lines         whose figures go to metrics)
 *                                      ├─► /files ─► files
 *                                      └─► /login, /token ─► passwords, tokens
 *   connection to INGEST_PORT ─► leases ─► detector ─► lines
 *   messages of /ingest and INGEST_PORT that are threats ─► quarantine ─► queue of QUEUE_URL
 * ```
 * @param logLinesDropped - how many lines of the log were dropped, for the figures of the process
 * @throws (rejects) the system's error when it can't listen; ConfigError for users or files that can't be read. All parts that were made are
 * destroyed
 */
export async function startGateway(config: GatewayConfig, logger: Logger, logLinesDropped: () => number): Promise<Gateway> {
  const users = readUsers(config)
  const folder = config.filesDir === undefined ? undefined : new FilesFolder(config.filesDir)
  const pools = createPools(config)
  // Parts that have to end when the gateway ends or can't start: the last that was made goes first.
  const endings: (() => void | Promise<void>)[] = [() => pools.manager.destroyAll()]
  const release = async (): Promise<void> => {
    for (const end of endings.toReversed()) await end()
  }
  try {
    const metrics = await startMetrics(config, pools.manager, logger)
    endings.push(() => metrics.stop())
    const detector = createThreatDetector({ source: pools.scratch })
    const processPage = new ProcessPage(detector, logLinesDropped)
    endings.push(() => processPage.stop())

    const underWay = new UnderWay()
    const { bodyLimitBytes: maxMessageBytes, poolWaitMs, idleTimeoutMs, shutdownTimeoutMs, shutdownIdleMs } = config
    const quarantine = openQuarantine(config, pools.quarantine, logger)
    if (quarantine !== undefined) endings.push(() => quarantine.close())
    const stopping = new AbortController()
    // As many streams as there are connections listen.
    setMaxListeners(0, stopping.signal)
    const ingestParts = { detector, pool: pools.bodies, maxMessageBytes, waitMs: poolWaitMs, quarantine, stopping: stopping.signal }
    const routers = [ingestRouter(ingestParts, underWay)]
    if (users.size > 0) routers.push(loginRouter(users, pools.manager, underWay))
    if (folder !== undefined && pools.files !== undefined) {
      routers.push(filesRouter({ folder, pool: pools.files, waits: { firstMs: poolWaitMs, laterMs: idleTimeoutMs }, underWay }))
    }
    const { server, connections } = createHttpServer(config, (response) => logRequest(logger, response))
    const slowBodies = new SlowBodies(connections)
    pools.bodies.on('exhausted', slowBodies.outOfMemory)
    endings.push(slowBodies.stop)
    const live = config.live === 'on' ? livePage({ pools: pools.manager }) : undefined
    const pages = { processPage: processPage.answer, metricsPage: metrics.page, livePage: live }
    server.on('request', createApp({ config, pools, detector, routers, hasUsers: users.size > 0, ...pages }))
    const url = await listen(server, config.host, config.port)
    endings.push(() => void server.close())
    const streams = pools.ingest && new IngestPort(config, ingestParts, pools.ingest, underWay, logger)
    const ingestPort = await streams?.listen(config.ingestPort as number)
    endings.pop()
    return {
      url,
      ingestPort,
      pools,
      close: async () => {
        live?.close()
        // Half of the time is for streams that end by themselves, the rest for the last lines of the others.
        const stopIngest = setTimeout(() => stopping.abort(), shutdownTimeoutMs / 2)
        const bounds = { idleMs: shutdownIdleMs, timeoutMs: shutdownTimeoutMs }
        const [requests, streamsCutOff = 0] = await Promise.all([connections.drain(bounds), streams?.drain(bounds)])
        const cutOff = requests + streamsCutOff
        clearTimeout(stopIngest)
        await underWay.settled()
        await quarantine?.close()
        const outstanding = [...pools.manager.sources()].reduce((sum, pool) => sum + pool.stats().outstanding, 0)
        await release()
        const clean = cutOff === 0 && outstanding === 0
        logger[clean ? 'info' : 'warn']({ cutOff, outstanding }, clean ? 'drained, pools destroyed' : 'ended with requests or memory out')
        return clean
      }
    }
  } catch (error) {
    await release()
    throw error
  }
}
