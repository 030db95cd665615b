import { SharedPool, type SharedPoolToken } from '../../src/index.js'

/** Attaches, waits until its death can be proven, says so, then acquires, sends and releases for ever: it never returns to its event loop. */
globalThis.onmessage = async ({ data }: MessageEvent<SharedPoolToken>) => {
  const pool = SharedPool.attach(data)
  await pool.ready
  pool.acquire()
  postMessage('attached')
  for (;;) {
    const handles = [pool.acquire(), pool.acquire(), pool.acquire()]
    for (const handle of handles) if (handle >= 0 && !pool.send(0, handle)) pool.release(handle)
    const handle = pool.receive(0)
    if (handle >= 0) pool.release(handle)
  }
}
