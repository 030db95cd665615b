import { expect, inject, it } from 'vitest'
import { BlockPool, capabilities } from '../../src/index.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the page is cross-origin isolated. */
    isolated: boolean
  }
}

/** Lets a dedicated worker double the floats of a window, and resolves to what it posts back. */
function doubled(window: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number; zeroCopy: boolean }): Promise<typeof window> {
  const code = `onmessage = ({ data }) => {
    const samples = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4)
    samples.forEach((sample, at) => { samples[at] = 2 * sample })
    postMessage(data)
  }`
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })))
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = reject
    worker.postMessage(window)
  })
}

it('capabilities() tells what the page has', () => {
  expect(crossOriginIsolated).toBe(inject('isolated'))
  expect(capabilities()).toEqual({
    sharedMemory: crossOriginIsolated,
    webAssembly: true,
    growableArrays: true,
    growableSharedMemory: crossOriginIsolated,
    transport: crossOriginIsolated ? 'zero-copy' : 'copy'
  })
})

it('a worker works on a block: in shared memory as it is, else on a copy that comes back', async () => {
  const pool = new BlockPool({ type: Float32Array, shape: 64, blocks: 4, backing: 'shared' })
  const block = pool.getBlock() as Float32Array
  block.fill(21)
  const window = pool.slab.window(block.byteOffset, block.byteLength)
  expect(window.zeroCopy).toBe(crossOriginIsolated)
  const copied = pool.slab.absorb(block.byteOffset, await doubled(window))
  expect(copied).toBe(crossOriginIsolated ? 0 : 256)
  expect(block.every((sample) => sample === 42)).toBe(true)
})
