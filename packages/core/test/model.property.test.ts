import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { BufferPool, isPoolError, type PooledLease, SizeClassPool, UnpooledPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

type AnyPool = BufferPool | SizeClassPool | UnpooledPool

/** What the model knows of a pool: no free lists, no quotas, no states; who has what, who waits, and the bounds. */
interface Bounds {
  readonly sizes: readonly number[]
  readonly maxSize: number
  readonly maxLiveBytes: number
  readonly oversize: boolean
}

interface Held {
  readonly bytes: number
  readonly list: number
  readonly tag: number
  buffer?: Buffer
  lease?: PooledLease
  view: Buffer
}

interface Waiting {
  readonly bytes: number
  readonly list: number
  readonly controller: AbortController
  outcome: 'waits' | 'served' | 'aborted'
  buffer?: Buffer
}

/**
 * A pool beside its model. An acquire succeeds when the buffers out of its class are fewer than `maxSize` and all bytes out leave
 * room, whatever lies idle, since that can be given up; nobody overtakes.
 */
class Run {
  readonly #pool: AnyPool
  readonly #bounds: Bounds
  readonly #isCleared: boolean
  readonly #held: Held[] = []
  readonly #line: Waiting[] = []
  readonly #out: number[]
  readonly #peak: number[]
  #outBytes = 0
  #acquired = 0
  #released = 0
  #refused = 0
  #tags = 0

  constructor(pool: AnyPool, bounds: Bounds, isCleared: boolean) {
    this.#pool = pool
    this.#bounds = bounds
    this.#isCleared = isCleared
    this.#out = Array.from({ length: bounds.sizes.length + 1 }, () => 0)
    this.#peak = [...this.#out]
  }

  /** One operation, chosen by `dice`; whether somebody was served, so that its promise must run. */
  step(dice: number): void {
    const kind = dice & 31
    const pick = dice >>> 5
    if (kind < 9) this.#acquire(this.#sizeOf(pick))
    else if (kind < 11) this.#lease(this.#sizeOf(pick))
    else if (kind < 21) this.#release(pick)
    else if (kind < 22) this.#retain(pick)
    else if (kind < 23) this.#discard(pick)
    else if (kind < 26) this.#wait(this.#sizeOf(pick))
    else if (kind < 28) this.#abort(pick)
    else if (kind < 30) this.#misuse(pick)
    else if (kind < 31) this.#pool.trim()
    else if ('warm' in this.#pool) this.#pool.warm(pick % 4)
    this.check()
  }

  /** Those who were served have their buffers; call it once their promises have run. */
  collect(): void {
    for (let index = 0; index < this.#line.length; index++) {
      const waiting = this.#line[index] as Waiting
      if (waiting.outcome === 'waits') continue
      this.#line.splice(index--, 1)
      if (waiting.outcome === 'aborted') continue
      assert.ok(waiting.buffer !== undefined, 'served, and has no buffer')
      this.#held.push(this.#owned(waiting.bytes, waiting.list, waiting.buffer, { buffer: waiting.buffer }))
    }
  }

  get mustCollect(): boolean {
    return this.#line.some(({ outcome }) => outcome !== 'waits')
  }

  /** Everybody goes home. */
  async end(): Promise<void> {
    while (this.#waits.length > 0) this.#abort(0)
    await settled()
    this.collect()
    for (let one = this.#held.pop(); one !== undefined; one = this.#held.pop()) this.#giveBack(one)
    this.check()
    assert.equal(this.#pool.stats().inUse, 0)
    this.#pool.destroy()
    const { liveBytes, available } = this.#pool.stats()
    assert.deepEqual({ liveBytes, available }, { liveBytes: 0, available: 0 })
  }

  check(): void {
    const stats = this.#pool.stats()
    checkFigures(stats)
    assert.equal(stats.inUse, sum(this.#out), 'inUse')
    assert.equal(stats.inUseBytes, this.#outBytes, 'inUseBytes')
    assert.equal(stats.acquisitions, this.#acquired, 'acquisitions')
    assert.equal(stats.releases, this.#released, 'releases')
    assert.equal(stats.refusedReleases, this.#refused, 'refusedReleases')
    assert.equal(stats.peakInUse, sum(this.#peak), 'peakInUse')
    assert.equal(stats.waiting, this.#waits.length, 'waiting')
    stats.sizeClasses.forEach((sizeClass, list) => {
      assert.equal(sizeClass.inUse, this.#out[list], `inUse of class ${list}`)
      assert.ok(sizeClass.total <= this.#bounds.maxSize, `class ${list} has ${sizeClass.total} buffers`)
      const starves = sizeClass.available > 0 && this.#waits.some((waiting) => waiting.list === list)
      assert.ok(!starves, `an acquire waits in class ${list} although ${sizeClass.available} lie idle`)
    })
  }

  get #waits(): Waiting[] {
    return this.#line.filter(({ outcome }) => outcome === 'waits')
  }

  #sizeOf(pick: number): number {
    const largest = this.#bounds.sizes.at(-1) ?? 200
    return 8 + (pick % (this.#bounds.oversize ? Math.ceil(largest * 1.3) : largest - 7))
  }

  #listOf(bytes: number): number {
    const list = this.#bounds.sizes.findIndex((size) => size >= bytes)
    return list < 0 ? this.#bounds.sizes.length : list
  }

  #memoryOf(bytes: number): number {
    return this.#bounds.sizes[this.#listOf(bytes)] ?? bytes
  }

  #fits(bytes: number): 'fits' | 'count' | 'bytes' {
    if ((this.#out[this.#listOf(bytes)] as number) >= this.#bounds.maxSize) return 'count'
    return this.#outBytes + this.#memoryOf(bytes) > this.#bounds.maxLiveBytes ? 'bytes' : 'fits'
  }

  /** Whether an acquire that comes now is served at once. */
  #mayPass(bytes: number): boolean {
    const list = this.#listOf(bytes)
    if ((this.#pool.stats().sizeClasses[list]?.available ?? 0) > 0) return true
    const waits = this.#waits
    if (waits.some((waiting) => waiting.list === list)) return false
    const first = waits.find((waiting) => this.#fits(waiting.bytes) !== 'count')
    return first === undefined && this.#fits(bytes) === 'fits'
  }

  #goesOut(bytes: number): void {
    const list = this.#listOf(bytes)
    this.#out[list] = (this.#out[list] as number) + 1
    this.#peak[list] = Math.max(this.#peak[list] as number, this.#out[list] as number)
    this.#outBytes += this.#memoryOf(bytes)
    this.#acquired++
  }

  #comesBack({ bytes, list }: Held): void {
    this.#out[list] = (this.#out[list] as number) - 1
    this.#outBytes -= this.#memoryOf(bytes)
    this.#released++
    this.#serve()
  }

  /** Serves the line: in order; a class that is full lets others pass, one that waits for bytes does not. */
  #serve(): void {
    const full = new Set<number>()
    for (const waiting of this.#waits) {
      if (full.has(waiting.list)) continue
      const fits = this.#fits(waiting.bytes)
      if (fits === 'bytes') return
      if (fits === 'count') full.add(waiting.list)
      else {
        waiting.outcome = 'served'
        this.#goesOut(waiting.bytes)
      }
    }
  }

  #owned(bytes: number, list: number, view: Buffer, how: { buffer?: Buffer; lease?: PooledLease }): Held {
    assert.ok(view.length >= bytes, `${view.length} bytes for ${bytes}`)
    if (this.#isCleared) {
      assert.equal(view.readUInt32LE(0), 0, 'bytes of the owner before')
      assert.equal(view.readUInt32LE(view.length - 4), 0, 'bytes of the owner before')
    }
    const tag = ++this.#tags
    view.writeUInt32LE(tag, 0)
    view.writeUInt32LE(tag, view.length - 4)
    return { bytes, list, tag, view, ...how }
  }

  #acquire(bytes: number): void {
    const passes = this.#mayPass(bytes)
    const buffer = attempt(() => this.#pool.acquire(bytes))
    assert.equal(buffer !== undefined, passes, `acquire(${bytes})`)
    if (buffer === undefined) return
    this.#goesOut(bytes)
    this.#held.push(this.#owned(bytes, this.#listOf(bytes), buffer, { buffer }))
  }

  #lease(bytes: number): void {
    const passes = this.#mayPass(bytes)
    const lease = attempt(() => this.#pool.lease(bytes))
    assert.equal(lease !== undefined, passes, `lease(${bytes})`)
    if (lease === undefined) return
    assert.equal(lease.buffer.length, bytes)
    this.#goesOut(bytes)
    this.#held.push(this.#owned(bytes, this.#listOf(bytes), lease.buffer, { lease }))
  }

  #giveBack(held: Held): void {
    const { view, tag, lease, buffer } = held
    assert.equal(view.readUInt32LE(0), tag, 'two owners share bytes')
    assert.equal(view.readUInt32LE(view.length - 4), tag, 'two owners share bytes')
    if (lease !== undefined) lease.release()
    else this.#pool.release(buffer as Buffer)
    const isShared = lease !== undefined && this.#held.some((other) => other.tag === tag)
    if (!isShared) this.#comesBack(held)
  }

  #release(pick: number): void {
    const [held] = this.#held.splice(pick % Math.max(1, this.#held.length), 1)
    if (held !== undefined) this.#giveBack(held)
  }

  #retain(pick: number): void {
    const held = this.#held[pick % Math.max(1, this.#held.length)]
    if (held?.lease !== undefined) this.#held.push({ ...held, lease: held.lease.retain() })
  }

  #discard(pick: number): void {
    const leases = this.#held.filter(({ lease }) => lease !== undefined)
    const held = leases[pick % Math.max(1, leases.length)]
    if (held?.lease === undefined) return
    this.#held.splice(this.#held.indexOf(held), 1)
    held.lease.discard()
    if (!this.#held.some(({ tag }) => tag === held.tag)) this.#comesBack(held)
  }

  #wait(bytes: number): void {
    const passes = this.#mayPass(bytes)
    const waiting: Waiting = { bytes, list: this.#listOf(bytes), controller: new AbortController(), outcome: passes ? 'served' : 'waits' }
    this.#line.push(waiting)
    if (passes) this.#goesOut(bytes)
    this.#pool.acquireAsync(bytes, { signal: waiting.controller.signal }).then(
      (buffer) => {
        waiting.buffer = buffer
      },
      () => {}
    )
  }

  #abort(pick: number): void {
    const waits = this.#waits
    const waiting = waits[pick % Math.max(1, waits.length)]
    if (waiting === undefined) return
    waiting.outcome = 'aborted'
    waiting.controller.abort()
    this.#serve()
  }

  #misuse(pick: number): void {
    const held = this.#held[pick % Math.max(1, this.#held.length)]
    const wrong = [Buffer.alloc(8), held?.view.subarray(0), held?.lease?.buffer, null][pick & 3]
    if (wrong === undefined) return
    const error = refusalOf(() => this.#pool.release(wrong as Buffer))
    const expected = ['ERR_POOL_FOREIGN_BUFFER', 'ERR_POOL_LEASED_BUFFER']
    assert.ok(
      expected.some((code) => isPoolError(error, code)),
      `${error}`
    )
    this.#refused++
  }
}

const sum = (figures: readonly number[]) => figures.reduce((total, figure) => total + figure, 0)

/** What `take` gives; undefined when the pool is exhausted. */
function attempt<T>(take: () => T): T | undefined {
  try {
    return take()
  } catch (error) {
    if (isPoolError(error, 'ERR_POOL_EXHAUSTED')) return undefined
    throw error
  }
}

function refusalOf(fn: () => void): unknown {
  try {
    fn()
  } catch (error) {
    return error
  }
  return undefined
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await undefined
}

const operations = (length: number) => fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: length, maxLength: length, size: 'max' })
const common = {
  maxSize: fc.integer({ min: 1, max: 6 }),
  clear: fc.constantFrom('release' as const, 'acquire' as const, 'never' as const),
  pooling: fc.boolean(),
  listens: fc.boolean()
}
const quiet = { shrinkInterval: 0, leakDetection: 'off' as const }

async function runAll(pool: AnyPool, bounds: Bounds, clear: string, listens: boolean, dice: readonly number[]): Promise<void> {
  // Listeners lead every acquire and release off the hot path.
  if (listens) pool.on('acquire', () => {}).on('release', () => {})
  const run = new Run(pool, bounds, clear !== 'never')
  for (const [index, one] of dice.entries()) {
    try {
      run.step(one)
    } catch (error) {
      throw new Error(`operation ${index}, ${one}: ${error}`, { cause: error })
    }
    if (!run.mustCollect) continue
    await settled()
    run.collect()
  }
  await run.end()
}

/** The same sequences each time, unless a seed is given; a failure prints its seed. */
const seed = Number(process.env.POOL_MODEL_SEED ?? 20_261_121)
const length = 1000
/** For each kind of pool: a million operations in `test:deep`, a hundredth of them in ordinary tests. */
const numRuns = process.env.POOL_DEEP === '1' ? 1000 : 10
const check = (property: fc.IAsyncProperty<unknown[]>) =>
  fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns, seed, endOnFailure: true })

describe('random operations break no invariant and agree with a simple model', { timeout: 900_000 }, () => {
  it('of BufferPool', async () => {
    const options = fc.record({ ...common, buffersAlive: fc.integer({ min: 1, max: 8 }), buffersIdle: fc.integer({ min: 0, max: 8 }) })
    await check(
      fc.asyncProperty(options, operations(length), async ({ maxSize, clear, pooling, listens, buffersAlive, buffersIdle }, dice) => {
        const maxLiveBytes = buffersAlive * 64 + 10
        const bounds = { sizes: [64], maxSize, maxLiveBytes, oversize: false }
        const pool = new BufferPool({ ...quiet, bufferSize: 64, maxSize, clear, pooling, maxLiveBytes, maxIdleBytes: buffersIdle * 64 })
        await runAll(pool, bounds, clear, listens, dice)
      })
    )
  })

  it('of SizeClassPool', async () => {
    const options = fc.record({
      ...common,
      sizes: fc.constantFrom([32, 64, 128, 256], [16, 100, 101, 1000], [64]),
      maxLiveBytes: fc.integer({ min: 1400, max: 4000 }),
      maxIdleBytes: fc.integer({ min: 0, max: 3000 })
    })
    await check(
      fc.asyncProperty(
        options,
        operations(length),
        async ({ sizes, maxSize, clear, pooling, listens, maxLiveBytes, maxIdleBytes }, dice) => {
          const bounds = { sizes, maxSize, maxLiveBytes, oversize: true }
          const pool = new SizeClassPool({ ...quiet, sizes, maxSize, clear, pooling, maxLiveBytes, maxIdleBytes })
          await runAll(pool, bounds, clear, listens, dice)
        }
      )
    )
  })

  it('of UnpooledPool', async () => {
    const options = fc.record({ ...common, maxLiveBytes: fc.integer({ min: 300, max: 1000 }) })
    await check(
      fc.asyncProperty(options, operations(length), async ({ maxSize, clear, listens, maxLiveBytes }, dice) => {
        const pool = new UnpooledPool({ maxSize, clear, maxLiveBytes })
        await runAll(pool, { sizes: [], maxSize, maxLiveBytes, oversize: true }, clear, listens, dice)
      })
    )
  })
})
