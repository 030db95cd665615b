import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { drain } from '../support/drain.js'
import { threadsOf } from './built-thread.js'

const start = threadsOf(new URL('../node/canary-thread.ts', import.meta.url))
const operationsWanted = Number(process.env.POOL_DEEP_OPERATIONS ?? 1e8)
const killsWanted = Number(process.env.POOL_DEEP_KILLS ?? 1000)

const make = (threads: number) => SharedPool.create({ type: Int32Array, shape: 16, blocks: 256, threads: threads + 1, channels: threads })

/** Threads that work until they are ended; each block has its holder's mark, which none but the holder may change. */
function crew(pool: SharedPool<Int32Array>, threads: number) {
  const alive = new Int32Array(new SharedArrayBuffer(4))
  const workers = Array.from({ length: threads }, (_, number) => start({ token: pool.token(), number, threads, alive }))
  const reaped = Promise.all(workers.map((worker) => pool.watch(worker)))
  const failed = Promise.race(workers.map((worker) => new Promise<never>((_, reject) => worker.once('error', reject))))
  failed.catch(() => {})
  return {
    async ready() {
      while (Atomics.load(alive, 0) < threads) await Promise.race([sleep(1), failed])
    },
    pause: (ms: number) => Promise.race([sleep(ms), failed]),
    async end() {
      await Promise.all(workers.map((worker) => worker.terminate()))
      await reaped
      drain(pool, threads)
    }
  }
}

/** All blocks are there, once. */
function expectWhole(pool: SharedPool<Int32Array>): void {
  expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 256, refusedReleases: 0 })
  pool.flush()
  const places = new Map<number, number>()
  for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) places.set(pool.offset(handle), handle)
  expect(places.size).toBe(256)
  for (const handle of places.values()) pool.release(handle)
}

const operationsOf = (pool: SharedPool<Int32Array>) => {
  const { acquisitions, inUse, threads } = pool.stats()
  return threads.reduce((sum, { sent, received }) => sum + sent + received, 2 * acquisitions - inUse)
}

it(`three threads: ${operationsWanted} operations, and no block is lost or has two owners`, { timeout: 3_600_000 }, async () => {
  const pool = make(3)
  const threads = crew(pool, 3)
  await threads.ready()
  while (operationsOf(pool) < operationsWanted) await threads.pause(200)
  const operations = operationsOf(pool)
  await threads.end()
  expectWhole(pool)
  console.log(`${operations} operations by three threads on Node ${process.versions.node}`)
})

it(`${killsWanted} threads ended at any time, and no block is lost or has two owners`, { timeout: 3_600_000 }, async () => {
  const pool = make(4)
  let kills = 0
  for (; kills < killsWanted; kills += 4) {
    const threads = crew(pool, 4)
    await threads.ready()
    await threads.pause(Math.random() * 8)
    await threads.end()
    expectWhole(pool)
  }
  console.log(`${kills} kills, ${operationsOf(pool)} operations on Node ${process.versions.node}`)
})
