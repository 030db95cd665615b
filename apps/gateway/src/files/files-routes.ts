import { Router } from 'express'
import { answerMethod } from '../error-answer.js'
import { nameRoute } from '../request-log.js'
import type { Files } from './files.js'

/** `GET /files/:name`, and `HEAD`. */
export function filesRoutes(files: Files): Router {
  const router = Router()
  router.use('/files', nameRoute('/files'))
  router.get('/files/:name', files.answer)
  router.all('/files/:name', answerMethod('GET, HEAD'))
  return router
}
