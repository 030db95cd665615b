import assert from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import { BufferPool, isPoolError, type PoolEvents, SizeClassPool, UnpooledPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const events = ['acquire', 'release', 'grow', 'shrink', 'exhausted', 'wait', 'destroy'] as const satisfies readonly (keyof PoolEvents)[]

/** Numbers that look random and repeat: mulberry32. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** What is done to the pools of each kind by the test itself; their listeners do more. */
const operations = process.env.POOL_DEEP === '1' ? 1_000_000 : 10_000
const turnsPerPool = 150

interface Bounds {
  readonly maxSize: number
  readonly maxLiveBytes: number
  readonly maxIdleBytes: number
  readonly clear: 'release' | 'acquire' | 'never'
}

const quiet = { shrinkInterval: 0, leakDetection: 'off' } as const

/** Makes a pool of each kind, and the most bytes that its acquires ask for. */
const kinds = {
  BufferPool: { make: (bounds: Bounds) => new BufferPool({ ...bounds, ...quiet, bufferSize: 300 }), maxBytes: 300 },
  SizeClassPool: { make: (bounds: Bounds) => new SizeClassPool({ ...bounds, ...quiet, sizes: [64, 128, 500] }), maxBytes: 700 },
  UnpooledPool: {
    make: ({ maxSize, maxLiveBytes, clear }: Bounds) => new UnpooledPool({ maxSize, maxLiveBytes, clear, leakDetection: 'off' }),
    maxBytes: 700
  }
}

type Kind = keyof typeof kinds

/** A pool whose listeners do to it, at random, all that a caller can do. */
class Turmoil {
  readonly pool: BufferPool | SizeClassPool | UnpooledPool
  readonly #maxBytes: number
  readonly #roll: () => number
  readonly #held: Buffer[] = []
  readonly #waits = new Map<AbortController, Promise<void>>()
  #depth = 0
  delivered = 0

  constructor(kind: Kind, seed: number) {
    const roll = dice(seed)
    this.#roll = roll
    this.#maxBytes = kinds[kind].maxBytes
    const clear = (['release', 'acquire', 'never'] as const)[roll() % 3] as 'release'
    const bounds = { maxSize: 1 + (roll() % 4), maxLiveBytes: 1000 + (roll() % 1000), maxIdleBytes: roll() % 1500 }
    this.pool = kinds[kind].make({ ...bounds, clear })
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
    const kind = this.#roll() % 24
    try {
      if (kind < 8) this.#held.push(this.pool.acquire(this.#size()))
      else if (kind < 15) this.#release()
      else if (kind < 19) this.#wait()
      else if (kind < 21) [...this.#waits.keys()][this.#roll() % Math.max(1, this.#waits.size)]?.abort()
      else if (kind < 22) this.pool.trim()
      else if (kind < 23) {
        if ('warm' in this.pool) this.pool.warm(this.#roll() % 3)
      } else if (this.#roll() % 200 === 0) this.pool.destroy()
    } catch (error) {
      const expected = ['ERR_POOL_EXHAUSTED', 'ERR_POOL_CLOSED']
      assert.ok(
        expected.some((code) => isPoolError(error, code)),
        `${error}`
      )
    }
    this.#depth--
  }

  async end(): Promise<void> {
    // From here on listeners only listen.
    this.#depth = Number.POSITIVE_INFINITY
    for (const controller of [...this.#waits.keys()]) controller.abort()
    await Promise.all(this.#waits.values())
    const stats = this.pool.stats()
    checkFigures(stats)
    assert.equal(stats.waiting, 0, 'waiting')
    assert.equal(stats.inUse, this.#held.length, 'inUse')
    assert.equal(new Set(this.#held).size, this.#held.length, 'a buffer with two owners')
    while (this.#held.length > 0) this.#release()
    assert.equal(this.pool.stats().inUse, this.#held.length)
    this.pool.destroy()
    assert.equal(this.pool.stats().idleBytes, 0)
  }

  check(): void {
    const stats = this.pool.stats()
    checkFigures(stats)
    assert.equal(stats.waiting > 0 && stats.inUse === 0, false, 'acquires wait although nothing is in use')
  }

  #size(): number {
    return 1 + (this.#roll() % this.#maxBytes)
  }

  #release(): void {
    const [buffer] = this.#held.splice(this.#roll() % Math.max(1, this.#held.length), 1)
    if (buffer !== undefined) this.pool.release(buffer)
  }

  #wait(): void {
    const controller = new AbortController()
    const wait = this.pool.acquireAsync(this.#size(), { signal: controller.signal }).then(
      (buffer) => {
        this.delivered++
        this.#held.push(buffer)
      },
      () => {}
    )
    this.#waits.set(
      controller,
      wait.finally(() => this.#waits.delete(controller))
    )
  }
}

describe('a pool whose listeners acquire, release, abort, trim, warm and destroy at random', () => {
  for (const kind of Object.keys(kinds) as Kind[]) {
    it(`loses no buffer and no turn, and its figures agree throughout: ${kind}`, { timeout: 600_000 }, async () => {
      let delivered = 0
      for (let seed = 1; seed <= operations / turnsPerPool; seed++) {
        const turmoil = new Turmoil(kind, seed)
        try {
          for (let turn = 0; turn < turnsPerPool; turn++) {
            turmoil.act()
            turmoil.check()
            if (turn % 5 === 0) for (let tick = 0; tick < 6; tick++) await undefined
          }
          await turmoil.end()
        } catch (error) {
          throw new Error(`seed ${seed}: ${error}`, { cause: error })
        }
        delivered += turmoil.delivered
      }
      expect(delivered).toBeGreaterThan(operations / 60)
    })
  }
})
