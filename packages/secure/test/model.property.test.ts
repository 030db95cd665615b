import assert from 'node:assert/strict'
import { isPoolError } from '@pool/core'
import { checkFigures } from '@pool/core/testing'
import { describe, it } from 'vitest'
import { type SecretLease, SecureBufferPool } from '../src/index.js'
import { backings } from './backings.js'
import { dice, freed, operationsOn } from './dice.js'

const stepsPerPool = 1000
const maxClassBytes = 256

interface Held {
  readonly bytes: number
  readonly tag: number
  readonly view: Buffer
  readonly lease: SecretLease | undefined
}

interface Waiting {
  readonly bytes: number
  readonly controller: AbortController
  outcome: 'waits' | 'served' | 'aborted'
  view: Buffer | undefined
}

/** Bytes of the memory that a secret of `bytes` takes: a power of two from 32, or its own length, in words, above the largest class. */
function memoryOf(bytes: number): number {
  return bytes > maxClassBytes ? Math.ceil(bytes / 8) * 8 : Math.max(32, 2 ** Math.ceil(Math.log2(bytes)))
}

/**
 * A pool beside a model that knows no free list, slot or state: only which secrets are out, which acquires wait, and the two bounds. An
 * acquire is served when its class has something idle, or when none waits and it fits both bounds; what lies idle makes room.
 */
class Run {
  readonly #roll: () => number
  readonly #pool: SecureBufferPool
  readonly #isZeroed: boolean
  readonly #maxSecrets: number
  readonly #maxLiveBytes: number
  readonly #held: Held[] = []
  readonly #line: Waiting[] = []
  #out = 0
  #outBytes = 0
  #acquired = 0
  #released = 0
  #refused = 0
  #tags = 0

