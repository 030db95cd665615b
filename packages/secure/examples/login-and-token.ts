import { createHash, randomBytes, scrypt } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { isPoolError } from '@pool/core'
import { encodeSecret, readSecret, SecureBufferPool, timingSafeEqual } from '@pool/secure'

const derive = promisify<Uint8Array, Uint8Array, number, Buffer>(scrypt)
const longestPasswordBytes = 1024
const tokenBytes = 32

/** The stored form of a password, which does not lead back to it. */
export interface StoredPassword {
  readonly salt: Buffer
  readonly hash: Buffer
}

/** Makes the stored form of a password. The caller still owns the password, and releases it. */
export async function storedPassword(password: Uint8Array): Promise<StoredPassword> {
  const salt = randomBytes(16)
  return { salt, hash: await derive(password, salt, 32) }
}

/**
 * `POST /login?user=…` answers 204 to the right password, `POST /token?user=…` a new token as text. The password is the body, as it
 * is: a JSON or form parser would make a string of it, which can not be wiped.
 */
export class LoginRoutes {
  readonly #users: ReadonlyMap<string, StoredPassword>
  readonly #unknown: StoredPassword = { salt: randomBytes(16), hash: randomBytes(32) }
  readonly #issued = new Set<string>()
  readonly #passwords = new SecureBufferPool({ name: 'passwords', maxSecrets: 256 })
  readonly #tokens = new SecureBufferPool({ name: 'tokens', fill: 'random', maxSecrets: 256 })

  constructor(users: ReadonlyMap<string, StoredPassword>) {
    this.#users = users
  }

  /** Answers a request, unless it is for neither route. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (request.method !== 'POST' || (pathname !== '/login' && pathname !== '/token')) return false
    try {
      if (!(await this.#isPassword(request, searchParams.get('user') ?? ''))) response.writeHead(401).end()
      else if (pathname === '/login') response.writeHead(204).end()
      else await this.#answerToken(response)
    } catch (error) {
      // No message goes out: the client needs the status alone.
      const closing = { connection: 'close' }
      if (isPoolError(error, 'ERR_POOL_TOO_LARGE')) response.writeHead(413, closing).end()
      else if (isPoolError(error, 'ERR_POOL_SECURE_EMPTY')) response.writeHead(401).end()
      else if (isPoolError(error, 'ERR_POOL_EXHAUSTED')) response.writeHead(503, { ...closing, 'retry-after': '1' }).end()
      else if (!response.headersSent && !request.destroyed) response.writeHead(500, closing).end()
    }
    return true
  }

  /** Whether a token was issued here. Only its hash is kept, so looking it up tells nothing that helps to guess one. */
  isToken(token: Uint8Array): boolean {
    return this.#issued.has(createHash('sha256').update(token).digest('base64url'))
  }

  /** Ends both pools. */
  destroy(): void {
    this.#passwords.destroy()
    this.#tokens.destroy()
  }

  /** Secrets that are in use now, passwords and tokens. */
  get inUse(): number {
    return this.#passwords.stats().inUse + this.#tokens.stats().inUse
  }

  async #isPassword(request: IncomingMessage, user: string): Promise<boolean> {
    // An unknown user costs the same time as a known one.
    const { salt, hash } = this.#users.get(user) ?? this.#unknown
    // The request outlives a refusal, so that a client who is still sending gets the answer.
    const password = await readSecret(this.#passwords, request, { maxBytes: longestPasswordBytes, destroyOnError: false })
    try {
      // Held, so that the memory stays out until scrypt has read it, also when this request ends before.
      const derived = await password.hold(derive(password.buffer, salt, hash.length))
      const isEqual = timingSafeEqual(derived, hash)
      derived.fill(0)
      return isEqual
    } finally {
      password.release()
    }
  }

  async #answerToken(response: ServerResponse): Promise<void> {
    const token = this.#tokens.randomBytes(tokenBytes)
    const text = encodeSecret(this.#tokens, token, 'base64url')
    token.release()
    try {
      this.#issued.add(createHash('sha256').update(text.buffer).digest('base64url'))
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': text.buffer.length, 'cache-control': 'no-store' })
      // The socket reads the memory until it is done with it.
      const sent = new Promise<void>((resolve) => {
        response.once('close', resolve)
        response.end(text.buffer)
      })
      await text.hold(sent)
    } finally {
      text.release()
    }
  }
}
