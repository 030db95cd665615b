import { SharedPool, type SharedPoolToken } from '../../src/index.js'

/** Negates each sample of the blocks that come on channel 0, and sends them back on channel 1. */
globalThis.onmessage = ({ data }: MessageEvent<SharedPoolToken>) => {
  const pool = SharedPool.attach<Float32Array>(data)
  setInterval(() => {
    for (let handle = pool.receive(0); handle >= 0; handle = pool.receive(0)) {
      const view = pool.view(handle)
      for (let at = 0; at < view.length; at++) view[at] = -(view[at] as number)
      if (!pool.send(1, handle)) pool.release(handle)
    }
  }, 1)
}
