import { randomBytes } from 'node:crypto'
import { type SecretLease, timingSafeEqual } from '@pool/secure'
import { Refusal } from '../refusal.js'
import { DEFAULT_COST, deriveHash, type ScryptHash } from './scrypt-hash.js'
import type { Users } from './users.js'

/** Tries at once, waiting ones included: each takes a core for a moment, and threads that others wait for too. */
const MOST_TRIES = 32

/** Tells whether a password is a user's. */
export class PasswordCheck {
  readonly #users: Users
  /** Stands in for users that there are not: to find that out takes as long as a wrong password. */
  readonly #nobody: ScryptHash
  #tries = 0

  constructor(users: Users) {
    this.#users = users
    const dearest = [...users.values()].reduce<ScryptHash | undefined>(
      (one, other) => (one && work(one) > work(other) ? one : other),
      undefined
    )
    this.#nobody = { salt: randomBytes(16), hash: randomBytes(dearest?.hash.length ?? 32), cost: dearest?.cost ?? DEFAULT_COST }
  }

  /**
   * Tries a password straight from its lease, whose memory stays out until it was read, whatever becomes of the request.
   * @throws (rejects) Refusal 503 `login.busy` when too many are being tried
   */
  async isRight(user: string, password: SecretLease): Promise<boolean> {
    if (this.#tries >= MOST_TRIES) throw new Refusal(503, 'login.busy', 'too many passwords are being checked')
    this.#tries += 1
    try {
      const { salt, hash, cost } = this.#users.get(user) ?? this.#nobody
      const derived = await password.hold(deriveHash(password.buffer, salt, hash.length, cost))
      try {
        return timingSafeEqual(derived, hash)
      } finally {
        derived.fill(0)
      }
    } finally {
      this.#tries -= 1
    }
  }
}

function work({ cost: { ln, r, p } }: ScryptHash): number {
  return 2 ** ln * r * p
}
