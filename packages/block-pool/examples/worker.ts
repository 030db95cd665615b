import { BlockPool, capabilities } from '@pool/block-pool'

// Shared memory where there is some, else an ArrayBuffer; the rest of the program is the same.
const pool = new BlockPool({ type: Float32Array, shape: 128, blocks: 64, backing: 'shared' })
console.log(pool.slab.shared === capabilities().sharedMemory)

const block = pool.getBlock()
if (block === undefined) throw new Error('all blocks are out')

// The message for another thread: the memory itself, or a copy. Do not return the block before the other thread has finished.
const window = pool.slab.window(block.byteOffset, block.byteLength)
const received = structuredClone(window)
new Float32Array(received.buffer, received.byteOffset, 128).fill(3)

// And back: copies a copy into place, and has nothing to do where the memory is shared.
pool.slab.absorb(block.byteOffset, received)
console.log(
  block.every((sample) => sample === 3),
  window.zeroCopy
)
pool.returnBlock(block)
