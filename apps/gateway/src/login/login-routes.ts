import { Router } from 'express'
import { answerMethod } from '../error-answer.js'
import { nameRoute } from '../request-log.js'
import type { Login } from './login.js'

/** `POST /login` and `POST /token`. */
export function loginRoutes(login: Login): Router {
  const router = Router()
  for (const [path, answer] of [['/login', login.answerLogin] as const, ['/token', login.answerToken] as const]) {
    router.all(path, nameRoute(path))
    router.post(path, answer)
    router.all(path, answerMethod('POST'))
  }
  return router
}
