import { BlockPool, SamplePool } from '@pool/block-pool'

const samples = new SamplePool({ buckets: [256, 1024], blocks: 8, order: 'lifo' })
samples.on('exhausted', ({ pool, bytes }) => console.log(`${pool} has no ${bytes} bytes left`))
samples.on('optimization', ({ action, automatic, bytes }) => console.log(action, automatic, bytes))

// Ahead of need: 16 buffers of 256 samples lie free now, 8 more than before.
console.log(samples.warm(256, 16))

// How it is, for a health route and for a report.
console.log(samples.healthCheck().healthy)
const blocks = new BlockPool({ type: Float32Array, shape: 64, blocks: 100 })
const { valid, failed } = JSON.parse(JSON.stringify(blocks.validationReport()))
console.log(valid, failed)

blocks.destroy()
samples.destroy()
