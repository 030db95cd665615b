import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { drain } from '../support/drain.js'
import { startThread } from '../support/thread.js'

it('gives back all that workers held which were ended at any time, and the messages that only they read', {
  timeout: 120_000
}, async () => {
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 256, threads: 4, channels: 2 })
  const reports: number[] = []
  const kills = process.env.POOL_DEEP === '1' ? 6 : 3
  for (let kill = 0; kill < kills; kill++) {
    const alive = new Int32Array(new SharedArrayBuffer(4))
    const threads = [0, 1].map((number) => {
      const token = pool.token()
      const worker = startThread(new URL('./canary-thread.ts', import.meta.url), { token, number, threads: 2, alive })
      return { worker, reaped: pool.watch(worker), failed: new Promise((_, reject) => worker.once('error', reject)) }
    })
    while (Atomics.load(alive, 0) < 2) await Promise.race([sleep(5), ...threads.map(({ failed }) => failed)])
    await sleep(Math.random() * 30)
    for (const { worker } of threads) void worker.terminate()
    for (const { reaped } of threads) reports.push(await reaped)
    drain(pool, 2)
    expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 256 })
    expect(pool.stats().threads.filter(({ attached }) => attached).length).toBe(1)
  }
  pool.flush()
  const handles = new Set<number>()
  for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) handles.add(pool.offset(handle))
  expect(handles.size).toBe(256)
  expect(Math.max(...reports)).toBeGreaterThan(0)
})

it('watch reaps all seats of a worker of Node, whatever tokens it attached with', { timeout: 60_000 }, async () => {
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 64 })
  const other = SharedPool.create({ type: Int32Array, shape: 16, blocks: 64 })
  const tokens = [pool.token(), pool.token(), other.token()]
  const worker = startThread(new URL('./holding-thread.ts', import.meta.url), { tokens, blocks: 3 })
  const reaped = pool.watch(worker)
  await once(worker, 'message')
  expect(pool.stats().inUse).toBe(6)
  await worker.terminate()
  expect(await reaped).toBe(6)
  expect([pool.stats().inUse, other.stats().inUse]).toEqual([0, 3])
  expect(() => other.watch(worker)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  expect(await other.watch(worker, tokens[2])).toBe(3)
})

it('watch knows the token that was made for a worker, though that has ended', async () => {
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 8 })
  const ended = { once: () => {}, threadId: -1 }
  SharedPool.attach(pool.token(ended)).acquire()
  expect(await pool.watch(ended)).toBe(1)
})

it('watch leaves the threads alone that live, in seats that others had', { timeout: 60_000 }, async () => {
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 64, threads: 2 })
  const worker = startThread(new URL('./holding-thread.ts', import.meta.url), { tokens: [pool.token()], blocks: 3 })
  const reaped = pool.watch(worker)
  await once(worker, 'message')
  worker.postMessage('detach')
  await once(worker, 'message')
  const second = SharedPool.attach(pool.token())
  second.acquire()
  await worker.terminate()
  expect(await reaped).toBe(0)
  expect(pool.stats().inUse).toBe(1)
})

it('watch reaps a worker that had ended before, and refuses what is not one', async () => {
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 8 })
  const token = pool.token()
  SharedPool.attach(token).acquire()
  expect(await pool.watch({ once: () => {}, threadId: -1 }, token)).toBe(1)
  expect(() => pool.watch(undefined as never, token)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  expect(() => pool.watch({ terminate: () => {} }, token)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  expect(() => pool.watch({} as never, token)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  expect(() => pool.watch({ once: () => {}, threadId: -1 })).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  expect(() => pool.token('worker' as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  expect(() => pool.watch({ once: () => {} }, {} as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
})
