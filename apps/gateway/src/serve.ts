import type { Logger } from 'pino'
import type { GatewayConfig } from './config.js'
import { startGateway } from './server.js'

/** The message of a cluster's primary to its workers. */
export const STOP_MESSAGE = 'stop'

/** The message of a process to the one that started it with a channel, once it can be reached. */
export interface ListeningMessage {
  readonly listening: string
  /** Its TCP port for streams of messages, where it has one. */
  readonly ingestPort: number | undefined
}

/**
 * Serves in this process until it is asked to stop.
 * @param logLinesDropped - how many lines of the log were dropped so far
 * @returns whether the end was clean: no request was cut off, and no memory was out
 * @throws (rejects) as {@link startGateway}
 */
export async function serve(config: GatewayConfig, logger: Logger, logLinesDropped: () => number): Promise<boolean> {
  const stop = stopRequest()
  const gateway = await startGateway(config, logger, logLinesDropped)
  if (process.stdout.isTTY) process.stdout.write(greeting(gateway.url))
  else logger.info({ url: gateway.url, ingestPort: gateway.ingestPort, pooling: config.pooling }, `listening on ${gateway.url}`)
  process.send?.({ listening: gateway.url, ingestPort: gateway.ingestPort } satisfies ListeningMessage)
  logger.info({ reason: await stop }, 'stopping: no new connections, requests in flight may finish')
  return gateway.close()
}

/** The text that a person at a terminal reads instead of the first line of the log. */
function greeting(url: string): string {
  return `
The gateway listens on ${url}. Try

  curl ${url}/analyze -d 'comment=<script>alert(1)</script>'
  curl ${url}/metrics/memory-pools
  curl ${url}/

Ctrl-C stops it.

`
}

/**
 * Waits for SIGTERM, SIGINT, or the word of the primary of a cluster. Later ones change nothing: terminals and package managers often
 * send several.
 * @returns which of them came
 */
export function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve)
    process.on('SIGINT', resolve)
    process.on('message', (message) => {
      if (message === STOP_MESSAGE) resolve('the primary')
    })
  })
}
