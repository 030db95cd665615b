import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { SharedPool, type SharedPoolToken } from '../../src/index.js'
import { startThread } from '../support/thread.js'

const make = (blocks: number, threads: number) => SharedPool.create({ type: Int32Array, shape: 1, blocks, threads, channels: 1 })

/** A thread that reaps as soon as the gate's first word is not 0, and adds one to the second as it begins. */
async function reaper(pool: SharedPool, dead: readonly SharedPoolToken[], gate: Int32Array) {
  const worker = startThread(new URL('./reaping-thread.ts', import.meta.url), { token: pool.token(), dead, gate })
  await once(worker, 'message')
  return worker
}

function open(gate: Int32Array): void {
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
}

/** Every block of the pool can be acquired, once. Leaves them with a thread that is used no more, as if it were dead; its token. */
function takeAllOf(pool: SharedPool<Int32Array>): SharedPoolToken {
  const token = pool.token()
  const holder = SharedPool.attach<Int32Array>(token)
  const seen = new Set<number>()
  pool.flush()
  for (let handle = holder.acquire(); handle >= 0; handle = holder.acquire()) seen.add(holder.offset(handle))
  expect(seen.size).toBe(pool.blocks)
  return token
}

it('two threads that reap the same dead threads at once give each block back once', { timeout: 120_000 }, async () => {
  const [seats, blocks] = [40, 48]
  const pool = make(2 * seats * blocks, seats + 3)
  const dead = Array.from({ length: seats }, () => pool.token())
  const victim = startThread(new URL('./holding-thread.ts', import.meta.url), { tokens: dead, blocks })
  await once(victim, 'message')
  expect(pool.stats().inUse).toBe(seats * blocks)
  await victim.terminate()
  const gate = new Int32Array(new SharedArrayBuffer(8))
  const reapers = await Promise.all([reaper(pool, dead, gate), reaper(pool, dead, gate)])
  const answers = Promise.all(reapers.map((worker) => once(worker, 'message')))
  open(gate)
  const reaped = (await answers).map(([count]) => count as number)
  expect(reaped.reduce((sum, count) => sum + count, 0)).toBe(seats * blocks)
  expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: pool.blocks })
  const watches = Promise.all(reapers.map((worker) => pool.watch(worker)))
  await Promise.all(reapers.map((worker) => worker.terminate()))
  expect(await watches).toEqual([0, 0])
  expect(pool.stats().threads.filter(({ attached }) => attached)).toHaveLength(1)
  takeAllOf(pool)
})

it('a reaper that is ended in the midst of it is reaped, with all that it was reaping', { timeout: 300_000 }, async () => {
  const enough = process.env.POOL_DEEP === '1' ? 3 : 1
  // So many that reaping takes longer than ending the reaper.
  const pool = make(2 ** 19, 4)
  let midst = 0
  for (let round = 0; round < 40 && midst < enough; round++) {
    const dead = takeAllOf(pool)
    const gate = new Int32Array(new SharedArrayBuffer(8))
    const worker = await reaper(pool, [dead], gate)
    const left = pool.watch(worker)
    open(gate)
    Atomics.wait(gate, 1, 0)
    await sleep(round % 8)
    await worker.terminate()
    // What it had begun comes back by its death; what it had not come to, by a second reaper; nothing, if it got through.
    if ((await left) > 0) midst++
    else pool.reap(dead)
    expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: pool.blocks })
    expect(pool.stats().threads.filter(({ attached }) => attached)).toHaveLength(1)
    // No seat has the token any more.
    expect(pool.reap(dead)).toBe(0)
  }
  takeAllOf(pool)
  expect(midst).toBeGreaterThan(0)
})

it('what is sent to a channel whose reader was ended stays in flight, bounded, until another thread receives it', {
  timeout: 120_000
}, async () => {
  const pool = make(256, 3)
  const received = new Int32Array(new SharedArrayBuffer(4))
  const send = () => {
    const handle = pool.acquire()
    if (handle < 0) return false
    if (pool.send(0, handle)) return true
    pool.release(handle)
    return false
  }
  for (let round = 0; round < 3; round++) {
    Atomics.store(received, 0, 0)
    const worker = startThread(new URL('./receiving-thread.ts', import.meta.url), { token: pool.token(), received })
    const left = pool.watch(worker)
    const exit = once(worker, 'exit')
    // Sends on while the reader comes, works, and is ended.
    let ending: Promise<number> | undefined
    let isOver = false
    void exit.then(() => {
      isOver = true
    })
    while (!isOver) {
      for (let count = 0; count < 200; count++) send()
      if (Atomics.load(received, 0) > 2000 * round) ending ??= worker.terminate()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await ending
    await left
    while (send());
    expect(pool.stats()).toMatchObject({ inUse: 64, inFlight: 64 })
    const reader = SharedPool.attach(pool.token())
    let count = 0
    for (let handle = reader.receive(0); handle >= 0; handle = reader.receive(0), count++) reader.release(handle)
    expect(count).toBe(64)
    reader.detach()
    expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 256 })
  }
})
