import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { BlockPool, capabilities, type SlabWindow } from '../../src/index.js'

/** Doubles each float of the window that it gets, and posts the window back. */
const worker = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', (window) => {
    const samples = new Float32Array(window.buffer, window.byteOffset, window.byteLength / 4)
    samples.forEach((sample, at) => { samples[at] = 2 * sample })
    parentPort.postMessage(window)
  })
`

/** Lets a worker work on the first block of a pool, and returns that block. */
async function doubled(pool: BlockPool<Float32Array>): Promise<{ block: Float32Array; copied: number; zeroCopy: boolean }> {
  const thread = new Worker(worker, { eval: true })
  try {
    const block = pool.getBlock() as Float32Array
    block.fill(21)
    const window = pool.slab.window(block.byteOffset, block.byteLength)
    thread.postMessage(window)
    const [back] = (await once(thread, 'message')) as [SlabWindow]
    return { block, copied: pool.slab.absorb(block.byteOffset, back), zeroCopy: window.zeroCopy }
  } finally {
    await thread.terminate()
  }
}

describe('blocks in another thread', () => {
  it('are the same memory where it is shared', async () => {
    const pool = new BlockPool({ type: Float32Array, shape: 64, blocks: 4, backing: 'shared' })
    const { block, copied, zeroCopy } = await doubled(pool)
    expect({ copied, zeroCopy }).toEqual({ copied: 0, zeroCopy: true })
    expect(block.every((sample) => sample === 42)).toBe(true)
  })

  it('are copies, there and back, where the platform has no shared memory', async () => {
    const { SharedArrayBuffer: own } = globalThis
    // What a page without cross-origin isolation sees; browser tests run on a real one.
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer')
    try {
      expect(capabilities()).toMatchObject({ sharedMemory: false, growableSharedMemory: false, transport: 'copy' })
      const pool = new BlockPool({ type: Float32Array, shape: 64, blocks: 4, backing: 'shared' })
      expect(pool.slab.kind).toBe('array-buffer')
      const { block, copied, zeroCopy } = await doubled(pool)
      expect({ copied, zeroCopy }).toEqual({ copied: 256, zeroCopy: false })
      expect(block.every((sample) => sample === 42)).toBe(true)
    } finally {
      globalThis.SharedArrayBuffer = own
    }
  })
})
