import { SharedPool, type SharedPoolToken } from '../../src/index.js'

/** Attaches and computes for 12 s in the same task, so that the browser has not come to grant its lock. */
globalThis.onmessage = ({ data }: MessageEvent<SharedPoolToken>) => {
  const pool = SharedPool.attach(data)
  const handle = pool.acquire()
  postMessage('attached')
  for (const end = Date.now() + 12_000; Date.now() < end; );
  pool.release(handle)
  postMessage('released')
}
