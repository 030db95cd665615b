import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A page, as an exporter writes it. */
export interface MetricsPage {
  readonly contentType: string
  readonly body: string
}

/** The actions of a {@link serveWorkload} server, each behind a route. */
export interface ServedWorkload {
  /** `GET /metrics` */
  readonly metrics: () => Promise<MetricsPage>
  /** `GET /stats`, as JSON. */
  readonly stats: () => unknown
  /** `POST /load` */
  readonly load: () => unknown
  /** `POST /quiet` */
  readonly quiet: () => unknown
}

/** Serves a workload on a free port of loopback, and prints that port: the first line that a `ServerProcess` waits for. */
export function serveWorkload(workload: ServedWorkload): void {
  const server = createServer(async (request, response) => {
    try {
      const { contentType, body } = await answerTo(workload, `${request.method} ${request.url}`)
      response.setHeader('content-type', contentType).end(body)
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
}

async function answerTo(workload: ServedWorkload, request: string): Promise<MetricsPage> {
  const json = (value: unknown): MetricsPage => ({ contentType: 'application/json', body: JSON.stringify(value ?? null) })
  if (request === 'GET /metrics') return workload.metrics()
  if (request === 'GET /stats') return json(await workload.stats())
  if (request === 'POST /load') return json(await workload.load())
  if (request === 'POST /quiet') return json(await workload.quiet())
  throw new Error(`nothing answers ${request}`)
}
