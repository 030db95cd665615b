import type { Logger } from 'pino'
import type { GatewayConfig } from './config.js'
import { startGateway } from './server.js'
import { stopRequest } from './stop-request.js'

/** What a process tells the one that started it with a channel, once it can be reached. */
export interface ListeningMessage {
  readonly listening: string
}

/**
 * Serves in this process until it is asked to stop.
 * @returns the exit code: 0 after a clean end, 1 when it could not start or had to cut requests off
 */
export async function serve(config: GatewayConfig, logger: Logger): Promise<number> {
  const stop = stopRequest()
  try {
    const gateway = await startGateway(config, logger)
    logger.info({ url: gateway.url, pooling: config.pooling }, `listening on ${gateway.url}`)
    process.send?.({ listening: gateway.url } satisfies ListeningMessage)
    logger.info({ reason: await stop }, 'stopping: no new connections, requests in flight may finish')
    return (await gateway.close()) ? 0 : 1
  } catch (error) {
    logger.fatal({ err: error }, 'could not serve')
    return 1
  }
}
