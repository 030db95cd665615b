import type { PoolManager } from '@pool/core'
import { SecureBufferPool } from '@pool/secure'
import type { Request, RequestHandler, Response } from 'express'
import { UnderWay } from '../under-way.js'
import { PasswordCheck } from './password-check.js'
import { readPassword, wrongPassword } from './read-password.js'
import { sendToken } from './send-token.js'
import type { Users } from './users.js'

/** Secrets of each kind at once; whoever comes while so many are out is answered 503. */
const MOST_SECRETS = 256

/**
 * Answers who knows a user's password. Passwords and tokens live in memory of their own, apart from what bodies pass through, and
 * wiped when a request is done with them; no string is made of either.
 */
export class Login {
  readonly #check: PasswordCheck
  readonly #passwords = new SecureBufferPool({ name: 'passwords', maxSecrets: MOST_SECRETS })
  readonly #tokens = new SecureBufferPool({ name: 'tokens', fill: 'random', maxSecrets: MOST_SECRETS })
  readonly #underWay = new UnderWay()

  /** @param manager - shows both pools of it, and destroys them */
  constructor(users: Users, manager: PoolManager) {
    this.#check = new PasswordCheck(users)
    manager.add(this.#passwords)
    manager.add(this.#tokens)
  }

  /** `POST /login?user=…` with the password as the body: 204 when it is right. */
  readonly answerLogin: RequestHandler = (request, response) => this.#underWay.follow(this.#login(request, response))

  /** `POST /token?user=…` with the password as the body: a new token, as text. */
  readonly answerToken: RequestHandler = (request, response) => this.#underWay.follow(this.#mint(request, response))

  /** Waits until nothing is under way: a password is being checked longer than its client stays. */
  async settled(): Promise<void> {
    await this.#underWay.settled()
  }

  async #login(request: Request, response: Response): Promise<void> {
    await this.#authenticate(request)
    response.status(204).end()
  }

  async #mint(request: Request, response: Response): Promise<void> {
    await this.#authenticate(request)
    // Who went away meanwhile gets none: a response that is closed would never tell that it is done with the memory.
    if (!response.closed && !response.destroyed) await sendToken(this.#tokens, response)
  }

  async #authenticate(request: Request): Promise<void> {
    const { user } = request.query
    const password = await readPassword(this.#passwords, request)
    try {
      if (!(await this.#check.isRight(typeof user === 'string' ? user : '', password))) throw wrongPassword()
    } finally {
      password.release()
    }
  }
}
