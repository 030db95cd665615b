import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { drain } from '../support/drain.js'
// @ts-expect-error Vite gives the address of the module's build.
import processorUrl from './processor.js?worker&url'

/** A worker that acquires, sends and releases for ever, once its death can be proven. */
async function atWork(pool: SharedPool<Float32Array>) {
  const worker = new Worker(new URL('./busy-thread.ts', import.meta.url), { type: 'module' })
  const token = pool.token(worker)
  const reaped = pool.watch(worker)
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve
    worker.onerror = reject
    worker.postMessage(token)
  })
  return { worker, reaped }
}

it('gives back all that a busy worker held, once its lock proves that it writes no more', async () => {
  const pool = SharedPool.create({ type: Float32Array, shape: 16, blocks: 256, channels: 1 })
  for (let kill = 0; kill < 3; kill++) {
    const { worker, reaped } = await atWork(pool)
    worker.terminate()
    expect(await reaped).toBeGreaterThan(0)
    const before = pool.stats().acquisitions
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 256, acquisitions: before })
  }
})

const env = (import.meta as ImportMeta & { readonly env: Readonly<Record<string, string | undefined>> }).env
const crews = env.VITE_POOL_DEEP === '1' ? 13 : 1

it(`loses no block while ${4 * crews} workers are ended that contend for them`, { timeout: 600_000 }, async () => {
  const pool = SharedPool.create({ type: Float32Array, shape: 16, blocks: 256, threads: 5, channels: 1 })
  for (let crew = 0; crew < crews; crew++) {
    const deaths = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { worker, reaped } = await atWork(pool)
        const failed = new Promise<never>((_, reject) => {
          worker.onerror = ({ message }) => reject(new Error(message))
        })
        failed.catch(() => {})
        return { worker, reaped, failed }
      })
    )
    // They are at work against each other.
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 50)), ...deaths.map(({ failed }) => failed)])
    for (const { worker } of deaths) worker.terminate()
    const reaped = await Promise.race([Promise.all(deaths.map((death) => death.reaped)), ...deaths.map(({ failed }) => failed)])
    expect(Math.max(...reaped)).toBeGreaterThan(0)
    drain(pool, 1)
    expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 256, refusedReleases: 0 })
  }
  pool.flush()
  const places = new Set<number>()
  for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) places.add(pool.offset(handle))
  expect(places.size).toBe(256)
})

it('does not reap a worker that lives, though it never came to hold its lock', async () => {
  const pool = SharedPool.create({ type: Float32Array, shape: 16, blocks: 8 })
  const worker = new Worker(new URL('./rude-thread.ts', import.meta.url), { type: 'module' })
  const token = pool.token(worker)
  void pool.watch(worker)
  const said = (word: string) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data === word ? resolve(data) : reject(new Error(data)))
      worker.onerror = reject
    })
  worker.postMessage(token)
  await said('attached')
  await said('released')
  expect(pool.stats()).toMatchObject({ inUse: 0, refusedReleases: 0 })
  worker.terminate()
})

// Firefox runs no AudioContext in real time without a sound device; worklet.spec.ts renders offline in both.
const isFirefox = navigator.userAgent.includes('Firefox')

it.skipIf(isFirefox)('lends to an AudioWorklet, and gives back what it held once its context is closed', async () => {
  const pool = SharedPool.create({ type: Float32Array, shape: 128, blocks: 64, channels: 1 })
  const context = new AudioContext()
  await context.audioWorklet.addModule(processorUrl)
  const token = pool.token(context)
  const node = new AudioWorkletNode(context, 'player', { processorOptions: token })
  node.connect(context.destination)
  const reaped = pool.watch(context)
  let sent = 0
  const end = Date.now() + 30_000
  while ((pool.stats().threads[1]?.received ?? 0) < 200 && Date.now() < end) {
    for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) {
      if (pool.send(0, handle)) sent++
      else {
        pool.release(handle)
        break
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(pool.stats().threads[1]?.received).toBeGreaterThanOrEqual(200)
  await context.close()
  expect(await reaped).toBe(sent - (pool.stats().threads[1]?.received ?? 0))
  expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0 })
})

it('refuses to sleep on a page', () => {
  const pool = SharedPool.create({ type: Float32Array, shape: 16, blocks: 1 })
  pool.acquire()
  expect(() => pool.acquireSync(10)).toThrow(expect.objectContaining({ code: 'ERR_POOL_MAY_NOT_BLOCK' }))
})
