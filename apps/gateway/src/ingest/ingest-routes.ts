import { Router } from 'express'
import { answerMethod } from '../error-answer.js'
import { nameRoute } from '../request-log.js'
import type { Ingest } from './ingest.js'

/** `POST /ingest`. */
export function ingestRoutes(ingest: Ingest): Router {
  const router = Router()
  router.all('/ingest', nameRoute('/ingest'))
  router.post('/ingest', ingest.answer)
  router.all('/ingest', answerMethod('POST'))
  return router
}
