import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'
import { SharedPool } from '../../src/index.js'

const make = () => SharedPool.create({ type: Uint8Array, shape: 64, blocks: 8 })

async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 50 && reference.deref() !== undefined; round++) {
    await sleep(5)
    globalThis.gc?.()
  }
  return reference.deref() === undefined
}

// The timer that gives idle blocks to other threads was made in the async context of the request that made the pool.
it('a pool keeps nothing of the request that made it', async () => {
  const storage = new AsyncLocalStorage<object>()
  const pools: SharedPool[] = []
  const inRequest = () => {
    const store = { request: 1 }
    storage.run(store, () => void pools.push(make()))
    return new WeakRef(store)
  }
  expect(await isCollected(inRequest())).toBe(true)
  for (const pool of pools) pool.detach()
})

// Each pool added a listener of its own, which also kept the pool until the worker's end.
it('pools that watch one worker add one listener to it, and leave nothing behind as they detach', async () => {
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true })
  onTestFinished(async () => void (await worker.terminate()))
  const before = worker.listenerCount('exit')
  const watches: Promise<number>[] = []
  const detached = Array.from({ length: 20 }, () => {
    const pool = make()
    watches.push(pool.watch(worker))
    pool.detach()
    return new WeakRef(pool)
  })
  expect(worker.listenerCount('exit')).toBe(before + 1)
  expect(await Promise.all(watches)).toEqual(Array(20).fill(0))
  watches.length = 0
  for (const pool of detached) expect(await isCollected(pool)).toBe(true)
  const pool = make()
  onTestFinished(() => void pool.detach())
  const watch = pool.watch(worker)
  expect(worker.listenerCount('exit')).toBe(before + 1)
  await worker.terminate()
  expect(await watch).toBe(0)
})

it('a second watch over one worker resolves, too, and at its exit alone', async () => {
  const worker = Object.assign(new EventEmitter(), { threadId: 4242 })
  const pool = make()
  onTestFinished(() => void pool.detach())
  const ended: string[] = []
  const watches = ['first', 'second'].map(async (name) => {
    await pool.watch(worker)
    ended.push(name)
  })
  await sleep(5)
  expect(ended).toEqual([])
  const exit = once(worker, 'exit')
  worker.emit('exit')
  await exit
  await Promise.all(watches)
  expect(ended).toEqual(['first', 'second'])
})

// The listener stayed until the context was closed, and kept the pool for as long.
it('a pool that watches an audio context leaves no listener behind as it detaches', async () => {
  const listeners = new Set<() => void>()
  const context = {
    state: 'running',
    audioWorklet: {},
    addEventListener: (_type: 'statechange', listener: () => void) => listeners.add(listener),
    removeEventListener: (_type: 'statechange', listener: () => void) => listeners.delete(listener)
  }
  const [left, staying] = [make(), make()]
  onTestFinished(() => void staying.detach())
  const watches = [left, staying].map((pool) => pool.watch(context, pool.token(context)))
  expect(listeners.size).toBe(2)
  left.detach()
  expect(await watches[0]).toBe(0)
  expect(listeners.size).toBe(1)
  context.state = 'closed'
  for (const listener of listeners) listener()
  expect(await watches[1]).toBe(0)
  expect(listeners.size).toBe(0)
})