  constructor(backing: 'heap' | 'sodium', seed: number) {
    const roll = dice(seed)
    this.#roll = roll
    this.#maxSecrets = 1 + (roll() % 8)
    this.#maxLiveBytes = 300 + (roll() % 1500)
    this.#isZeroed = roll() % 4 > 0
    this.#pool = new SecureBufferPool({
      backing,
      fill: this.#isZeroed ? 'zero' : 'random',
      maxSecrets: this.#maxSecrets,
      maxLiveBytes: this.#maxLiveBytes,
      maxIdleBytes: roll() % this.#maxLiveBytes,
      maxClassBytes,
      shrinkInterval: 0
    })
    // Listeners lead every acquire and release off the hot path.
    if (roll() % 3 === 0) this.#pool.on('acquire', () => {}).on('release', () => {})
  }

  step(): void {
    const kind = this.#roll() % 32
    if (kind < 9) this.#acquire(false)
    else if (kind < 12) this.#acquire(true)
    else if (kind < 21) this.#release()
    else if (kind < 22) this.#retain()
    else if (kind < 23) this.#discard()
    else if (kind < 27) this.#wait()
    else if (kind < 29) this.#abort()
    else if (kind < 31) this.#misuse()
    else this.#pool.trim()
    this.#check()
  }

  get mustCollect(): boolean {
    return this.#line.some(({ outcome }) => outcome !== 'waits')
  }

  /** Takes over what waits were served with; call it once their promises have run. */
  collect(): void {
    for (let index = 0; index < this.#line.length; index++) {
      const waiting = this.#line[index] as Waiting
      if (waiting.outcome === 'waits') continue
      this.#line.splice(index--, 1)
      if (waiting.outcome === 'aborted') continue
      assert.ok(waiting.view !== undefined, 'a wait was to be served, and was not')
      this.#own(waiting.bytes, waiting.view, undefined)
    }
  }

  async end(): Promise<void> {
    while (this.#waits.length > 0) this.#abort()
    await settled()
    this.collect()
    while (this.#held.length > 0) this.#release()
    this.#check()
    this.#pool.destroy()
    assert.equal(this.#pool.stats().liveBytes, 0)
  }

  get #waits(): Waiting[] {
    return this.#line.filter(({ outcome }) => outcome === 'waits')
  }

  #check(): void {
    const stats = this.#pool.stats()
    checkFigures(stats)
    const { inUse, inUseBytes, acquisitions, releases, refusedReleases, waiting } = stats
    assert.deepEqual(
      { inUse, inUseBytes, acquisitions, releases, refusedReleases, waiting },
      {
        inUse: this.#out,
        inUseBytes: this.#outBytes,
        acquisitions: this.#acquired,
        releases: this.#released,
        refusedReleases: this.#refused,
        waiting: this.#waits.length
      }
    )
    assert.ok(stats.total <= this.#maxSecrets, `${stats.total} secrets alive`)
  }

  #bytes(): number {
    return 1 + (this.#roll() % Math.min(this.#maxLiveBytes - 8, 300))
  }

  #fits(bytes: number): boolean {
    return this.#out < this.#maxSecrets && this.#outBytes + memoryOf(bytes) <= this.#maxLiveBytes
  }

  #mayPass(bytes: number): boolean {
    const idle = this.#pool.stats().sizeClasses.find(({ bufferSize }) => bufferSize === memoryOf(bytes))?.available ?? 0
    return idle > 0 || (this.#waits.length === 0 && this.#fits(bytes))
  }

  #goOut(bytes: number): void {
    this.#out++
    this.#outBytes += memoryOf(bytes)
    this.#acquired++
  }

  #comeBack(bytes: number): void {
    this.#out--
    this.#outBytes -= memoryOf(bytes)
    this.#released++
    this.#serve()
  }

  /** In order; the first that does not fit holds all others back. */
  #serve(): void {
    for (const waiting of this.#waits) {
      if (!this.#fits(waiting.bytes)) return
      waiting.outcome = 'served'
      this.#goOut(waiting.bytes)
    }
  }

  #own(bytes: number, view: Buffer, lease: SecretLease | undefined): void {
    assert.equal(view.length, bytes)
    if (this.#isZeroed) for (let index = 0; index < bytes; index++) assert.equal(view[index], 0, 'a byte of the owner before')
    const tag = (++this.#tags % 255) + 1
    view.fill(tag)
    this.#held.push({ bytes, tag, view, lease })
  }

  #acquire(leases: boolean): void {
    const bytes = this.#bytes()
    const passes = this.#mayPass(bytes)
    try {
      const lease = leases ? this.#pool.lease(bytes) : undefined
      const view = lease?.buffer ?? this.#pool.acquire(bytes)
      assert.ok(passes, `acquire(${bytes}) should have been refused`)
      this.#goOut(bytes)
      this.#own(bytes, view, lease)
    } catch (error) {
      if (passes || !isPoolError(error, 'ERR_POOL_EXHAUSTED')) throw error
    }
  }

  #pick(): Held | undefined {
    return this.#held[this.#roll() % Math.max(1, this.#held.length)]
  }

  #release(): void {
    const held = this.#pick()
    if (held === undefined) return
    this.#held.splice(this.#held.indexOf(held), 1)
    assert.ok(
      held.view.every((byte) => byte === held.tag),
      'two owners share bytes'
    )
    if (held.lease === undefined) this.#pool.release(held.view)
    else held.lease.release()
    if (this.#held.some(({ view }) => view === held.view)) return
    assert.ok(!held.view.includes(Buffer.alloc(Math.min(9, held.bytes + 1), held.tag)), 'not wiped')
    this.#comeBack(held.bytes)
  }

  #retain(): void {
    const held = this.#pick()
    if (held?.lease !== undefined) this.#held.push({ ...held, lease: held.lease.retain() })
  }

  #discard(): void {
    const held = this.#pick()
    if (held?.lease === undefined) return
    this.#held.splice(this.#held.indexOf(held), 1)
    held.lease.discard()
    if (!this.#held.some(({ view }) => view === held.view)) this.#comeBack(held.bytes)
  }

  #wait(): void {
    const bytes = this.#bytes()
    const passes = this.#mayPass(bytes)
    const waiting: Waiting = { bytes, controller: new AbortController(), outcome: passes ? 'served' : 'waits', view: undefined }
    this.#line.push(waiting)
    if (passes) this.#goOut(bytes)
    this.#pool.acquireAsync(bytes, { signal: waiting.controller.signal }).then(
      (view) => {
        waiting.view = view
      },
      () => {}
    )
  }

  #abort(): void {
    const waits = this.#waits
    const waiting = waits[this.#roll() % Math.max(1, waits.length)]
    if (waiting === undefined) return
    waiting.outcome = 'aborted'
    waiting.controller.abort()
    this.#serve()
  }

  #misuse(): void {
    const held = this.#pick()
    const wrong = [Buffer.alloc(8), held?.view.subarray(0), held?.lease?.buffer, null][this.#roll() & 3]
    if (wrong === undefined) return
    assert.throws(
      () => this.#pool.release(wrong as Buffer),
      (error) => isPoolError(error, 'ERR_POOL_FOREIGN_BUFFER') || isPoolError(error, 'ERR_POOL_LEASED_BUFFER')
    )
    this.#refused++
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await undefined
}

describe('random operations on a SecureBufferPool', () => {
  it.each(backings)('break no invariant and agree with a simple model, on %s', { timeout: 900_000 }, async (backing) => {
    for (let seed = 1; seed <= operationsOn(backing) / stepsPerPool; seed++) {
      const run = new Run(backing, seed)
      for (let step = 0; step < stepsPerPool; step++) {
        try {
          run.step()
        } catch (error) {
          throw new Error(`seed ${seed}, step ${step}: ${error}`, { cause: error })
        }
        if (!run.mustCollect) continue
        await settled()
        run.collect()
      }
      await run.end()
      await freed()
    }
  })
})
