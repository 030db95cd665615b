import { pooledBody, poolRoutes } from '@pool/express'
import express, { type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import { analyzeRoute } from './analyze-route.js'
import type { GatewayConfig } from './config.js'
import type { ThreatDetector } from './detector/index.js'
import { answerError, answerMethod, answerNotFound } from './error-answer.js'
import type { Files } from './files/files.js'
import { filesRoutes } from './files/files-routes.js'
import type { GarbageWatch } from './garbage-watch.js'
import { boundHeaderCount } from './header-count.js'
import type { Ingest } from './ingest/ingest.js'
import { ingestRoutes } from './ingest/ingest-routes.js'
import type { Login } from './login/login.js'
import { loginRoutes } from './login/login-routes.js'
import type { GatewayPools } from './pools.js'
import { processFigures } from './process-figures.js'
import { nameRoute, requestLog } from './request-log.js'

/** All that the routes are made of. */
export interface AppParts {
  readonly config: GatewayConfig
  readonly logger: Logger
  readonly pools: GatewayPools
  readonly detector: ThreatDetector
  readonly garbage: GarbageWatch
  /** Undefined where nobody may log in. */
  readonly login: Login | undefined
  readonly ingest: Ingest
  /** Undefined where no files are served. */
  readonly files: Files | undefined
  /** Answers `GET /metrics`; undefined where figures are not fetched. */
  readonly metricsPage: RequestHandler | undefined
}

/** The routes of the gateway, in the order in which a request meets them. */
export function createApp({ config, logger, pools, detector, garbage, login, ingest, files, metricsPage }: AppParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(requestLog(logger))
  app.use((_request, response, next) => {
    response.set('cache-control', 'no-store')
    next()
  })
  app.use(boundHeaderCount(config.maxHeaders))

  // For clients.
  app.use('/analyze', nameRoute('/analyze'))
  app.post(
    /^\/analyze(?:\/|$)/i,
    pooledBody({ pool: pools.bodies, limit: config.bodyLimitBytes, waitMs: config.poolWaitMs, type: () => true }),
    analyzeRoute(detector, config.originalRequest === 'honour')
  )
  app.use('/analyze', answerMethod('POST'))
  if (login !== undefined) app.use(loginRoutes(login))
  app.use(ingestRoutes(ingest))
  if (files !== undefined) app.use(filesRoutes(files))

  // For operators.
  if (metricsPage !== undefined) app.get('/metrics', nameRoute('/metrics'), metricsPage)
  app.get('/metrics/process', nameRoute('/metrics/process'), processFigures(garbage, detector))
  for (const route of ['/metrics/memory-pools', '/health/memory-pools']) app.use(route, nameRoute(route))
  app.use(poolRoutes({ pools: pools.manager }))

  app.use(answerNotFound)
  app.use(answerError)
  return app
}
