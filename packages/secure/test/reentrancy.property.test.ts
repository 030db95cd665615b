import assert from 'node:assert/strict'
import { isPoolError, type PoolEvents } from '@pool/core'
import { checkFigures } from '@pool/core/testing'
import { describe, expect, it } from 'vitest'
import { SecureBufferPool } from '../src/index.js'
import { backings } from './backings.js'
import { dice, freed, operationsOn } from './dice.js'

const events = ['acquire', 'release', 'grow', 'shrink', 'exhausted', 'wait', 'destroy'] as const satisfies readonly (keyof PoolEvents)[]
const stepsPerPool = 250

/** A pool whose listeners do to it, at random, all that a caller can do. */
class Turmoil {
  readonly pool: SecureBufferPool
  readonly #roll: () => number
  readonly #held: Buffer[] = []
  readonly #waits = new Map<AbortController, Promise<void>>()
  #depth = 0
  delivered = 0

  constructor(backing: 'heap' | 'sodium', seed: number) {
    const roll = dice(seed)
    this.#roll = roll
    const debug = roll() % 40 === 0 ? 'poison' : 'off'
    const bounds = { maxSecrets: 1 + (roll() % 5), maxLiveBytes: 300 + (roll() % 700), maxIdleBytes: roll() % 700 }
    this.pool = new SecureBufferPool({ ...bounds, backing, debug, maxClassBytes: 128, shrinkInterval: 0 })
    for (const event of events) {
      if (roll() % 3 > 0) {
        this.pool.on(event, () => {
          if (this.#depth < 3 && roll() % 3 === 0) this.act()
        })
      }
    }
  }

  act(): void {
    this.#depth++
    const kind = this.#roll() % 23
    try {
      if (kind < 8) this.#held.push(this.pool.acquire(this.#bytes()))
      else if (kind < 15) this.#release()
      else if (kind < 19) this.#wait()
      else if (kind < 21) [...this.#waits.keys()][this.#roll() % Math.max(1, this.#waits.size)]?.abort()
      else if (kind < 22) this.pool.trim()
      else if (this.#roll() % 200 === 0) this.pool.destroy()
    } catch (error) {
      assert.ok(isPoolError(error, 'ERR_POOL_EXHAUSTED') || isPoolError(error, 'ERR_POOL_CLOSED'), `${error}`)
    }
    this.#depth--
  }

  check(): void {
    const stats = this.pool.stats()
    checkFigures(stats)
    assert.equal(stats.waiting > 0 && stats.inUse === 0, false, 'acquires wait although nothing is in use')
  }

  async end(): Promise<void> {
    // From here on listeners only listen.
    this.#depth = Number.POSITIVE_INFINITY
    for (const controller of [...this.#waits.keys()]) controller.abort()
    await Promise.all(this.#waits.values())
    this.check()
    const { waiting, inUse } = this.pool.stats()
    assert.deepEqual({ waiting, inUse }, { waiting: 0, inUse: this.#held.length })
    assert.equal(new Set(this.#held).size, this.#held.length, 'a secret with two owners')
    while (this.#held.length > 0) this.#release()
    assert.equal(this.pool.stats().inUse, 0)
    this.pool.destroy()
    assert.equal(this.pool.stats().liveBytes, 0)
  }

  #bytes(): number {
    return 1 + (this.#roll() % 200)
  }

  #release(): void {
    const [secret] = this.#held.splice(this.#roll() % Math.max(1, this.#held.length), 1)
    if (secret !== undefined) this.pool.release(secret)
  }

  #wait(): void {
    const controller = new AbortController()
    const wait = this.pool.acquireAsync(this.#bytes(), { signal: controller.signal }).then(
      (secret) => {
        this.delivered++
        this.#held.push(secret)
      },
      () => {}
    )
    this.#waits.set(
      controller,
      wait.finally(() => this.#waits.delete(controller))
    )
  }
}

describe('a SecureBufferPool whose listeners acquire, release, abort, trim and destroy at random', () => {
  it.each(backings)('loses no secret and no turn, and its figures agree throughout, on %s', { timeout: 900_000 }, async (backing) => {
    let delivered = 0
    for (let seed = 1; seed <= operationsOn(backing) / stepsPerPool; seed++) {
      const turmoil = new Turmoil(backing, seed)
      try {
        for (let step = 0; step < stepsPerPool; step++) {
          turmoil.act()
          turmoil.check()
          if (step % 5 === 0) for (let tick = 0; tick < 6; tick++) await undefined
        }
        await turmoil.end()
        await freed()
      } catch (error) {
        throw new Error(`seed ${seed}: ${error}`, { cause: error })
      }
      delivered += turmoil.delivered
    }
    expect(delivered).toBeGreaterThan(operationsOn(backing) / 200)
  })
})
