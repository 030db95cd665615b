import { BlockPool, ExtentPool } from '@pool/block-pool'

// 1 000 blocks of 8 × 8 numbers, side by side in one slab.
const particles = new BlockPool({ type: Float32Array, shape: [8, 8], blocks: 1000 })

// A view, made once: nothing is allocated here. `undefined` when all are out.
const block = particles.getBlock()
if (block === undefined) throw new Error('all blocks are out')
block.fill(0.5)
console.log(block.length, particles.indexOf(block), particles.available)
particles.returnBlock(block)

// Sizes that vary: extents of one MiB, by handle.
const messages = new ExtentPool({ bytes: 2 ** 20 })
const handle = messages.allocate(300)
if (handle === undefined) throw new Error('no free extent is large enough')
messages.view(handle).set([1, 2, 3])
console.log(messages.lengthOf(handle), messages.offsetOf(handle))
messages.free(handle)
console.log(messages.freeBytes)
