import { randomBytes } from 'node:crypto'
import { type SecretLease, timingSafeEqual } from '@pool/secure'
import { Refusal } from '../http/error-answer.js'
import { DEFAULT_COST, deriveHash, type ScryptHash } from './scrypt-hash.js'
import type { Users } from './users.js'

/** Threads that Node shares among file reads, inflation and scrypt. */
const THREADS = Number(process.env.UV_THREADPOOL_SIZE) || 4
/** Tries that run at once: never more than half of the threads, so that files and compressed bodies get theirs. */
const MOST_RUNNING = Math.max(1, Math.floor(THREADS / 2))
/** Tries at once, waiting ones included: in all, for one user, and from one address. */
const MOST_TRIES = 32
const MOST_PER_USER = 8
const MOST_PER_ADDRESS = 16

/** Tells whether a password is a user's. */
export class PasswordCheck {
  readonly #users: Users
  /** Stands in for unknown users, so that they take as long as a wrong password. */
  readonly #unknownUser: ScryptHash
  /** Tries under way: in all, by user and by address. */
  readonly #tries = new Map<string, number>()
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(users: Users) {
    this.#users = users
    const work = ({ cost: { ln, r, p } }: ScryptHash): number => 2 ** ln * r * p
    const dearest = [...users.values()].sort((one, other) => work(other) - work(one))[0]
    this.#unknownUser = { salt: randomBytes(16), hash: randomBytes(dearest?.hash.length ?? 32), cost: dearest?.cost ?? DEFAULT_COST }
  }

  /**
   * Tries a password straight from its lease. The memory stays out until it was read, also when the request ends meanwhile.
   * @throws (rejects) at once: Refusal 429 `login.too.many` when 8 tries for this user, or 16 from this address, are under way, and 503
   * `login.busy` when 32 are
   */
  async isRight(user: string, password: SecretLease, address: string): Promise<boolean> {
    const keys = ['all', `user ${user}`, `address ${address}`] as const
    const [inAll, ofUser, ofAddress] = keys.map((key) => this.#tries.get(key) ?? 0) as [number, number, number]
    if (inAll >= MOST_TRIES) throw new Refusal(503, 'login.busy', 'too many passwords are being checked')
    if (ofUser >= MOST_PER_USER || ofAddress >= MOST_PER_ADDRESS) {
      throw new Refusal(429, 'login.too.many', 'too many passwords of this user, or from this address, are being checked')
    }
    for (const key of keys) this.#count(key, 1)
    try {
      if (this.#running < MOST_RUNNING) this.#running += 1
      else await new Promise<void>((resolve) => this.#waiting.push(resolve))
      return await this.#compare(this.#users.get(user) ?? this.#unknownUser, password).finally(() => {
        // The place of this try goes straight to the next.
        const next = this.#waiting.shift()
        if (next === undefined) this.#running -= 1
        else next()
      })
    } finally {
      for (const key of keys) this.#count(key, -1)
    }
  }

  #count(key: string, change: number): void {
    const count = (this.#tries.get(key) ?? 0) + change
    if (count === 0) this.#tries.delete(key)
    else this.#tries.set(key, count)
  }

  async #compare({ salt, hash, cost }: ScryptHash, password: SecretLease): Promise<boolean> {
    const derived = await password.hold(deriveHash(password.buffer, salt, hash.length, cost))
    try {
      return timingSafeEqual(derived, hash)
    } finally {
      derived.fill(0)
    }
  }
}
