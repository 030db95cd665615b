import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { AggregatorRegistry } from 'prom-client'
import type { GatewayConfig } from '../config.js'
import { createHttpServer, listen } from '../http/http-server.js'

/** The page on which the primary of a cluster shows the figures of all its workers. */
export interface ClusterPage {
  /** Where it can be scraped. */
  readonly url: string
  /** Answers the requests that were begun, and ends. */
  close(): Promise<void>
}

/** An answer that is under way at the end takes as long as the workers do. */
const CLOSE_TIMEOUT_MS = 1000

/**
 * Serves the page of all workers on a port of the primary's own. Each scrape asks every worker; when one does not answer, as while it
 * starts, the scrape is answered 503 after five seconds, since a page without that worker would show counters that fall.
 * @throws (rejects) the system's error when it can't listen
 */
export async function serveClusterPage(config: GatewayConfig, logger: Logger): Promise<ClusterPage> {
  const aggregator = new AggregatorRegistry()
  const { server, connections } = createHttpServer(config)
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const isPage = request.url?.split('?', 1)[0] === '/metrics' && (request.method === 'GET' || request.method === 'HEAD')
    if (!isPage) {
      answer(response, 404, 'text/plain', 'there is GET /metrics here, and nothing else\n')
      return
    }
    try {
      const page = await aggregator.clusterMetrics()
      answer(response, 200, aggregator.contentType, page)
    } catch (error) {
      logger.warn({ err: error }, 'a worker did not give its metrics')
      answer(response, 503, 'text/plain', 'a worker did not give its metrics\n')
    }
  })
  return {
    url: await listen(server, config.host, config.metricsPort),
    close: async () => void (await connections.drain({ idleMs: 0, timeoutMs: CLOSE_TIMEOUT_MS }))
  }
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}
