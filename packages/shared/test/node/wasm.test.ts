import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { startThread } from '../support/thread.js'
import { maximumPages } from '../support/wasm-kernel.js'

it('lends, hands over and takes back while the memory grows under two threads at work', { timeout: 120_000 }, async () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages, shared: true })
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 256, threads: 4, channels: 1, memory })
  const signal = new Int32Array(new SharedArrayBuffer(12))
  const turns = () => [Atomics.load(signal, 1), Atomics.load(signal, 2)]
  const threads = [1, 2].map((number) => startThread(new URL('./wasm-thread.ts', import.meta.url), { token: pool.token(), number, signal }))
  const failed = Promise.race(threads.map((thread) => new Promise<never>((_, reject) => thread.once('error', reject))))
  const ended = Promise.all(threads.map((thread) => once(thread, 'exit')))
  const before = memory.buffer.byteLength
  for (let growth = 0; growth < 30; growth++) {
    const seen = turns()
    // Both are at work between any two growths.
    while (turns().some((turn, at) => turn <= (seen[at] as number))) await Promise.race([sleep(1), failed])
    memory.grow(5)
    const handle = pool.acquire()
    pool.view(handle).fill(growth)
    expect(new Int32Array(memory.buffer, pool.offset(handle), 16)[15]).toBe(growth)
    pool.release(handle)
  }
  expect(memory.buffer.byteLength).toBe(before + 150 * 65_536)
  // One that joins later sees the pool in the larger memory.
  const late = SharedPool.attach(pool.token())
  late.release(late.acquire())
  late.detach()
  Atomics.store(signal, 0, 1)
  await Promise.race([ended, failed])
  for (let handle = pool.receive(0); handle >= 0; handle = pool.receive(0)) pool.release(handle)
  expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 256, refusedReleases: 0 })
})
