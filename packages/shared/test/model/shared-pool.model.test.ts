import { describe, expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'

const operations = process.env.POOL_DEEP === '1' ? 1_000_000 : 20_000
const operationsPerPool = 2000
const seats = 4
const blocks = 24
const channels = 2
const channelCapacity = 8

interface Held {
  readonly thread: number
  readonly handle: number
  readonly block: number
  readonly tag: number
}

/** Random integers below 2^31 - 1; the same ones in each run. */
function randomIntegers(seed: number): () => number {
  let state = seed * 7919
  return () => (state = (state * 48_271) % 2_147_483_647)
}

/**
 * The seats of one pool, all in this thread, beside a model that knows which block has which owner, the order of each channel and the waits,
 * and nothing of rows or records.
 */
class Run {
  readonly #roll: () => number
  readonly #threads: (SharedPool<Int32Array> | undefined)[]
  readonly #token: ReturnType<SharedPool['token']>
  readonly #held: Held[] = []
  readonly #channels: { readonly block: number; readonly tag: number }[][] = Array.from({ length: channels }, () => [])
  /** The seats that have received from each channel since they were attached. */
  readonly #readers = Array.from({ length: channels }, () => new Set<number>())
  readonly #waits = new Map<AbortController, Promise<void>>()
  #tags = 0
  served = 0
  /** Whether a wait began, which may have taken a block already. */
  mustTurn = false

  constructor(seed: number) {
    this.#roll = randomIntegers(seed)
    const debug = this.#roll() % 20 === 0 ? 'poison' : 'off'
    const first = SharedPool.create({ type: Int32Array, shape: 4, blocks, threads: seats, channels, channelCapacity, debug })
    this.#token = first.token()
    this.#threads = [first]
    for (let seat = 1; seat < seats; seat++) this.#threads.push(SharedPool.attach<Int32Array>(this.#token))
  }

  step(): void {
    const kind = this.#roll() % 64
    const thread = this.#roll() % seats
    const pool = this.#threads[thread]
    if (pool === undefined) {
      if (kind < 8) this.#threads[thread] = SharedPool.attach<Int32Array>(this.#token)
      return
    }
    if (kind < 22) this.#acquire(thread, pool)
    else if (kind < 40) this.#release()
    else if (kind < 47) this.#send()
    else if (kind < 54) this.#receive(thread, pool)
    else if (kind < 56) pool.flush()
    else if (kind < 58) pool.reserve((this.#roll() % 4) + 1)
    else if (kind < 60) this.#misuse()
    else if (kind < 62) this.#wait(thread, pool)
    else if (kind < 63) [...this.#waits.keys()][this.#roll() % Math.max(1, this.#waits.size)]?.abort()
    else if (thread > 0 && this.#roll() % 8 === 0) this.#detach(thread, pool)
  }

  check(): void {
    const { inUse, inFlight, available, total, threads } = this.#first.stats()
    const flying = this.#channels.reduce((sum, { length }) => sum + length, 0)
    const agree = inFlight === flying && inUse === this.#held.length + flying && available === blocks - inUse && total === blocks
    if (!agree) expect.fail(`${inUse} in use and ${inFlight} in flight; ${this.#held.length} and ${flying} by the model`)
    for (const { seat, out } of threads) {
      if (out !== this.#held.filter(({ thread }) => this.#threads[thread]?.seat === seat).length)
        expect.fail(`seat ${seat} has ${out} blocks out`)
    }
  }

  async end(): Promise<void> {
    for (const [at, pool] of this.#threads.entries()) this.#threads[at] = pool ?? SharedPool.attach<Int32Array>(this.#token)
    // No wait may be left over, now that blocks come back and no thread keeps any at hand.
    while (this.#waits.size > 0) {
      while (this.#held.length > 0) this.#release()
      for (const pool of this.#threads) pool?.flush()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    for (let channel = 0; channel < channels; channel++) {
      while ((this.#channels[channel] as unknown[]).length > 0) this.#receiveFrom(channel, 0, this.#first)
    }
    while (this.#held.length > 0) this.#release()
    this.check()
    for (const pool of this.#threads) pool?.detach()
  }

  get #first(): SharedPool<Int32Array> {
    return this.#threads[0] as SharedPool<Int32Array>
  }

  #own(thread: number, pool: SharedPool<Int32Array>, handle: number, tag: number): void {
    const view = pool.view(handle)
    const block = pool.offset(handle)
    if (this.#held.some((other) => other.block === block)) expect.fail('a block has two owners')
    if (tag === 0) view.fill(++this.#tags)
    else if (view[0] !== tag || view[3] !== tag) expect.fail('a message lost its contents')
    this.#held.push({ thread, handle, block, tag: view[0] as number })
  }

  #acquire(thread: number, pool: SharedPool<Int32Array>): void {
    const handle = pool.acquire()
    if (handle >= 0) {
      this.#own(thread, pool, handle, 0)
      return
    }
    const { available, threads } = pool.stats()
    const elsewhere = threads.reduce((sum, { seat, stranded }) => sum + (seat === pool.seat ? 0 : stranded), 0)
    if (available > elsewhere) expect.fail(`${available - elsewhere} blocks are free for this thread, and it got none`)
  }

  #pick(): Held | undefined {
    return this.#held[this.#roll() % Math.max(1, this.#held.length)]
  }

  #drop(held: Held): SharedPool<Int32Array> {
    this.#held.splice(this.#held.indexOf(held), 1)
    const pool = this.#threads[held.thread] as SharedPool<Int32Array>
    const view = pool.view(held.handle)
    if (view[0] !== held.tag || view[3] !== held.tag) expect.fail('another owner wrote to a block')
    return pool
  }

  #release(): void {
    const held = this.#pick()
    if (held !== undefined) this.#drop(held).release(held.handle)
  }

  #send(): void {
    const held = this.#pick()
    if (held === undefined) return
    const channel = this.#roll() % channels
    const queue = this.#channels[channel] as { block: number; tag: number }[]
    const isSent = (this.#threads[held.thread] as SharedPool).send(channel, held.handle)
    if (isSent !== queue.length < channelCapacity) expect.fail(`send returned ${isSent} with ${queue.length} messages in the channel`)
    if (!isSent) return
    this.#held.splice(this.#held.indexOf(held), 1)
    queue.push({ block: held.block, tag: held.tag })
  }

  #receive(thread: number, pool: SharedPool<Int32Array>): void {
    this.#receiveFrom(this.#roll() % channels, thread, pool)
  }

  #receiveFrom(channel: number, thread: number, pool: SharedPool<Int32Array>): void {
    const message = this.#channels[channel]?.shift()
    const handle = pool.receive(channel)
    this.#readers[channel]?.add(thread)
    if (message === undefined) {
      if (handle >= 0) expect.fail('a channel without messages had one')
      return
    }
    if (handle < 0 || pool.offset(handle) !== message.block) expect.fail('a channel lost its order')
    this.#own(thread, pool, handle, message.tag)
  }

  #misuse(): void {
    const held = this.#pick()
    if (held === undefined) return
    const other = this.#threads.find((pool, at) => pool !== undefined && at !== held.thread)
    expect(() => other?.release(held.handle)).toThrow(expect.objectContaining({ code: 'ERR_POOL_FOREIGN_BUFFER' }))
    const pool = this.#drop(held)
    pool.release(held.handle)
    expect(() => pool.release(held.handle)).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
  }

  #wait(thread: number, pool: SharedPool<Int32Array>): void {
    if (this.#waits.size >= 6) return
    this.mustTurn = true
    const controller = new AbortController()
    const wait = pool.acquireAsync({ signal: controller.signal }).then(
      (handle) => {
        this.served++
        this.#own(thread, pool, handle, 0)
      },
      (error) => {
        const isExpected = controller.signal.aborted || (error as { code?: string }).code === 'ERR_POOL_CLOSED'
        if (!isExpected) throw error
      }
    )
    this.#waits.set(
      controller,
      wait.finally(() => this.#waits.delete(controller))
    )
  }

  #detach(thread: number, pool: SharedPool<Int32Array>): void {
    const own = this.#held.filter((held) => held.thread === thread)
    // The last reader of a channel gives back the messages that wait there.
    let blocksBack = own.length
    for (const [channel, readers] of this.#readers.entries()) {
      if (!readers.delete(thread) || readers.size > 0) continue
      blocksBack += (this.#channels[channel] as unknown[]).splice(0).length
    }
    expect(pool.detach()).toBe(blocksBack)
    for (const held of own) this.#held.splice(this.#held.indexOf(held), 1)
    this.#threads[thread] = undefined
  }
}

describe('random operations of four seats of a SharedPool', () => {
  it(`lose no block, message or wait, and agree with a simple model: ${operations} operations`, { timeout: 900_000 }, async () => {
    let served = 0
    for (let seed = 1; seed <= operations / operationsPerPool; seed++) {
      const run = new Run(seed)
      try {
        for (let step = 0; step < operationsPerPool; step++) {
          run.step()
          if (run.mustTurn || step % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
          run.mustTurn = false
          run.check()
        }
        await run.end()
      } catch (error) {
        throw new Error(`seed ${seed}: ${error}`, { cause: error })
      }
      served += run.served
    }
    expect(served).toBeGreaterThan(operations / 200)
  })
})
