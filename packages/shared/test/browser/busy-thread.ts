import { SharedPool, type SharedPoolToken } from '../../src/index.js'

/**
 * Attaches, waits until its death can be proven, says so, then acquires, sends and releases for ever: it never returns to its event loop. Each block that it
 * holds has its mark, which none but the holder may change.
 */
globalThis.onmessage = async ({ data }: MessageEvent<SharedPoolToken>) => {
  const pool = SharedPool.attach<Float32Array>(data)
  const mark = (handle: number) => {
    const view = pool.view(handle)
    view[0] = pool.seat
    for (let spin = 0; spin < 20; spin++) if (view[0] !== pool.seat) throw new Error('a block has two owners')
  }
  await pool.ready
  pool.acquire()
  postMessage('attached')
  for (;;) {
    const handles = [pool.acquire(), pool.acquire(), pool.acquire()]
    for (const handle of handles) if (handle >= 0) mark(handle)
    for (const handle of handles) if (handle >= 0 && !pool.send(0, handle)) pool.release(handle)
    const handle = pool.receive(0)
    if (handle < 0) continue
    mark(handle)
    pool.release(handle)
  }
}
