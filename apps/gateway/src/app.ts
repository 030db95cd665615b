import type { IncomingMessage, ServerResponse } from 'node:http'
import { pooledBody, poolRoutes } from '@pool/express'
import express, { type RequestHandler, type Router } from 'express'
import { analyzeRoute } from './analyze.js'
import type { GatewayConfig } from './config.js'
import type { ThreatDetector } from './detector/index.js'
import { answerError, answerFailure, answerMethod, answerNotFound, sendError } from './http/error-answer.js'
import { beginRecord, nameRoute } from './http/request-log.js'
import type { GatewayPools } from './pools.js'

/** The path of `/analyze` and the paths below it, as a path or as a whole target. */
const ANALYZE = /^\/analyze(?:[/?]|$)/i

/** All that the routes are made of. */
export interface AppParts {
  readonly config: GatewayConfig
  readonly pools: GatewayPools
  readonly detector: ThreatDetector
  /** Routes for clients, beside `/analyze`. */
  readonly routers: readonly Router[]
  /** Whether there are users who may log in. */
  readonly hasUsers: boolean
  /** Answers `GET /metrics/process`. */
  readonly processPage: RequestHandler
  /** Answers `GET /metrics`; undefined where figures are not fetched. */
  readonly metricsPage: RequestHandler | undefined
  /** Answers below `/pools`; undefined where the pools are not shown live. */
  readonly livePage: RequestHandler | undefined
}

/** The routes of the gateway, in the order in which a request meets them. */
export function createApp(parts: AppParts): (request: IncomingMessage, response: ServerResponse) => void {
  const { config, pools, detector, routers, processPage, metricsPage, livePage } = parts
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')

  // For clients.
  const routes = [
    ...['POST /analyze', 'POST /ingest'],
    ...(pools.files === undefined ? [] : ['GET /files/:name']),
    ...(parts.hasUsers ? ['POST /login', 'POST /token'] : []),
    ...(metricsPage === undefined ? [] : ['GET /metrics']),
    ...(livePage === undefined ? [] : ['GET /pools/']),
    ...['GET /metrics/memory-pools', 'GET /metrics/process', 'GET /health/memory-pools']
  ]
  app.get('/', nameRoute('/'), (_request, response) => void response.json({ routes }))
  const named = nameRoute('/analyze')
  const readBody = pooledBody({ pool: pools.bodies, limit: config.bodyLimitBytes, waitMs: config.poolWaitMs, type: () => true })
  const judge = analyzeRoute(detector, config.originalRequest === 'honour')
  const analyze = (request: IncomingMessage, response: ServerResponse): void => {
    readBody(request, response, (error) => {
      if (error) answerFailure(error, request, response)
      else judge(request, response).catch((failure: unknown) => answerFailure(failure, request, response))
    })
  }
  app.post(ANALYZE, named, analyze)
  app.use('/analyze', named, answerMethod('POST'))
  for (const router of routers) app.use(router)

  // For operators.
  if (metricsPage !== undefined) app.get('/metrics', nameRoute('/metrics'), metricsPage)
  if (livePage !== undefined) app.use('/pools', nameRoute('/pools'), livePage)
  app.get('/metrics/process', nameRoute('/metrics/process'), processPage)
  for (const route of ['/metrics/memory-pools', '/health/memory-pools']) app.use(route, nameRoute(route))
  app.use(poolRoutes({ pools: pools.manager }))

  app.use(answerNotFound)
  app.use(answerError)

  return (request, response) => {
    beginRecord(request, response)
    response.setHeader('cache-control', 'no-store')
    // Node drops headers beyond its `maxHeadersCount` silently, so that they would go unjudged.
    if (request.rawHeaders.length <= 2 * config.maxHeaders) {
      // Nearly all requests go past Express, whose layers cost more than judging a short body.
      if (request.method !== 'POST' || !ANALYZE.test(request.url ?? '')) app(request, response)
      else named(request, response, () => analyze(request, response))
    } else {
      response.setHeader('connection', 'close')
      sendError(response, { status: 431, code: 'headers.too.many', message: `more than ${config.maxHeaders} headers` })
    }
  }
}
