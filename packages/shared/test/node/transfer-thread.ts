import { parentPort } from 'node:worker_threads'
import { SharedPool, type SharedPoolToken } from '../../src/index.js'

/** Doubles each number of the blocks that come on channel 0, and sends them back on channel 1, at each turn of its event loop. */
parentPort?.once('message', (token: SharedPoolToken) => {
  const pool = SharedPool.attach<Float64Array>(token)
  setInterval(() => {
    for (let handle = pool.receive(0); handle >= 0; handle = pool.receive(0)) {
      const view = pool.view(handle)
      for (let at = 0; at < view.length; at++) view[at] = 2 * (view[at] as number)
      if (!pool.send(1, handle)) pool.release(handle)
    }
  }, 1)
})
