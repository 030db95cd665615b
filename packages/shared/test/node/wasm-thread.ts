import { workerData } from 'node:worker_threads'
import { SharedPool, type SharedPoolToken } from '../../src/index.js'
import { kernelOver } from '../support/wasm-kernel.js'

/** Until a message stops it, takes blocks, writes to each by the kernel and reads it by a view, and the other way round; counts its turns. */
const { token, number, signal } = workerData as { token: SharedPoolToken; number: number; signal: Int32Array }
const pool = SharedPool.attach<Int32Array>(token)
const kernel = kernelOver(token.memory as WebAssembly.Memory)
for (let turn = 1; Atomics.load(signal, 0) === 0; turn++) {
  const handle = pool.acquire()
  const view = pool.view(handle)
  const last = pool.offset(handle) + 60
  kernel.write(last, turn)
  if (view[15] !== turn) throw new Error('the view does not show what the kernel wrote')
  view[15] = -turn
  if (kernel.read(last) !== -turn) throw new Error('the kernel does not see what the view wrote')
  // A view of the memory as it is now: growth gives it another length, at the same place.
  if (turn % 16 === 0 && new Int32Array((token.memory as WebAssembly.Memory).buffer, last, 1)[0] !== -turn) throw new Error('moved')
  if (turn % 3 !== 0 || !pool.send(0, handle)) pool.release(handle)
  const received = pool.receive(0)
  if (received >= 0) pool.release(received)
  Atomics.store(signal, number, turn)
}
pool.detach()
