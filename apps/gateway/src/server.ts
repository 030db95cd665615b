import type { Logger } from 'pino'
import { createApp } from './app.js'
import type { GatewayConfig } from './config.js'
import { createThreatDetector } from './detector/index.js'
import { drainServer } from './drain-server.js'
import { Files } from './files/files.js'
import { FilesFolder } from './files/files-folder.js'
import { GarbageWatch } from './garbage-watch.js'
import { createHttpServer } from './http-server.js'
import { Ingest } from './ingest/ingest.js'
import { listen } from './listen.js'
import { Login } from './login/login.js'
import { readUsers } from './login/users.js'
import { startMetrics } from './metrics/start-metrics.js'
import { createPools, type GatewayPools } from './pools.js'

/** A gateway that listens. */
export interface Gateway {
  /** Where it can be reached. */
  readonly url: string
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
 * ```
 * @throws (rejects) the system's error when it can't listen; ConfigError for users or files that can't be read. Whatever was made is
 * destroyed
 */
export async function startGateway(config: GatewayConfig, logger: Logger): Promise<Gateway> {
  const users = readUsers(config)
  const folder = config.filesDir === undefined ? undefined : new FilesFolder(config.filesDir)
  const pools = createPools(config)
  const metrics = await startMetrics(config, pools.manager, logger)
  const login = users.size > 0 ? new Login(users, pools.manager) : undefined
  const waits = { firstMs: config.poolWaitMs, laterMs: config.idleTimeoutMs }
  const files = folder && pools.files && new Files(folder, pools.files, waits)
  const detector = createThreatDetector({ source: pools.scratch })
  const { bodyLimitBytes: maxMessageBytes, poolWaitMs: waitMs } = config
  const ingest = new Ingest({ detector, pool: pools.bodies, maxMessageBytes, waitMs })
  const garbage = new GarbageWatch()
  const { server, inFlight } = createHttpServer(config)
  const release = async (): Promise<void> => {
    garbage.stop()
    detector.destroy()
    // Before the pools go: it may have figures to send.
    await metrics.stop()
    pools.manager.destroyAll()
  }
  garbage.start()
  server.on('request', createApp({ config, logger, pools, detector, garbage, login, ingest, files, metricsPage: metrics.page }))
  const url = await listen(server, config.host, config.port).catch(async (error: unknown) => {
    await release()
    throw error
  })
  return {
    url,
    pools,
    close: async () => {
      // Half of the time is for those streams that end by themselves, the rest for what is left to tell the others.
      const stopIngest = setTimeout(() => ingest.stop(), config.shutdownTimeoutMs / 2)
      const { cutOff } = await drainServer(server, inFlight, config.shutdownTimeoutMs)
      clearTimeout(stopIngest)
      await Promise.all([login?.settled(), ingest.settled(), files?.settled()])
      const outstanding = [...pools.manager.sources()].reduce((sum, pool) => sum + pool.stats().outstanding, 0)
      await release()
      const clean = cutOff === 0 && outstanding === 0
      logger[clean ? 'info' : 'warn']({ cutOff, outstanding }, clean ? 'drained, pools destroyed' : 'ended with requests or memory out')
      return clean
    }
  }
}
