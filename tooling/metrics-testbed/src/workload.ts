import { BufferPool, PoolManager, SizeClassPool } from '@pool/core'
import type { PoolStats, StatsDirectory, StatsSource } from '@pool/core/interfaces'

const quiet = { shrinkInterval: 0, memoryPressure: false } as const

/** Pools in every state that metrics show: in use, full, waited for, missed, leaking, short of memory, fragmented, broken. */
export class Workload {
  readonly manager = new PoolManager()
  /** The sources of the metrics: the pools, a source that throws, and one that carves a slab. */
  readonly directory: StatsDirectory
  readonly #bodies = this.manager.add(new SizeClassPool({ name: 'bodies', minClassBytes: 256, maxClassBytes: 65_536, ...quiet }))
  readonly #missed = this.manager.getPool('missed', { bufferSize: 4096, pooling: false, ...quiet })
  readonly #full = this.manager.getPool('full', { bufferSize: 1024, initialSize: 2, maxSize: 4, ...quiet })
  readonly #contended = this.manager.getPool('contended', { bufferSize: 1024, initialSize: 1, maxSize: 1, ...quiet })
  readonly #leaky = this.manager.getPool('leaky', { bufferSize: 512, leakDetection: 'count', ...quiet })
  readonly #waiting = new AbortController()
  #isLoaded = false
  #timer: NodeJS.Timeout | undefined

  /** Makes the pools; they are idle until {@link Workload.load}. */
  constructor() {
    for (const [name, usedBytes] of Object.entries({ elevated: 2000, critical: 3000 })) {
      const thresholds = { elevated: 1500, critical: 2500, intervalMs: 50, usedBytes: () => usedBytes }
      this.manager.getPool(name, { bufferSize: 64, initialSize: 1, shrinkInterval: 0, memoryPressure: thresholds })
    }
    const slabPool = new BufferPool({ name: 'slab', bufferSize: 2048, initialSize: 4, ...quiet })
    const slab: StatsSource = { name: 'slab', stats: () => ({ ...slabPool.stats(), fragmentationRatio: 0.375, efficiencyRatio: 0.9 }) }
    const broken: StatsSource = {
      name: 'broken',
      stats: () => {
        if (this.#isLoaded) throw new Error('a source that throws')
        return { ...slabPool.stats(), closed: true }
      }
    }
    const { manager } = this
    this.directory = {
      *sources() {
        yield* manager.sources()
        yield slab
        yield broken
      }
    }
  }

  /** The pools' own figures of this moment, by name; the broken one has none. */
  stats(): Record<string, PoolStats> {
    const all = [...this.directory.sources()].filter(({ name }) => name !== 'broken').map((source) => source.stats())
    return Object.fromEntries(all.map((stats) => [stats.name, stats]))
  }

  /** Starts to take and release, some hundred times a second, and fills the pools that are to be full. */
  load(): void {
    if (this.#isLoaded) return
    this.#isLoaded = true
    const held = Array.from({ length: 4 }, () => this.#full.acquire())
    // Referenced, so that they are held and not leaked.
    process.once('exit', () => held.length)
    this.#full.acquireAsync({ signal: this.#waiting.signal }).catch(() => {})
    this.#timer = setInterval(() => this.#turn(), 10)
  }

  /** Ends the load. Held buffers stay held; from then on no count changes. */
  async quiet(): Promise<void> {
    clearInterval(this.#timer)
    while (this.#leaky.stats().inUse > 0 || this.#contended.stats().waiting > 0 || this.#full.stats().waiting > 1) {
      globalThis.gc?.()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  #turn(): void {
    for (let bytes = 100; bytes < 200_000; bytes *= 2) this.#bodies.release(this.#bodies.acquire(bytes))
    this.#missed.release(this.#missed.acquire())
    this.#full.acquireAsync({ timeoutMs: 1 }).catch(() => {})
    if (this.#contended.stats().inUse === 0) {
      const contested = this.#contended.acquire()
      // A caller waits for it meanwhile, for about a millisecond.
      void this.#contended.acquireAsync().then((buffer) => this.#contended.release(buffer))
      setTimeout(() => this.#contended.release(contested), 1)
    }
    const { acquisitions, inUse } = this.#leaky.stats()
    if (acquisitions < 3) this.#leaky.acquire()
    // At once rather than in a while: they have no holder.
    else if (inUse > 0) globalThis.gc?.()
  }
}
