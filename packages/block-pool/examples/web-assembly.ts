import { ExtentPool, SamplePool, Slab } from '@pool/block-pool'

// A module's memory. The slab takes pages of its own, behind those of the module, and can grow.
const memory = new WebAssembly.Memory({ initial: 1, maximum: 64 })
const slab = new Slab({ bytes: 512 * 1024, maxBytes: 2 ** 20, backing: memory })

// Two pools side by side in it.
const samples = new SamplePool({ buckets: [256, 1024], blocks: 8, backing: slab })
const extents = new ExtentPool({ bytes: 64 * 1024, backing: slab })

const buffer = samples.acquire(200)
if (buffer === undefined) throw new Error('no samples are free')
buffer.fill(0)
// The address to call the module with: byteOffset of a view, or offsetOf.
console.log(buffer.length, buffer.buffer === memory.buffer, buffer.byteOffset >= 65_536)
samples.release(buffer)

// An object that finds its bytes wherever they are. While pinned, it stays at the address that the module has.
const extent = extents.extent(1000)
if (extent === undefined) throw new Error('no free extent is large enough')
extent.pin()
memory.grow(1)
extent.view().fill(7)
console.log(extent.view().length, extents.compact().done)
extent.unpin()
extent.release()
