import { SharedPool } from '@pool/shared'

// 1 024 blocks of 128 samples in shared memory, for four threads, and two channels to hand blocks over.
const pool = SharedPool.create({ type: Float32Array, shape: 128, blocks: 1024, threads: 4, channels: 2 })

// The token with which another thread joins: post it, or give it as workerData or processorOptions. One for each thread.
const token = structuredClone(pool.token())
const there = SharedPool.attach<Float32Array>(token)

// A handle is an integer: nothing is allocated. -1 when no block is free.
const handle = pool.acquire()
pool.view(handle).fill(0.5)

// From here on the block is the receiver's. false when the channel is full.
console.log(pool.send(0, handle))

// There: the same memory, under a handle of its own. -1 when nothing has come.
const received = there.receive(0)
console.log(there.view(received)[127], there.offset(received) % 64)
there.release(received)
console.log(pool.stats().inUse)
