import type { BufferSource, Lease, PoolStats, StatsSource, WaitOptions } from '@pool/core/interfaces'
import * as kit from '@pool/core/kit'
import { bufferSourceContract } from '@pool/core/testing'

/** A fixed number of equal buffers on memory that worker threads see too. */
class SharedBuffers implements BufferSource<Buffer>, StatsSource {
  readonly name: string
  readonly maxBytes: number
  readonly #count: number
  readonly #madeAt = performance.now()
  readonly #free: Buffer[] = []
  readonly #out = new Set<Buffer>()
  readonly #leases = new Map<Buffer, number>()
  readonly #line = new kit.WaitLine<Buffer, SharedBuffers>(this)
  readonly #queue: kit.WaitQueue<Buffer, SharedBuffers>
  readonly #keeper: kit.LeaseKeeper<Buffer>
  #acquisitions = 0
  #peakInUse = 0
  #exhaustions = 0
  #refusedReleases = 0
  #closed = false

  constructor(name: string, bytes: number, count: number) {
    this.name = kit.validName('name', name)
    this.maxBytes = kit.validInteger('bytes', bytes, 1, 2 ** 30)
    this.#count = kit.validInteger('count', count, 1, 2 ** 20)
    for (let made = 0; made < count; made++) this.#free.push(Buffer.from(new SharedArrayBuffer(bytes)))
    const pool = this
    this.#queue = new kit.WaitQueue(
      {
        name,
        events: new kit.EventHub(kit.nodeEvents),
        get inUse() {
          return pool.#out.size
        },
        takeFor: () => pool.#take() ?? 'line',
        putBack: (buffer) => pool.release(buffer),
        waitingChanged: () => {}
      },
      1000
    )
    this.#keeper = {
      takeBack: (buffer) => pool.#end(buffer),
      share: (buffer) => void pool.#leases.set(buffer, (pool.#leases.get(buffer) as number) + 1),
      // A write to it may be under way, so it must never be lent again; another takes its place.
      quarantine: (buffer) => {
        if (pool.#out.delete(buffer) && !pool.#closed) pool.#free.push(Buffer.from(new SharedArrayBuffer(bytes)))
      },
      releasedTwice: () => pool.#refused('ERR_POOL_DOUBLE_RELEASE', 'this lease was released before. Release it once.'),
      usedAfterRelease: () => pool.#error('ERR_POOL_LEASE_RELEASED', 'this lease was released. Release it after its last use.')
    }
    kit.announcePool(this)
  }

  acquire(minBytes: number): Buffer {
    this.#check(minBytes)
    const buffer = this.#queue.wouldOvertake(this.#line) ? undefined : this.#take()
    if (buffer !== undefined) return buffer
    this.#exhaustions++
    throw this.#error('ERR_POOL_EXHAUSTED', `all ${this.#count} buffers are out. Wait with acquireAsync, or make more.`)
  }

  async acquireAsync(minBytes: number, options: WaitOptions = {}): Promise<Buffer> {
    this.#check(minBytes)
    const { signal, timeoutMs = Number.POSITIVE_INFINITY } = options
    signal?.throwIfAborted()
    const buffer = this.#queue.wouldOvertake(this.#line) ? undefined : this.#take()
    if (buffer !== undefined) return buffer
    this.#exhaustions++
    return this.#queue.wait(this.#line, { bytes: minBytes, timeoutMs, signal })
  }

  release(buffer: Buffer): void {
    if (this.#leases.has(buffer)) throw this.#refused('ERR_POOL_LEASED_BUFFER', 'a lease has this buffer. Release the lease.')
    if (!this.#out.delete(buffer)) {
      const [code, cause] = this.#free.includes(buffer)
        ? (['ERR_POOL_DOUBLE_RELEASE', 'this buffer was released before. Release it once.'] as const)
        : (['ERR_POOL_FOREIGN_BUFFER', 'this buffer is not one of the pool. Release it where it came from.'] as const)
      throw this.#refused(code, cause)
    }
    if (!this.#closed) this.#free.push(buffer)
    this.#queue.serve()
  }

  lease(bytes: number): Lease<Buffer> {
    return this.#leaseOf(this.acquire(bytes), bytes)
  }

  async leaseAsync(bytes: number, options?: WaitOptions): Promise<Lease<Buffer>> {
    return this.#leaseOf(await this.acquireAsync(bytes, options), bytes)
  }

  stats(): PoolStats {
    const { size: inUse } = this.#out
    const bytes = this.maxBytes * this.#count
    return kit.poolStats({
      name: this.name,
      kind: 'shared-buffers',
      closed: this.#closed,
      bufferSize: this.maxBytes,
      available: this.#free.length,
      inUse,
      capacity: this.#count,
      peakInUse: this.#peakInUse,
      acquisitions: this.#acquisitions,
      releases: this.#acquisitions - inUse,
      bytesAllocated: bytes,
      bytesReused: this.#acquisitions * this.maxBytes,
      inUseBytes: inUse * this.maxBytes,
      idleBytes: this.#free.length * this.maxBytes,
      maxLiveBytes: bytes,
      maxIdleBytes: bytes,
      exhaustions: this.#exhaustions,
      refusedReleases: this.#refusedReleases,
      waiting: this.#queue.size,
      timeouts: this.#queue.timeouts,
      uptimeMs: performance.now() - this.#madeAt
    })
  }

  destroy(): void {
    this.#closed = true
    this.#free.length = 0
    this.#queue.close(() => this.#error('ERR_POOL_CLOSED', 'it was destroyed. Make a new one.'))
    kit.retirePool(this)
  }

  #check(minBytes: number): void {
    if (this.#closed) throw this.#error('ERR_POOL_CLOSED', 'it was destroyed. Make a new one.')
    kit.validInteger('minBytes', minBytes, 1, Number.MAX_SAFE_INTEGER)
    if (minBytes > this.maxBytes) throw this.#error('ERR_POOL_TOO_LARGE', `${minBytes} bytes are more than its ${this.maxBytes}.`)
  }

  #take(): Buffer | undefined {
    const buffer = this.#free.pop()
    if (buffer === undefined) return undefined
    buffer.fill(0)
    this.#out.add(buffer)
    this.#acquisitions++
    this.#peakInUse = Math.max(this.#peakInUse, this.#out.size)
    return buffer
  }

  #leaseOf(buffer: Buffer, bytes: number): Lease<Buffer> {
    this.#leases.set(buffer, 1)
    return new kit.PooledLease(this.#keeper, buffer, buffer.subarray(0, bytes))
  }

  #end(buffer: Buffer): void {
    const left = (this.#leases.get(buffer) as number) - 1
    if (left > 0) {
      this.#leases.set(buffer, left)
      return
    }
    this.#leases.delete(buffer)
    if (this.#out.has(buffer)) this.release(buffer)
    else this.#queue.serve()
  }

  #refused(code: kit.PoolErrorCode, cause: string): kit.PoolError {
    this.#refusedReleases++
    return this.#error(code, cause)
  }

  #error(code: kit.PoolErrorCode, cause: string): kit.PoolError {
    return new kit.PoolError(code, `pool '${this.name}': ${cause}`)
  }
}

// Each clause of the contract gets a fresh pool. In a test file, give each to your test runner instead.
const failed: string[] = []
for (const { title, run } of bufferSourceContract(({ bytes, maxBuffers }) => new SharedBuffers('under test', bytes, maxBuffers))) {
  await run().catch((error) => failed.push(`${title}: ${error}`))
}
console.log('clauses that failed:', failed)
