import { once } from 'node:events'
import type { PoolManager } from '@pool/core'
import { encodeSecret, type SecretLease, SecureBufferPool } from '@pool/secure'
import { type Request, type Response, Router } from 'express'
import { answerMethod } from '../http/error-answer.js'
import { nameRoute } from '../http/request-log.js'
import type { UnderWay } from '../http/under-way.js'
import { PasswordCheck } from './password-check.js'
import { readPassword, wrongPassword } from './read-password.js'
import type { Users } from './users.js'

const TOKEN_BYTES = 32
/** Secrets of each kind at once; a further request is answered 503. */
const MOST_SECRETS = 256

/**
 * `POST /login?user=…` answers 204 when the body is the user's password, and `POST /token?user=…` a new token, as text. Passwords and
 * tokens lie in memory of their own, apart from that of bodies, which is wiped when a request no longer uses it. No string is
 * made of either.
 * @param manager - shows both pools, and destroys them
 * @param underWay - follows each request: a password is being checked longer than its client stays
 */
export function loginRouter(users: Users, manager: PoolManager, underWay: UnderWay): Router {
  const check = new PasswordCheck(users)
  const passwords = new SecureBufferPool({ name: 'passwords', maxSecrets: MOST_SECRETS })
  manager.add(passwords)
  const tokens = new SecureBufferPool({ name: 'tokens', fill: 'random', maxSecrets: MOST_SECRETS })
  manager.add(tokens)

  const authenticate = async (request: Request): Promise<void> => {
    const { user } = request.query
    using password = await readPassword(passwords, request)
    const name = typeof user === 'string' ? user : ''
    if (!(await check.isRight(name, password, request.socket.remoteAddress ?? ''))) throw wrongPassword()
  }
  const logIn = async (request: Request, response: Response): Promise<void> => {
    await authenticate(request)
    response.status(204).end()
  }
  const mint = async (request: Request, response: Response): Promise<void> => {
    await authenticate(request)
    // A client that went away meanwhile gets none: a closed response would never report that it no longer uses the memory.
    if (!response.closed && !response.destroyed) await sendToken(tokens, response)
  }

  const router = Router()
  for (const [path, serve] of [['/login', logIn] as const, ['/token', mint] as const]) {
    router.all(path, nameRoute(path))
    router.post(path, underWay.handler(serve))
    router.all(path, answerMethod('POST'))
  }
  return router
}

/**
 * Mints a token of 32 random bytes and answers it as base64url text, from memory of the pool to the socket.
 * @returns when the response no longer uses the memory, which is then wiped
 */
async function sendToken(pool: SecureBufferPool, response: Response): Promise<void> {
  using text = mintToken(pool)
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': text.buffer.length })
  // The socket reads the memory until the response has ended, by success or failure.
  const sent = once(response, 'close')
  response.end(text.buffer)
  await text.hold(sent)
}

function mintToken(pool: SecureBufferPool): SecretLease {
  using token = pool.randomBytes(TOKEN_BYTES)
  return encodeSecret(pool, token, 'base64url')
}
