import { workerData } from 'node:worker_threads'
import { SharedPool } from '../../src/index.js'

/** Acquires, sends, receives and releases for ever; each block has the holder's mark in it, which none but the holder may change. */
const { token, number, threads, alive } = workerData
const from = (number + 1) % threads
const pool = SharedPool.attach<Int32Array>(token)
const mark = (view: Int32Array, value: number) => {
  view[0] = value
  for (let spin = 0; spin < 20; spin++) if (view[0] !== value) throw new Error('a block has two owners')
}
for (let turn = 1; ; turn++) {
  const handles: number[] = []
  for (let count = 0; count < 1 + (turn % 24); count++) {
    const handle = pool.acquire()
    if (handle < 0) break
    mark(pool.view(handle), (turn << 2) | number)
    handles.push(handle)
  }
  for (const [at, handle] of handles.entries()) {
    if (at % 3 !== 0 || !pool.send(number, handle)) pool.release(handle)
  }
  for (let handle = pool.receive(from); handle >= 0; handle = pool.receive(from)) {
    mark(pool.view(handle), (-turn << 2) | number)
    pool.release(handle)
  }
  // Now that it reads its channel: messages that no thread ever read have no reader whose death gives them back.
  if (turn === 1) Atomics.add(alive, 0, 1)
}
