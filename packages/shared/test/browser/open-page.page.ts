import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { roundTrips } from '../support/round-trips.js'
// @ts-expect-error Vite gives the address of the module's build.
import processorUrl from './processor.js?worker&url'

const turn = () => new Promise((resolve) => setTimeout(resolve, 2))
const make = () => SharedPool.create({ type: Float32Array, shape: 128, blocks: 64, threads: 2, channels: 2 })

it('has no shared memory on a page that is not isolated, says so, and refuses where that is demanded', () => {
  expect(typeof SharedArrayBuffer).toBe('undefined')
  expect(make().mode).toBe('transfer')
  const refused = expect.objectContaining({ code: 'ERR_POOL_NO_SHARED_MEMORY' })
  expect(() => SharedPool.create({ type: Float32Array, shape: 8, blocks: 8, mode: 'shared' })).toThrow(refused)
  // Such a memory can be made here, but not posted.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 9, shared: true })
  expect(() => SharedPool.create({ type: Float32Array, shape: 8, blocks: 8, memory })).toThrow(refused)
})

it('hands blocks to a worker and back by transfer, and has them all once the worker is proven dead', async () => {
  const pool = make()
  const worker = new Worker(new URL('./open-page-thread.ts', import.meta.url), { type: 'module' })
  const token = pool.token(worker)
  const reaped = pool.watch(worker)
  worker.postMessage(token, token.transfer)
  await roundTrips(pool, 1000, (view, trip) => expect(view[127]).toBe(-trip))
  worker.terminate()
  expect(await reaped).toBeGreaterThanOrEqual(32)
  for (let handle = pool.receive(1); handle >= 0; handle = pool.receive(1)) pool.release(handle)
  expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 64 })
})

it('feeds an AudioWorklet by transfer, in batches, and has the blocks back', async () => {
  const pool = make()
  const context = new AudioContext()
  await context.audioWorklet.addModule(processorUrl)
  const node = new AudioWorkletNode(context, 'player')
  node.connect(context.destination)
  const token = pool.token(context)
  const reaped = pool.watch(context)
  node.port.postMessage(token, token.transfer)
  let sent = 0
  const end = Date.now() + 30_000
  while (sent < 400 && Date.now() < end) {
    for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) {
      if (pool.send(0, handle)) sent++
      else {
        pool.release(handle)
        break
      }
    }
    await turn()
  }
  expect(sent).toBeGreaterThanOrEqual(400)
  await context.close()
  await reaped
  await turn()
  expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 64 })
})
