import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { createApp } from './app.js'
import type { GatewayConfig } from './config.js'
import { createThreatDetector } from './detector/index.js'
import { drainServer } from './drain-server.js'
import { GarbageWatch } from './garbage-watch.js'
import { createHttpServer } from './http-server.js'
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
 *                 limits, drain                    │             │             │
 *                                                  ▼             ▼             ▼
 *                                                error        bodies        scratch    (pools of this process)
 * ```
 * @throws (rejects) the system's error when it can't listen; whatever was made is destroyed
 */
export async function startGateway(config: GatewayConfig, logger: Logger): Promise<Gateway> {
  const pools = createPools(config)
  const detector = createThreatDetector({ source: pools.scratch })
  const garbage = new GarbageWatch()
  const { server, inFlight } = createHttpServer(config)
  const release = (): void => {
    garbage.stop()
    detector.destroy()
    pools.manager.destroyAll()
  }
  garbage.start()
  server.on('request', createApp({ config, logger, pools, detector, garbage }))
  try {
    server.listen({ port: config.port, ...(config.host === undefined ? {} : { host: config.host }) })
    await once(server, 'listening')
  } catch (error) {
    release()
    throw error
  }
  return {
    url: urlOf(server.address() as AddressInfo),
    pools,
    close: async () => {
      const { cutOff } = await drainServer(server, inFlight, config.shutdownTimeoutMs)
      const outstanding = pools.bodies.stats().outstanding + pools.scratch.stats().outstanding
      release()
      const clean = cutOff === 0 && outstanding === 0
      logger[clean ? 'info' : 'warn']({ cutOff, outstanding }, clean ? 'drained, pools destroyed' : 'ended with requests or memory out')
      return clean
    }
  }
}

function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '::' || address === '0.0.0.0') return `http://localhost:${port}`
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`
}
