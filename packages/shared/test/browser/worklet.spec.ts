import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
// @ts-expect-error Vite gives the address of the module's build.
import carelessUrl from './careless-processor.js?worker&url'
// @ts-expect-error Vite gives the address of the module's build.
import playerUrl from './processor.js?worker&url'

const quantum = 128

// Without a sound device a browser need not run an AudioContext; one that renders offline it must.
it('lends to an AudioWorklet that renders offline: what was sent is what is heard, in order', async () => {
  const pool = SharedPool.create({ type: Float32Array, shape: quantum, blocks: 64, channels: 1 })
  const context = new OfflineAudioContext(1, 40 * quantum, 48_000)
  await context.audioWorklet.addModule(playerUrl)
  const node = new AudioWorkletNode(context, 'player', { processorOptions: pool.token(context) })
  node.connect(context.destination)
  for (let sent = 1; sent <= 32; sent++) {
    const handle = pool.acquire()
    pool.view(handle).fill(sent / 64)
    expect(pool.send(0, handle)).toBe(true)
  }
  const reaped = pool.watch(context)
  const samples = (await context.startRendering()).getChannelData(0)
  const heard = Array.from({ length: 40 }, (_, at) => 64 * (samples[at * quantum] as number))
  expect(heard).toEqual(Array.from({ length: 40 }, (_, at) => (at < 32 ? at + 1 : 0)))
  expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, refusedReleases: 0 })
  expect(pool.stats().threads[1]).toMatchObject({ received: 32, out: 0 })
  expect(await reaped).toBe(0)
})

it('in debug mode an AudioWorklet withdraws a block that it damaged, and its blocks say that it holds them', async () => {
  const pool = SharedPool.create({ type: Float32Array, shape: quantum, blocks: 64, debug: 'poison' })
  const context = new OfflineAudioContext(1, 4 * quantum, 48_000)
  await context.audioWorklet.addModule(carelessUrl)
  const node = new AudioWorkletNode(context, 'careless', { processorOptions: pool.token(context) })
  node.connect(context.destination)
  const kept = new Promise<number>((resolve) => {
    node.port.onmessage = ({ data }) => resolve(data)
  })
  await context.startRendering()
  const handle = await kept
  expect(pool.stats()).toMatchObject({ quarantined: 1, inUse: 1, refusedReleases: 0 })
  // What a frame of a worklet is called differs from browser to browser; the pool's own stand first.
  const takenInWorklet = expect.stringMatching(/^seat 2\n[\s\S]*(acquire|careless|SharedP)/)
  expect(pool.held()).toEqual([expect.objectContaining({ seat: 2, channel: undefined, takenAt: takenInWorklet })])
  expect(() => pool.release(handle)).toThrow(/Taken by seat 2\n/)
  // Its context has ended, which proves that nothing in it has the block any more.
  expect(await pool.watch(context)).toBe(1)
  expect(pool.held()).toEqual([])
  expect(() => pool.release(handle)).toThrow(/Given back or sent by seat 1\n/)
})
